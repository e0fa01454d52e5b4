// SPDX-License-Identifier: Apache-2.0
#include "sim/papers/frame/recorded.h"

#include <array>

namespace rollcall::sim::papers {
namespace {

constexpr std::array kRecorded = std::to_array<Recorded>({
    {"S1", true, "2026-11-21", ""},
    {"S2", true, "2026-11-21", ""},
    {"S3", true, "2026-11-21", ""},
    {"S4", true, "2026-11-21", ""},
    {"S5", true, "2026-11-21", ""},
    {"S6", true, "2026-11-21",
     "Seven of the 29 published points lie below one period and none of ours, since a verdict "
     "falls a whole period after its ping. That is all of the distance that the test sees: p is "
     "0.058 whatever the seed."},
    {"S7", false, "2026-11-21",
     "Ours is faster: medians from 0.2 (N = 6) to 1.7 periods (N = 56), where the paper's own "
     "formula (section 4.1) gives 0.9 to 2.0 and its eight single disseminations 1.0 to 3.0. "
     "Here the first member to know gossips it with its next ping, at once, and others detect it "
     "by "
     "their own pings meanwhile. The points at N = 20 and 28, 3.0 periods, lie above every "
     "curve."},
    {"S8", false, "2026-11-21",
     "With infection ours falls to 1 in nearly every run, the paper's one run to 4. At 10 % "
     "loss and k = 1 a live member is declared dead by chance once in 15 periods (row S3), and "
     "infection spreads that to all: the 48 periods after the last join leave 13 e^-3.1 = 0.6 of "
     "13 "
     "members. A group of 4 needs not much more than a third of that rate."},
    {"L1", false, "2026-11-21",
     "Medians and p99 of all five variants are in their bands. The tail of LHA-Suspicion (p99.9 "
     "of 25.4 and 23.8 s) is not: ours ends where SWIM's does, near 19.5 s. With a hundred "
     "agents probing, suspects are confirmed at once here."},
    {"L2", false, "2026-11-21",
     "SWIM's total and the share that LHA-Probe leaves come out; LHA-Suspicion and Lifeguard "
     "are several times too high. Nearly all of that is where an agent runs for 1 or 4 ms "
     "between blocks: it handles ten messages in a millisecond, never catches up with its backlog, "
     "and no suspicion lasts long enough for that. With no work per message the result is "
     "reversed: LHA-Suspicion 0.3 % and Lifeguard 0.5 % of SWIM's, but LHA-Probe 99 %. "
     "What their agents did in so short a time is not published. Looked at again on 2026-11-30, "
     "one "
     "pass at C = 24, SWIM, 209 at healthy agents: 132 are of deaths before which no suspicion was "
     "gossiped, since it began and ran out while the accuser was blocked and the death replaced it "
     "in the queue; each one that gets out counts at all 104 healthy agents, so it is one. 66 are "
     "healthy agents' own timers: they missed the refutation, whose transmissions were used up on "
     "agents that were blocked or knew it; where those do not count (our rule G1), 2 remain."},
    {"L3", false, "2026-11-21",
     "As L2. At C = 8 SWIM, LHA-Probe and the Buddy System are 1.8 to 2.3 times too high, "
     "LHA-Suspicion and Lifeguard more than twenty times."},
    {"L4", false, "2026-11-21",
     "The share of messages that LHA-Probe and the Buddy System need comes out; LHA-Suspicion "
     "and Lifeguard need 20 % more than SWIM here where 11 % were published. A message has half "
     "the published bytes: Consul's agents carry tags and coordinates, these are bare members. "
     "Looked at again on 2026-11-30, half a pass at C = 8: what the two send in addition are "
     "confirmations gossiped on. LHA-Suspicion's messages are 120 % of SWIM's when all three of "
     "each suspicion are, 115, 108 and 95 % when two, one and none are. If no third one ever came, "
     "all four shares would be as published (111.4 and 110.3 % of the messages, 109.6 and 97.9 % "
     "of the bytes), but no suspicion as short as in L1: their agents received fewer confirmations "
     "than ours, which the tail in L1 says, too."},
    {"L5", false, "2026-11-21",
     "All 36 medians and p99 come out. False positives do not: see L2. Those with a short "
     "suspicion (alpha 2) and beta up to 4 are near, the others too high where agents never "
     "catch up."},
    {"L6", false, "2026-11-21",
     "SWIM is within a factor of 1.6 for s of 4 and more, and four to ten times too high for 1 "
     "and 2. Lifeguard has none up to s = 4, as published, but 1 to 5 at s = 8, and hardly more "
     "at 16 and 32 where 95 and 1270 were published: a constant time for each message is not a "
     "scheduler with 128 other processes, which also stops timers."},
    {"R1", false, "2026-11-21",
     "35 s at N = 1000 and 52 s at 1500 are just within the tolerance, 57 s at 2000 is not: ours "
     "hardly grows, where 45.8 s grew to 97.6 s. Joining costs nothing here; there one seed "
     "answered every join with the whole state, on its share of 200 cores for 2000 processes. "
     "With the seed's head start of 10 s, N = 1000 comes to 45 s."},
    {"R2", false, "2026-11-21",
     "Two thirds of the published number of sizes: nine tenths of the members are known "
     "everywhere within 6 s here, and a size that no member has at the full second is not "
     "reported. The reason is that of R1."},
    {"R3", true, "2026-11-21", ""},
    {"R4", false, "2026-11-21",
     "Sizes oscillate in both. But here all ten are declared dead everywhere by the end of each 20 "
     "s "
     "of silence, since detection takes 14 to 17 s (row R3), and only a push/pull "
     "brings one back, one in 180 s at this size; the published sizes stay between 993 and 1000 "
     "after 210 s."},
    {"R5", false, "2026-11-21",
     "Where 80 % of what is sent is lost, the ten are lost one by one, as published: a "
     "refutation of which no copy gets out (0.8^16, one in 35) leaves a member dead at an "
     "incarnation that it has already passed, and only a push/pull corrects that. In the "
     "published run they come back (994 to 997), so push/pulls must have got through; here "
     "streams lose 80 % as well, and the mean stays near 991 or 992. Where 80 % of what is "
     "received is lost, no member is ever declared dead here: a lost copy is replaced by another "
     "of hundreds."},
    {"R6", false, "2026-11-21",
     "Means and p99 are 0.3 to 0.5 of the published ones, the maximum is within its band. Names "
     "have four letters here where theirs were addresses, twice as long or more, and a message "
     "is mostly names. Push/pulls would add 0.4 KB/s to the means, and tens of KB to "
     "the maximum."},
    {"R7", true, "2026-11-21", ""},
    {"E1", true, "2026-11-21", ""},
    {"E2", true, "2026-11-21",
     "With loss the message can die out in small groups, which the formula does not consider."},
    {"E3", false, "2026-11-21",
     "With the published settings ours is four times as fast or more, 0.1 to 0.9 s against 2.2 "
     "to 3.7 s: three to five rounds of 300 ms reach all members at these sizes. The start "
     "and end of the published times are not stated. Bytes agree within a factor of 2.4."},
    {"T1", true, "2026-11-21", ""},
});

}  // namespace

const Recorded* recorded(std::string_view row) {
    for (const Recorded& entry : kRecorded) {
        if (entry.id == row) return &entry;
    }
    return nullptr;
}

}  // namespace rollcall::sim::papers

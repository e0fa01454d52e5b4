// SPDX-License-Identifier: Apache-2.0
//
// The snapshot: its lines, reading them back whole, torn and damaged, when the file is compacted;
// and a Serf that is restored from it.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lone.h"
#include "serf/snapshot.h"
#include "serf/snapshot_line.h"
#include "sim/cluster/serf_traits.h"

namespace rollcall::serf {
namespace {

using namespace std::chrono_literals;
using Remembered = Snapshot::Remembered;
using Replayed = Snapshot::Replayed;

// As Serf 0.9.4 writes it.
constexpr std::string_view kOfSerf =
    "alive: a 127.0.0.1:7946\n"
    "alive: b 10.0.0.2:7946\n"
    "clock: 2\n"
    "alive: c d [fd00::3]:7947\n"
    "event-clock: 9\n"
    "query-clock: 4\n"
    "not-alive: b\n"
    "clock: 5\n";

std::string without_sum(const std::string& text) {
    return text.substr(0, text.rfind("# sum: "));
}

TEST(RuleH1, LinesAreThoseOfSerfWithAChecksum) {
    Snapshot snapshot;
    EXPECT_FALSE(snapshot.has_lines());
    EXPECT_EQ(snapshot.take_lines(), "");
    snapshot.alive("b", at(8001));
    snapshot.seen({.intent = lt(3), .event = lt(0), .query = lt(7)});
    const std::string first = snapshot.take_lines();
    EXPECT_EQ(without_sum(first), "alive: b 127.0.0.1:8001\nclock: 3\nquery-clock: 7\n");
    snapshot.failed("b");
    snapshot.gone("b");
    EXPECT_EQ(without_sum(snapshot.take_lines()),
              "not-alive: b\n# failed: b 127.0.0.1:8001\nnot-alive: b\n");
    snapshot.left();
    EXPECT_EQ(without_sum(snapshot.take_lines()), "leave\n");
}

TEST(RuleH1, UnchangedInputAddsNoLine) {
    Snapshot snapshot;
    snapshot.alive("b", at(8001));
    snapshot.seen({.intent = lt(3)});
    static_cast<void>(snapshot.take_lines());
    snapshot.alive("b", at(8001));
    snapshot.seen({.intent = lt(3)});
    snapshot.seen({.intent = lt(2)});
    snapshot.gone("unknown");
    snapshot.failed("unknown");
    EXPECT_FALSE(snapshot.has_lines());
    snapshot.alive("b", at(8009));
    EXPECT_EQ(without_sum(snapshot.take_lines()), "alive: b 127.0.0.1:8009\n");
}

TEST(RuleH1, AfterALeaveNothingIsWritten) {
    Snapshot snapshot;
    snapshot.left();
    static_cast<void>(snapshot.take_lines());
    snapshot.left();
    snapshot.alive("b", at(8001));
    snapshot.seen({.event = lt(5)});
    EXPECT_FALSE(snapshot.has_lines());
}

TEST(RuleH1, NameWithControlCharactersIsNotWritten) {
    Snapshot snapshot;
    for (const std::string& name : {std::string{"b\nalive: evil 10.6.6.6:1"}, std::string{},
                                    std::string{"b\0", 2}, std::string(513, 'x')}) {
        snapshot.alive(name, at(8001));
    }
    EXPECT_FALSE(snapshot.has_lines());
    EXPECT_TRUE(snapshot.alive().empty());
}

TEST(RuleH1, MembersAreBounded) {
    Snapshot snapshot{{.max_members = 2}};
    for (const char* name : {"b", "c", "d"}) snapshot.alive(name, at(8001));
    EXPECT_EQ(snapshot.alive().size(), 2u);
}

TEST(RuleH2, SerfFileIsRead) {
    Snapshot snapshot;
    EXPECT_EQ(snapshot.replay(kOfSerf), (Replayed{.lines = 8}));
    EXPECT_EQ(snapshot.alive(), (std::vector<Remembered>{
                                    {"a", at(7946)}, {"c d", *Endpoint::parse("[fd00::3]:7947")}}));
    EXPECT_EQ(snapshot.last_seen(), (LastSeen{.intent = lt(5), .event = lt(9), .query = lt(4)}));
    EXPECT_FALSE(snapshot.has_lines());
}

TEST(RuleH2, WhatIsWrittenIsReadBack) {
    Snapshot first;
    for (const char* name : {"b", "c", "with space"}) first.alive(name, at(8001));
    first.failed("c");
    first.seen({.intent = lt(1), .event = lt(2), .query = lt(3)});
    const std::string lines = first.take_lines();
    for (const std::string& text : {lines, first.take_whole()}) {
        Snapshot second;
        const Replayed replayed = second.replay(text);
        EXPECT_EQ(replayed.skipped + replayed.damaged, 0u);
        EXPECT_FALSE(replayed.torn);
        EXPECT_EQ(second.alive(), first.alive());
        EXPECT_EQ(second.failed(), first.failed());
        EXPECT_EQ(second.last_seen(), first.last_seen());
    }
}

TEST(RuleH2, LeaveClearsSnapshotUnlessRejoining) {
    const std::string text = std::string{kOfSerf} + "leave\n";
    Snapshot leaver;
    leaver.replay(text);
    EXPECT_TRUE(leaver.alive().empty());
    EXPECT_EQ(leaver.last_seen(), LastSeen{});
    Snapshot rejoiner{{.rejoin_after_leave = true}};
    rejoiner.replay(text);
    EXPECT_EQ(rejoiner.alive().size(), 2u);
}

TEST(RuleH2, WhatIsNotUnderstoodIsSkippedAndCounted) {
    Snapshot snapshot;
    const Replayed replayed = snapshot.replay(
        "alive: b\nalive: b 10.0.0.1\nalive: b 10.0.0.1:0\nalive:  10.0.0.1:7\nclock: -1\n"
        "clock: 1x\nclock: 18446744073709551616\nleaves\nrubbish\n# sum: 12\nnot-alive: \n"
        "coordinate: {}\n# a note\n\nalive: c 10.0.0.1:7946\n");
    EXPECT_EQ(replayed, (Replayed{.lines = 4, .skipped = 11}));
    EXPECT_EQ(snapshot.alive().size(), 1u);
}

// A crash or a full disk truncates the file anywhere. The result is the state at some earlier
// moment, without invented members or times.
TEST(RuleH2, TruncatedFileAddsNothingWrong) {
    Snapshot writer;
    std::string file;
    for (const auto& [name, port] : std::vector<std::pair<std::string, std::uint16_t>>{
             {"b", 8001}, {"cc", 8002}, {"d", 8003}}) {
        writer.alive(name, at(port));
        writer.seen({.intent = lt(port)});
        file += writer.take_lines();
    }
    for (std::size_t length = 0; length <= file.size(); ++length) {
        Snapshot reader;
        const Replayed replayed = reader.replay(std::string_view{file}.substr(0, length));
        EXPECT_EQ(replayed.skipped + replayed.damaged, 0u) << length;
        for (const Remembered& one : reader.alive()) {
            EXPECT_EQ(std::ranges::count(writer.alive(), one), 1) << length;
        }
        EXPECT_GE(reader.alive().size() + 1, reader.last_seen().intent.value() % 10) << length;
    }
}

TEST(RuleH2, LinesWithWrongChecksumAreIgnored) {
    Snapshot writer;
    writer.alive("b", at(8001));
    const std::string first = writer.take_lines();
    writer.alive("c", at(8002));
    const std::string second = writer.take_lines();
    for (std::size_t i = 0; i < first.size(); ++i) {
        std::string damaged = first;
        damaged[i] = damaged[i] == '0' ? '1' : '0';
        Snapshot reader;
        const Replayed replayed = reader.replay(damaged + second);
        EXPECT_GE(replayed.damaged + replayed.skipped, 1u) << i;
        for (const Remembered& one : reader.alive()) {
            EXPECT_EQ(std::ranges::count(writer.alive(), one), 1) << i;
        }
    }
}

TEST(RuleH3, LongFileIsCompacted) {
    Snapshot snapshot;
    EXPECT_EQ(snapshot.compact_above(), 131072u);
    for (int i = 0; i < 1000; ++i) snapshot.alive("n" + std::to_string(i), at(8001));
    EXPECT_EQ(snapshot.compact_above(), 256000u);
    EXPECT_LT(snapshot.take_whole().size(), snapshot.compact_above());
    EXPECT_FALSE(snapshot.has_lines());
}

// --- a Serf that comes back ----------------------------------------------------------------------

TEST(RuleH2OnASerf, ClocksGoOnAndOldEventsStayOld) {
    Lone a;
    a.serf.restore({.intent = lt(40), .event = lt(50), .query = lt(60)});
    const Stats stats = a.serf.stats();
    EXPECT_EQ(stats.member_time, lt(41));
    EXPECT_EQ(stats.event_time, lt(51));
    EXPECT_EQ(stats.query_time, lt(61));
    a.deliver(UserEvent{.time = lt(50), .name = "old"});
    EXPECT_EQ(a.serf.stats().events_too_old, 1u);
    a.deliver(UserEvent{.time = lt(51), .name = "new"});
    EXPECT_EQ(a.serf.stats().events_forwarded, 1u);
}

TEST(RuleH2OnASerf, AnImplausibleTimeIsNotTaken) {
    Lone a;
    a.serf.restore({.intent = LamportTime{~std::uint64_t{0}}, .event = lt(7), .query = lt(7)});
    EXPECT_EQ(a.serf.stats().member_time, lt(1));
    EXPECT_EQ(a.serf.stats().event_time, lt(8));
}

// A join intent announces a new join; a rejoin after a restart sends none.
TEST(RuleH4OnASerf, RejoinSendsNoIntent) {
    sim::SimCluster<Serf> pair{{.nodes = 2, .seed = 1}};
    pair.start();
    const auto come = [&](bool again) {
        const auto request = pair.node("n2").command([&](Serf& serf, Time now, Serf::Outbox& out) {
            const std::vector<membership::JoinPeer> peers{
                {.endpoint = pair.node("n1").endpoint(), .name = ""}};
            return again ? serf.rejoin(now, peers, out) : serf.join(now, peers, false, out);
        });
        EXPECT_TRUE(request.ok());
        pair.run_for(5s);
        return pair.node("n2").core().stats().member_time;
    };
    EXPECT_EQ(come(true), lt(1));
    EXPECT_EQ(pair.node("n1").core().members().size(), 2u);
    EXPECT_EQ(come(false), lt(2));
}

}  // namespace
}  // namespace rollcall::serf

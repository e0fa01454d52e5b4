// SPDX-License-Identifier: Apache-2.0
//
// What an examination says of the agent itself: each cause from the figures that show it, and no
// problem from the figures of a healthy agent.
#include "agent/doctor/own_checks.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

namespace rollcall::agent {
namespace {

using namespace std::chrono_literals;

constexpr Time kNow{std::chrono::hours{5}};

OwnFigures healthy() {
    OwnFigures f{.now = kNow,
                 .name = "a",
                 .version = "1",
                 .uptime = 1h,
                 .up = 3,
                 .others = 2,
                 .sends_failing = {},
                 .receive_buffer = 4u << 20u,
                 .descriptors = 4096,
                 .lately = {.deadlines = 10'000, .sent = 10'000},
                 .since_start = {.deadlines = 1'000'000, .sent = 1'000'000},
                 .lately_span = kRecent,
                 .queue_limit = 100,
                 .seeds = {{"10.0.0.2:7946", {SeedFinding::Is::member, "alive member"}}},
                 .advertised = *Endpoint::parse("10.0.0.1:7946"),
                 .incidents = {}};
    return f;
}

Incident rejected(wire::DecodeError cause) {
    return {.kind = Incident::Kind::rejected,
            .from = *Endpoint::parse("10.0.0.9:7946"),
            .cause = cause,
            .text = {},
            .count = 2,
            .last = kNow - 30s};
}

// "grade cause" of all findings that are not ok.
std::vector<std::string> complaints(const OwnFigures& figures) {
    Findings findings;
    check_own(figures, findings);
    std::vector<std::string> found;
    for (const rpc::DoctorFinding& finding : findings.list()) {
        EXPECT_FALSE(finding.what.empty());
        if (finding.grade != "ok") found.push_back(finding.grade + ' ' + finding.cause);
        if (!finding.cause.empty()) {
            EXPECT_NE(rpc::doctor_cause(finding.cause), nullptr) << finding.cause;
        }
    }
    return found;
}

using List = std::vector<std::string>;

TEST(OwnChecks, AHealthyAgentHasNoFault) {
    EXPECT_EQ(complaints(healthy()), List{});
}

// Until the last step plain text is accepted: who still sends it is said.
TEST(OwnChecks, PlainTextIsAcceptedBeforeTheLastStep) {
    const auto said = [](const char* step, std::uint64_t packets) {
        OwnFigures f = healthy();
        f.encryption = step;
        f.plain_text = packets;
        f.plain_text_from = "10.0.0.2:7946 (b) 3s ago";
        Findings findings;
        check_own(f, findings);
        for (const rpc::DoctorFinding& finding : findings.list()) {
            if (finding.check == "encryption") return finding.grade + ": " + finding.what;
        }
        return std::string{};
    };
    EXPECT_EQ(said("", 0), "");
    EXPECT_EQ(said("require", 0), "ok: plain text is refused");
    EXPECT_EQ(
        said("send", 0),
        "warn: the step is 'send': plain text is accepted, and none came in the last five minutes");
    EXPECT_EQ(
        said("accept", 7),
        "warn: the step is 'accept': plain text is accepted, in the last five minutes 7 times, "
        "from 10.0.0.2:7946 (b) 3s ago");
    EXPECT_EQ(said("off", 0), "warn: this agent has a key and does not use it");
}

TEST(OwnChecks, NothingCanBeSent) {
    OwnFigures f = healthy();
    f.sends_failing = {.since = kNow - 10s, .error = 101};
    EXPECT_EQ(complaints(f), List{"problem sends-failing"});
    f = healthy();
    f.lately.send_no_route = 99;
    EXPECT_EQ(complaints(f), List{}) << "below one percent";
    f.lately.send_no_route = 110;
    EXPECT_EQ(complaints(f), List{"warn sends-failing"});
}

TEST(OwnChecks, FewDescriptors) {
    OwnFigures f = healthy();
    f.descriptors_ample = false;
    f.descriptors = 1024;
    EXPECT_EQ(complaints(f), List{"warn few-descriptors"});
    f.lately.connections_refused = 1;
    EXPECT_EQ(complaints(f), List{"problem few-descriptors"});
    f.lately.connections_refused = 0;
    f.descriptors = 255;
    EXPECT_EQ(complaints(f), List{"problem few-descriptors"});
}

TEST(OwnChecks, ASmallSocketBuffer) {
    OwnFigures f = healthy();
    f.receive_buffer = 425'984;  // the kernel's usual limit, doubled
    EXPECT_EQ(complaints(f), List{});
    f.receive_buffer = 212'992;
    EXPECT_EQ(complaints(f), List{"warn small-socket-buffer"});
    f.receive_buffer = 131'072;
    EXPECT_EQ(complaints(f), List{"problem small-socket-buffer"});
}

TEST(OwnChecks, APauseLatelyIsAProblemAndAnOldOneAWarning) {
    OwnFigures f = healthy();
    f.pauses = 1;
    EXPECT_EQ(complaints(f), List{"warn paused"});
    f.incidents = {{.kind = Incident::Kind::paused,
                    .from = {},
                    .text = {},
                    .gap = 7s,
                    .count = 1,
                    .last = kNow - 1min}};
    EXPECT_EQ(complaints(f), List{"problem paused"});
}

TEST(OwnChecks, TheClockWasSet) {
    OwnFigures f = healthy();
    f.clock_steps = 2;
    EXPECT_EQ(complaints(f), List{"warn clock-jump"}) << "not lately";
    f.clock_step = ClockStep{.by = -2s, .seen = kNow - 1min};
    EXPECT_EQ(complaints(f), List{"problem clock-jump"});
}

TEST(OwnChecks, AStarvedLoop) {
    OwnFigures f = healthy();
    f.since_start.late = 500'000;
    EXPECT_EQ(complaints(f), List{}) << "long ago";
    std::uint64_t& late = f.lately.late;
    late = 10;
    EXPECT_EQ(complaints(f), List{});
    late = 11;
    EXPECT_EQ(complaints(f), List{"warn starved-loop"});
    late = 101;
    EXPECT_EQ(complaints(f), List{"problem starved-loop"});
    f.lately.deadlines = 1;  // an agent that just started
    late = 1;
    EXPECT_EQ(complaints(f), List{"warn starved-loop"});
}

TEST(OwnChecks, ADiskThatHangs) {
    OwnFigures f = healthy();
    f.writing_for = 9s;
    EXPECT_EQ(complaints(f), List{});
    f.writing_for = 10s;
    EXPECT_EQ(complaints(f), List{"warn "});
}

TEST(OwnChecks, FullQueues) {
    OwnFigures f = healthy();
    f.queued = 75;
    EXPECT_EQ(complaints(f), List{});
    f.queued = 76;
    EXPECT_EQ(complaints(f), List{"problem queues-full"});
    f.queued = 0;
    f.since_start.broadcasts_dropped = 1;
    EXPECT_EQ(complaints(f), List{}) << "long ago";
    f.lately.broadcasts_dropped = 1;
    EXPECT_EQ(complaints(f), List{"warn queues-full"});
}

TEST(OwnChecks, TwoAgentsWithOneName) {
    OwnFigures f = healthy();
    f.conflicts = 3;
    EXPECT_EQ(complaints(f), List{"warn name-conflict"});
    f.incidents = {{.kind = Incident::Kind::name_conflict,
                    .from = {},
                    .text = "'x' is at 10.0.0.1:1 and at 10.0.0.2:1",
                    .count = 3,
                    .last = kNow}};
    EXPECT_EQ(complaints(f), List{"problem name-conflict"});
}

// The same bytes from elsewhere are a stranger's fault while others accept this agent, and its own
// fault while it is alone.
TEST(OwnChecks, RefusedBytesAreAProblemOfAnAgentThatIsAlone) {
    using enum wire::DecodeError;
    for (const auto& [error, cause] :
         {std::pair{bad_encryption, "wrong-key"}, std::pair{not_encrypted, "encryption-differs"},
          std::pair{encrypted_unexpectedly, "encryption-differs"},
          std::pair{label_mismatch, "wrong-label"}}) {
        OwnFigures f = healthy();
        f.incidents = {rejected(error), rejected(error)};
        EXPECT_EQ(complaints(f), List{std::string{"warn "} + cause});
        f.up = 1;
        EXPECT_EQ(complaints(f), List{std::string{"problem "} + cause});
    }
    OwnFigures f = healthy();
    f.up = 1;
    f.incidents = {rejected(bad_msgpack)};
    EXPECT_EQ(complaints(f), List{"warn not-a-member-program"}) << "any program may send garbage";
}

TEST(OwnChecks, SeedsThatDoNotAnswer) {
    OwnFigures f = healthy();
    using Is = SeedFinding::Is;
    f.seeds["10.0.0.3:7946"] = {Is::absent, "nothing listens there"};
    EXPECT_EQ(complaints(f), List{"warn seeds-unreachable"});
    f.seeds = {{"10.0.0.3:7946", {Is::absent, "nothing listens there"}}};
    EXPECT_EQ(complaints(f), List{"warn seeds-unreachable"});
    f.up = 1;
    EXPECT_EQ(complaints(f), List{"problem seeds-unreachable"});
    f.seeds["10.0.0.4:7946"] = {Is::answering, "answers"};
    EXPECT_EQ(complaints(f), (List{"warn ", "warn seeds-unreachable"})) << "it will join";
}

TEST(OwnChecks, TheFirstAgentOfAClusterIsItsOwnSeed) {
    OwnFigures f = healthy();
    f.up = 1;
    f.seeds = {{"10.0.0.1:7946", {SeedFinding::Is::self, "this agent itself"}}};
    EXPECT_EQ(complaints(f), List{});
    f.seeds["10.0.0.2:7946"] = {SeedFinding::Is::absent, "nothing listens there"};
    EXPECT_EQ(complaints(f), List{"problem seeds-unreachable"});
}

TEST(OwnChecks, SeedsThatWereNotLookedAtAreCounted) {
    OwnFigures f = healthy();
    f.seeds["10.0.0.9:7946"] = {SeedFinding::Is::unknown, "not looked at"};
    Findings findings;
    check_own(f, findings);
    const auto seeds =
        std::ranges::find(findings.list(), std::string{"seeds"}, &rpc::DoctorFinding::check);
    ASSERT_NE(seeds, findings.list().end());
    EXPECT_EQ(seeds->grade, "ok");
    EXPECT_NE(seeds->what.find("1 of 2 seeds"), std::string::npos) << seeds->what;
}

TEST(OwnChecks, TextOfOthersIsSanitized) {
    OwnFigures f = healthy();
    f.incidents = {{.kind = Incident::Kind::name_conflict,
                    .from = {},
                    .text = "\x1b[2J",
                    .count = 1,
                    .last = kNow}};
    Findings findings;
    check_own(f, findings);
    for (const rpc::DoctorFinding& finding : findings.list()) {
        EXPECT_EQ(finding.what.find('\x1b'), std::string::npos);
    }
}

TEST(OwnChecks, WhetherOthersReachTheAdvertisedAddress) {
    const auto grade = [](unsigned asked, unsigned acked, unsigned nacked) {
        Findings findings;
        membership::LinkTested result;
        result.relays_asked = asked;
        result.relays_acked = acked;
        result.relays_nacked = nacked;
        check_advertised(healthy(), result, findings);
        return findings.list().at(0).grade + ' ' + findings.list().at(0).cause;
    };
    EXPECT_EQ(grade(0, 0, 0), "skip ");
    EXPECT_EQ(grade(3, 1, 2), "ok ");
    EXPECT_EQ(grade(3, 0, 1), "problem advertised-unreachable");
    EXPECT_EQ(grade(3, 0, 0), "skip ") << "the relays were not reached";
}

}  // namespace
}  // namespace rollcall::agent

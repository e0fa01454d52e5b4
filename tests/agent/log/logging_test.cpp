// SPDX-License-Identifier: Apache-2.0
//
// Log lines: their two forms, who sees which, and what hostile text becomes.
#include "agent/log/logging.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <syslog.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "agent/log/event_log.h"
#include "agent/log/syslog_socket.h"
#include "support/test_folder.h"

namespace rollcall::agent {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;

class LogFile : public testing::Test {
protected:
    std::unique_ptr<Log> open(Level level, LogFormat format) {
        auto log = Log::open({.level = level, .format = format, .file = path_});
        EXPECT_TRUE(log);
        return std::move(*log);
    }
    std::vector<std::string> lines() const {
        std::ifstream file{path_};
        std::vector<std::string> all;
        for (std::string line; std::getline(file, line);) all.push_back(line);
        return all;
    }
    const rollcall::tests::TestFolder folder_;
    const std::string path_ = folder_ / "log";
};

TEST_F(LogFile, TextHasTimeLevelAndComponent) {
    const auto log = open(Level::info, LogFormat::text);
    log->write(Level::warn, "serf", "some-event", "text of it", {{"member", "n1"}});
    log->write(Level::debug, "serf", "fine", "not printed");
    const auto printed = lines();
    ASSERT_EQ(printed.size(), 1u);
    EXPECT_THAT(printed[0], MatchesRegex("[0-9]{4}/[0-9]{2}/[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}\\."
                                         "[0-9]{6} \\[WARN\\] serf: text of it"));
    EXPECT_EQ(log->recent().size(), 2u);  // the ring has both
}

TEST_F(LogFile, JsonIsOneObjectPerLineWithFields) {
    const auto log = open(Level::debug, LogFormat::json);
    log->write(Level::info, "agent", "e1", "a \"quoted\" text", {{"member", "n1"}, {"count", 7}});
    log->write(Level::err, "agent", "e2", "name \xff\xfe", {{"member", "\xff"}});
    const auto printed = lines();
    ASSERT_EQ(printed.size(), 2u);
    const auto first = nlohmann::json::parse(printed[0]);
    EXPECT_THAT(first["time"].get<std::string>(), MatchesRegex("[0-9-]{10}T[0-9:]{8}\\.[0-9]{6}Z"));
    EXPECT_EQ(first["level"], "INFO");
    EXPECT_EQ(first["event"], "e1");
    EXPECT_EQ(first["component"], "agent");
    EXPECT_EQ(first["message"], "a \"quoted\" text");
    EXPECT_EQ(first["member"], "n1");
    EXPECT_EQ(first["count"], 7);
    EXPECT_TRUE(nlohmann::json::accept(printed[1]));  // also with bytes that are no text
}

TEST_F(LogFile, NothingFromTheNetworkControlsATerminalOrForgesALine) {
    const auto log = open(Level::info, LogFormat::text);
    log->write(Level::info, "serf", "e", "n1\n2026/01/01 00:00:00 [ERR] forged \x1b[2J\x7f");
    log->write(Level::info, "serf", "e", std::string(100'000, 'x'));
    log->write(Level::info, "serf", "e",
               "n1 \xc2\x9b"
               "2J M\xc3\xbcller");
    const auto printed = lines();
    ASSERT_EQ(printed.size(), 3u);
    EXPECT_THAT(printed[0], HasSubstr("n1\\x0a2026"));
    EXPECT_THAT(printed[0], HasSubstr("\\x1b[2J\\x7f"));
    EXPECT_LT(printed[1].size(), Log::kMaxLine + 100);
    EXPECT_THAT(printed[2], HasSubstr("n1 \\xc2\\x9b2J M\xc3\xbcller"));  // U+009B is ESC [ to some
}

TEST_F(LogFile, TheRingKeepsTheNewestLines) {
    const auto log = open(Level::err, LogFormat::text);
    for (std::size_t i = 0; i < Log::kRecentLines + 10; ++i) {
        log->write(Level::debug, "t", "e", "line " + std::to_string(i));
    }
    ASSERT_EQ(log->recent().size(), Log::kRecentLines);
    EXPECT_THAT(log->recent().front().text, EndsWith("line 10"));
}

TEST_F(LogFile, TraceLinesAreMadeOnlyForAListener) {
    const auto log = open(Level::info, LogFormat::text);
    EXPECT_FALSE(log->wants(Level::trace));
    log->write(Level::trace, "t", "e", "nobody");
    EXPECT_TRUE(log->recent().empty());
    std::vector<std::string> heard;
    const auto id =
        log->subscribe(Level::trace, [&](const LogLine& l) { heard.push_back(l.text); });
    EXPECT_TRUE(log->wants(Level::trace));
    log->write(Level::trace, "t", "e", "somebody");
    log->unsubscribe(id);
    log->write(Level::err, "t", "e", "gone");
    ASSERT_EQ(heard.size(), 1u);
    EXPECT_THAT(heard[0], EndsWith("[TRACE] t: somebody"));
    EXPECT_FALSE(log->wants(Level::trace));
}

TEST_F(LogFile, AListenerMayWriteAndUnsubscribeAnyListenerWhileItIsCalled) {
    const auto log = open(Level::info, LogFormat::text);
    std::uint64_t other = 0;
    int first = 0, second = 0;
    std::uint64_t self = 0;
    self = log->subscribe(Level::info, [&](const LogLine&) {
        ++first;
        log->write(Level::info, "t", "e", "from inside");
        log->unsubscribe(other);
        log->unsubscribe(self);
    });
    other = log->subscribe(Level::info, [&](const LogLine&) { ++second; });
    log->write(Level::info, "t", "e", "one");
    log->write(Level::info, "t", "e", "two");
    EXPECT_EQ(first, 1);
    EXPECT_EQ(second, 0);
    EXPECT_EQ(lines().size(), 3u);
}

TEST_F(LogFile, ReopeningFollowsAFileThatWasMovedAway) {
    const auto log = open(Level::info, LogFormat::text);
    log->write(Level::info, "t", "e", "old");
    const std::string moved = path_ + ".1";
    std::filesystem::rename(path_, moved);
    log->reopen([](const std::optional<std::string>& problem) { EXPECT_FALSE(problem); });
    log->write(Level::info, "t", "e", "new");
    std::filesystem::remove(moved);
    const auto printed = lines();
    ASSERT_EQ(printed.size(), 1u);
    EXPECT_THAT(printed[0], EndsWith("new"));
}

TEST(Log, AFileThatCannotBeOpenedIsNamed) {
    const auto log = Log::open({.file = "/dev/null/agent.log"});
    ASSERT_FALSE(log);
    EXPECT_THAT(log.error(), HasSubstr("/dev/null/agent.log"));
}

// What strangers can provoke a thousand times a second is told once per ten seconds.
TEST_F(LogFile, LinesThatStrangersCauseAreLimitedAndCounted) {
    const auto log = open(Level::info, LogFormat::json);
    EventLog events{*log};
    const membership::MemberTable no_members{16};
    serf::Serf::Outbox out;
    const auto conflict = [&](Time now) {
        out.clear();
        out.notify(membership::NameConflict{
            .existing = {.name = "n1", .address = WireAddress::v4(10, 0, 0, 1), .port = 7946},
            .other_address = WireAddress::v4(10, 0, 0, 2),
            .other_port = 7946});
        events.write(now, out, no_members);
    };
    Time now{};
    for (int i = 0; i < 1000; ++i) conflict(now += std::chrono::milliseconds{1});
    EXPECT_EQ(lines().size(), 1u);
    conflict(now += std::chrono::seconds{10});
    const auto printed = lines();
    ASSERT_EQ(printed.size(), 2u);
    EXPECT_EQ(nlohmann::json::parse(printed[1])["held_back"], 999);
    EXPECT_EQ(nlohmann::json::parse(printed[1])["other"], "10.0.0.2:7946");
}

TEST_F(LogFile, AFailureIsLoggedWithItsAccusers) {
    const auto log = open(Level::info, LogFormat::json);
    EventLog events{*log};
    const membership::MemberTable no_members{16};
    serf::Serf::Outbox out;
    out.notify(membership::MemberSuspected{
        .about = {.name = "n2", .address = WireAddress::v4(10, 0, 0, 2), .port = 1}, .from = "n7"});
    out.notify_serf(serf::MemberEvent{.kind = serf::MemberEventKind::failed,
                                      .member = {.name = "n2",
                                                 .address = WireAddress::v4(10, 0, 0, 2),
                                                 .port = 1,
                                                 .status = serf::Status::failed},
                                      .from = "n3"});
    events.write(Time{}, out, no_members);
    const auto printed = lines();
    ASSERT_EQ(printed.size(), 2u);
    const auto suspected = nlohmann::json::parse(printed[0]);
    EXPECT_EQ(suspected["event"], "member-suspected");
    EXPECT_EQ(suspected["from"], "n7");
    const auto failed = nlohmann::json::parse(printed[1]);
    EXPECT_EQ(failed["event"], "member-failed");
    EXPECT_EQ(failed["member"], "n2");
    EXPECT_EQ(failed["address"], "10.0.0.2:1");
    EXPECT_EQ(failed["from"], "n3");
}

// On the accuser: what its probe found out, in words and as fields. At the end: who confirmed it.
TEST_F(LogFile, ASuspicionIsLoggedWithItsCauseAndAFailureWithItsConfirmations) {
    const auto log = open(Level::info, LogFormat::json);
    EventLog events{*log};
    const membership::MemberTable no_members{16};
    serf::Serf::Outbox out;
    membership::MemberSuspected suspected{
        .about = {.name = "r3", .address = WireAddress::v4(10, 0, 0, 3), .port = 1},
        .from = "r1",
        .evidence = membership::ProbeEvidence{.waited = std::chrono::milliseconds{500},
                                              .relays_asked = 2,
                                              .nacks_expected = 2,
                                              .nacks_received = 2,
                                              .stream = membership::StreamPing::refused}};
    out.notify(suspected);
    suspected.evidence->ping = membership::DirectPing::no_route;
    suspected.evidence->ping_error = ENETUNREACH;
    suspected.evidence->relays_unasked = 1;
    suspected.evidence->nacks_received = 0;
    suspected.evidence->stream = membership::StreamPing::not_opened;
    suspected.evidence->stream_error = EACCES;
    out.notify(suspected);
    serf::MemberEvent failed{.kind = serf::MemberEventKind::failed,
                             .member = {.name = "r3", .port = 1},
                             .from = "r1",
                             .accusers = {"r1", "a", "b"}};
    out.notify_serf(failed);
    out.notify_serf(serf::MemberEvent{
        .kind = serf::MemberEventKind::leave, .member = {.name = "r3"}, .by_intent = true});
    events.write(Time{}, out, no_members);
    const auto printed = lines();
    ASSERT_EQ(printed.size(), 4u);
    const auto first = nlohmann::json::parse(printed[0]);
    EXPECT_THAT(printed[0], HasSubstr("suspecting r3: no ack in 500 ms; 2 of 2 relays could not "
                                      "reach it; TCP refused"));
    EXPECT_EQ(first["cause"], "unanswered");
    EXPECT_EQ(first["relays_asked"], 2);
    EXPECT_EQ(first["nacks"], 2);
    EXPECT_EQ(first["stream"], "refused");
    EXPECT_THAT(printed[1],
                HasSubstr("suspecting r3: no route to it: Network is unreachable; 2 relays asked, "
                          "1 could not be sent to, 1 without an answer; no TCP connection from "
                          "here: Permission denied"));
    EXPECT_THAT(printed[2], HasSubstr("declared dead by r1 (suspected by r1, 2 confirmations from "
                                      "a, b)"));
    EXPECT_EQ(nlohmann::json::parse(printed[2])["confirmations"], 2);
    EXPECT_THAT(printed[3], HasSubstr("force-leave"));
    EXPECT_EQ(nlohmann::json::parse(printed[3])["by_intent"], "true");
}

// Found out by looking at the member until it was sure: what was seen of it, and of others.
TEST_F(LogFile, AFailureIsLoggedWithWhatWasSeenOfTheMember) {
    using Ground = membership::VigilEvidence::Ground;
    const auto log = open(Level::info, LogFormat::json);
    EventLog events{*log};
    const membership::MemberTable no_members{16};
    const auto told = [&](const membership::VigilEvidence& vigil) {
        serf::Serf::Outbox out;
        out.notify(membership::MemberFailed{.about = {.name = "r9"}, .from = "r2"});
        out.notify(membership::MemberFailed{.about = {.name = "r3"}, .from = "r1", .vigil = vigil});
        for (const char* name : {"r9", "r3"}) {
            out.notify_serf(serf::MemberEvent{.kind = serf::MemberEventKind::failed,
                                              .member = {.name = name},
                                              .from = name == std::string{"r3"} ? "r1" : "r2"});
        }
        events.write(Time{}, out, no_members);
        const auto printed = lines();
        EXPECT_FALSE(nlohmann::json::parse(printed[printed.size() - 2]).contains("ground"))
            << "nobody looked at r9 from here";
        return nlohmann::json::parse(printed.back());
    };
    membership::VigilEvidence vigil{.ground = Ground::unanswered,
                                    .took = std::chrono::milliseconds{1900},
                                    .pings = 9,
                                    .controls_sent = 12,
                                    .controls_answered = 11,
                                    .witnesses = 3};
    auto line = told(vigil);
    EXPECT_THAT(std::string{line["message"]},
                EndsWith("declared dead by r1; looked at for 1900 ms: 9 pings unanswered, 11 of 12 "
                         "controls answered, 3 witnesses"));
    EXPECT_EQ(line["member"], "r3");
    EXPECT_EQ(line["ground"], "unanswered");
    EXPECT_EQ(line["looked_ms"], 1900);
    EXPECT_EQ(line["pings"], 9);
    EXPECT_EQ(line["controls_sent"], 12);
    EXPECT_EQ(line["controls_answered"], 11);
    EXPECT_EQ(line["witnesses"], 3);
    EXPECT_EQ(line["refusals"], 0);
    EXPECT_EQ(line["stalled"], false);

    vigil.ground = Ground::refused;
    vigil.refusals = 6;
    line = told(vigil);
    EXPECT_THAT(std::string{line["message"]},
                EndsWith("; its host refused 6 times: the process is gone"));
    EXPECT_EQ(line["ground"], "refused");
    EXPECT_EQ(line["refusals"], 6);

    // The suspicion expired, since too few others answered for a verdict.
    line = told({.ground = Ground::expired,
                 .took = std::chrono::milliseconds{6200},
                 .pings = 1,
                 .controls_sent = 1,
                 .witnesses = 1});
    EXPECT_THAT(std::string{line["message"]},
                EndsWith("; looked at for 6200 ms without a verdict: 1 ping unanswered, 0 of 1 "
                         "control answered, 1 witness"));
    EXPECT_EQ(line["ground"], "expired");

    line = told({.ground = Ground::expired,
                 .took = std::chrono::milliseconds{6200},
                 .pings = 30,
                 .stalled = true});
    EXPECT_THAT(std::string{line["message"]},
                EndsWith("; stalled: its host took a connection; looked at for 6200 ms: 30 pings "
                         "unanswered, no controls, 0 witnesses"));
    EXPECT_EQ(line["stalled"], true);
}

// Below the Serf layer, too: a bare memberlist node has the same reason.
TEST_F(LogFile, TheCoresOwnLineOfAFailureHasTheReason) {
    const auto log = open(Level::debug, LogFormat::text);
    EventLog events{*log};
    const membership::MemberTable no_members{16};
    serf::Serf::Outbox out;
    out.notify(membership::MemberFailed{
        .about = {.name = "r3"},
        .from = "r1",
        .vigil = membership::VigilEvidence{.ground = membership::VigilEvidence::Ground::refused,
                                           .refusals = 1}});
    events.write(Time{}, out, no_members);
    EXPECT_THAT(lines().back(), EndsWith("r3 declared dead by r1: its host refused 1 time: the "
                                         "process is gone"));
}

TEST_F(LogFile, IsRotatedWhenItIsLargeEnough) {
    auto log = std::move(*Log::open({.file = path_, .rotate_bytes = 4096, .rotate_files = 2}));
    for (int i = 0; i < 200; ++i) {
        log->write(Level::info, "agent", "e", "line " + std::to_string(i) + std::string(80, 'x'));
    }
    log.reset();
    for (const std::string& path : {path_, path_ + ".1", path_ + ".2"}) {
        EXPECT_TRUE(std::filesystem::exists(path)) << path;
        EXPECT_LE(std::filesystem::file_size(path), 4096u) << path;
    }
    EXPECT_FALSE(std::filesystem::exists(path_ + ".3"));
    EXPECT_THAT(lines().back(), HasSubstr("line 199"));
}

TEST(Syslog, KnowsFacilitiesByNameAndPrioritiesAsSerfDoes) {
    EXPECT_EQ(parse_facility("LOCAL0"), LOG_LOCAL0);
    EXPECT_EQ(parse_facility("daemon"), LOG_DAEMON);
    EXPECT_EQ(parse_facility("LOCAL8"), std::nullopt);
    EXPECT_EQ(parse_facility(""), std::nullopt);
    EXPECT_EQ(syslog_priority(Level::trace), LOG_DEBUG);
    EXPECT_EQ(syslog_priority(Level::debug), LOG_INFO);
    EXPECT_EQ(syslog_priority(Level::info), LOG_NOTICE);
    EXPECT_EQ(syslog_priority(Level::warn), LOG_WARNING);
    EXPECT_EQ(syslog_priority(Level::err), LOG_ERR);
}

TEST_F(LogFile, GoesOnWhereThereIsNoSyslogDaemon) {
    const auto log = std::move(*Log::open({.file = path_, .syslog_facility = LOG_USER}));
    log->write(Level::debug, "agent", "e", "not printed");
    EXPECT_EQ(lines().size(), 0u);
}

}  // namespace
}  // namespace rollcall::agent

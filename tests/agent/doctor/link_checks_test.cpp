// SPDX-License-Identifier: Apache-2.0
//
// What an examination says of a link: one cause for each thing that can be wrong, from what tests
// in both directions find.
#include "agent/doctor/link_checks.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

namespace rollcall::agent {
namespace {

using membership::DirectPing;
using membership::StreamPing;

// A link on which everything works, to a rollcall agent.
LinkEvidence whole() {
    LinkEvidence e;
    e.ours.target = *Endpoint::parse("10.0.0.2:7946");
    e.ours.name = "b";
    e.ours.rounds = e.ours.acked = e.ours.acked_by_name = e.ours.acked_at_advertised = 12;
    e.ours.rtt = std::chrono::milliseconds{1};
    e.ours.stream = StreamPing::answered;
    e.ours.stream_connected = true;
    e.ours.relays_asked = e.ours.relays_acked = 2;
    e.ours.packets_from = 40;
    e.member = serf::MemberRecord{.name = "b",
                                  .address = WireAddress::v4(10, 0, 0, 2),
                                  .port = 7946,
                                  .tags = {},
                                  .status = serf::Status::alive,
                                  .versions = wire::kSerfVersions};
    e.state = "alive";
    e.asked = e.received_it = true;
    e.theirs = BackReport{.rounds = 5,
                          .acked = 5,
                          .acked_at_advertised = 5,
                          .stream = "answered",
                          .packets_from = 20,
                          .rejected = {}};
    e.versions = wire::kSerfVersions;
    e.advertised = "10.0.0.1:7946";
    return e;
}

LinkEvidence silent() {
    LinkEvidence e = whole();
    e.ours.acked = e.ours.acked_by_name = e.ours.acked_at_advertised = 0;
    e.ours.rtt = {};
    e.ours.stream = StreamPing::unanswered;
    e.ours.stream_connected = false;
    e.ours.relays_acked = 0;
    e.ours.packets_from = 0;
    e.theirs.reset();
    e.received_it = false;
    return e;
}

std::vector<std::string> causes(const LinkEvidence& evidence) {
    Findings findings;
    check_link(evidence, findings);
    std::vector<std::string> found;
    for (const rpc::DoctorFinding& finding : findings.list()) {
        if (finding.grade != "problem") continue;
        EXPECT_FALSE(finding.remedy.empty()) << finding.cause;
        found.push_back(finding.cause);
    }
    return found;
}

using List = std::vector<std::string>;

TEST(LinkChecks, AWholeLinkHasNoFault) {
    EXPECT_EQ(causes(whole()), List{});
    LinkEvidence serf = whole();
    serf.theirs.reset();  // a Serf agent tests nothing back
    EXPECT_EQ(causes(serf), List{});
    LinkEvidence stranger = whole();
    stranger.member.reset();
    stranger.ours.name.clear();
    stranger.asked = false;
    EXPECT_EQ(causes(stranger), List{});
}

// Of the control port of an agent, or any other service that listens by TCP alone.
TEST(LinkChecks, AProgramWithoutUdpIsNoMember) {
    LinkEvidence e = silent();
    e.ours.ping = DirectPing::bounced;
    e.ours.stream = StreamPing::broken;
    e.ours.stream_connected = true;
    EXPECT_EQ(causes(e), List{"not-a-member-program"});
    e.ours.ping = DirectPing::unanswered;
    EXPECT_EQ(causes(e), List{"wrong-label"}) << "a member with another label is silent by UDP";
}

// It sends our pings back, answers to them come back, too, and look like acks.
TEST(LinkChecks, AnEchoIsNoMember) {
    LinkEvidence e = whole();
    e.member.reset();
    e.ours.name.clear();
    e.ours.stream = StreamPing::broken;
    e.ours.stream_answer = "unknown message";
    e.ours.rejected[static_cast<std::size_t>(wire::DecodeError::unknown_message)] = 1;
    EXPECT_EQ(causes(e), List{"not-a-member-program"});
}

TEST(LinkChecks, TheDirectionInWhichUdpIsBlocked) {
    LinkEvidence e = silent();
    e.ours.stream = StreamPing::answered;
    e.ours.stream_connected = true;
    EXPECT_EQ(causes(e), List{"udp-blocked"}) << "no word from the peer";

    e.theirs = BackReport{.rounds = 5, .stream = "answered", .packets_from = 0, .rejected = {}};
    EXPECT_EQ(causes(e), List{"udp-blocked"}) << "neither arrives";
    e.theirs->packets_from = 3;
    EXPECT_EQ(causes(e), List{"udp-from-peer-blocked"});
    e.theirs->packets_from = 0;
    e.ours.packets_from = 3;
    EXPECT_EQ(causes(e), List{"udp-to-peer-blocked"});

    LinkEvidence serf = silent();
    serf.ours.stream = StreamPing::answered;
    serf.ours.packets_from = 1;  // its own probes of us
    EXPECT_EQ(causes(serf), List{"udp-to-peer-blocked"});
    LinkEvidence bounced = silent();
    bounced.ours.stream = StreamPing::answered;
    bounced.ours.ping = DirectPing::bounced;
    EXPECT_EQ(causes(bounced), List{"udp-to-peer-blocked"});
}

TEST(LinkChecks, TheDirectionInWhichTcpIsBlocked) {
    LinkEvidence e = whole();
    e.ours.stream = StreamPing::unanswered;
    e.ours.stream_connected = false;
    EXPECT_EQ(causes(e), List{"tcp-to-peer-blocked"});
    e.ours.stream = StreamPing::refused;
    EXPECT_EQ(causes(e), List{"tcp-to-peer-blocked"});
    e = whole();
    e.theirs->stream = "unanswered";
    EXPECT_EQ(causes(e), List{"tcp-from-peer-blocked"});
}

TEST(LinkChecks, NoProcessNoHostOrAStoppedProcess) {
    LinkEvidence down = silent();
    down.ours.stream = StreamPing::refused;
    down.ours.ping = DirectPing::bounced;
    EXPECT_EQ(causes(down), List{"peer-down"});

    LinkEvidence stopped = silent();
    stopped.ours.stream_connected = true;
    EXPECT_EQ(causes(stopped), List{"peer-stalled"});

    EXPECT_EQ(causes(silent()), List{"peer-unreachable"});
    LinkEvidence no_route = silent();
    no_route.ours.ping = DirectPing::no_route;
    no_route.ours.ping_error = 101;
    EXPECT_EQ(causes(no_route), List{"peer-unreachable"});

    LinkEvidence others_reach_it = silent();
    others_reach_it.ours.relays_acked = 2;
    EXPECT_EQ(causes(others_reach_it), (List{"udp-blocked", "tcp-to-peer-blocked"}))
        << "the peer is up; the fault is between the two";
}

TEST(LinkChecks, KeysAndLabels) {
    using enum wire::DecodeError;
    for (const auto& [error, cause] :
         {std::pair{bad_encryption, "wrong-key"}, std::pair{not_encrypted, "encryption-differs"},
          std::pair{encrypted_unexpectedly, "encryption-differs"},
          std::pair{label_mismatch, "wrong-label"}}) {
        LinkEvidence e = silent();
        e.ours.stream = StreamPing::broken;
        e.ours.stream_connected = true;
        e.ours.rejected[static_cast<std::size_t>(error)] = 1;
        EXPECT_EQ(causes(e), List{cause});

        LinkEvidence earlier = silent();  // before this test
        earlier.incidents = {{.kind = Incident::Kind::rejected,
                              .from = earlier.ours.target,
                              .cause = error,
                              .text = {},
                              .count = 1}};
        EXPECT_EQ(causes(earlier), List{cause});

        LinkEvidence works = whole();  // from another agent of that host
        works.incidents = earlier.incidents;
        EXPECT_EQ(causes(works), List{});
    }
    LinkEvidence closed = silent();
    closed.ours.stream = StreamPing::broken;
    closed.ours.stream_connected = true;
    EXPECT_EQ(causes(closed), List{"wrong-label"}) << "closed without an answer";
    LinkEvidence other = closed;
    other.ours.stream_answer = "bad_msgpack";
    other.ours.rejected[static_cast<std::size_t>(bad_msgpack)] = 1;
    EXPECT_EQ(causes(other), List{"not-a-member-program"});
}

TEST(LinkChecks, NamesAddressesAndVersions) {
    LinkEvidence other = whole();
    other.ours.acked_by_name = 0;
    EXPECT_EQ(causes(other), List{"other-node"});
    LinkEvidence address = whole();
    address.ours.acked_at_advertised = 0;
    EXPECT_EQ(causes(address), List{"advertised-unreachable"});
    LinkEvidence versions = whole();
    versions.member->versions.pmin = versions.member->versions.pmax =
        versions.member->versions.pcur = 9;
    EXPECT_EQ(causes(versions), List{"versions"});
    LinkEvidence refused = whole();
    refused.incidents = {{.kind = Incident::Kind::merge_refused,
                          .from = refused.ours.target,
                          .text = "protocol versions 9 to 9",
                          .count = 1}};
    EXPECT_EQ(causes(refused), List{"versions"});
}

TEST(BackReport, RoundTrip) {
    membership::LinkTested result;
    result.rounds = 5;
    result.acked = 4;
    result.acked_at_advertised = 3;
    result.stream = StreamPing::refused;
    result.packets_from = 17;
    result.rejected[static_cast<std::size_t>(wire::DecodeError::bad_encryption)] = 2;
    const auto report = parse_back_report(back_report_text(result));
    ASSERT_TRUE(report);
    EXPECT_EQ(report->rounds, 5u);
    EXPECT_EQ(report->acked, 4u);
    EXPECT_EQ(report->acked_at_advertised, 3u);
    EXPECT_EQ(report->stream, "refused");
    EXPECT_EQ(report->packets_from, 17u);
    EXPECT_EQ(report->rejected.at("bad_encryption"), 2u);
}

// Answers come from the network.
TEST(BackReport, AnythingElseIsNoReport) {
    for (const char* text : {"", "null", "[]", "7", "{}", "{\"rounds\":-1}", "{\"rounds\":\"5\"}",
                             "{\"rounds\":5,\"acked\":1.5}", "{\"rounds\":5", "\xff\xff"}) {
        EXPECT_FALSE(parse_back_report(text)) << text;
    }
    const auto odd = parse_back_report(
        "{\"rounds\":99999999999999,\"stream\":7,\"rejected\":{\"x\":\"y\"},\"more\":[]}");
    ASSERT_TRUE(odd);
    EXPECT_EQ(odd->rounds, 1'000'000u);
    EXPECT_EQ(odd->stream, "");
    EXPECT_TRUE(odd->rejected.empty());
}

}  // namespace
}  // namespace rollcall::agent

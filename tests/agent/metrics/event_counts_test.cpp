// SPDX-License-Identifier: Apache-2.0
//
// Why members were suspected and declared failed, as counted from events; ages of keys.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <string>

#include "agent/metrics/event_counts.h"
#include "agent/metrics/key_ages.h"
#include "wire/key_text.h"

namespace rollcall::agent {
namespace {

using namespace std::chrono_literals;
using namespace membership;

using Kind = ClaimSource::Kind;

MemberSuspected suspected_by_us(std::optional<ProbeEvidence> evidence) {
    return {.about = {}, .from = "n1", .evidence = evidence};
}
MemberSuspected suspected_by(Kind kind) {
    return {.about = {}, .from = "n2", .source = {.kind = kind}};
}

TEST(SuspicionCause, IsTheStrongestFindingOfOurProbe) {
    EXPECT_EQ(cause_of(suspected_by_us(ProbeEvidence{})), SuspicionCause::unanswered);
    EXPECT_EQ(cause_of(suspected_by_us(ProbeEvidence{.ping = DirectPing::no_route})),
              SuspicionCause::no_route);
    EXPECT_EQ(cause_of(suspected_by_us(ProbeEvidence{.ping = DirectPing::not_sent})),
              SuspicionCause::not_sent);
    EXPECT_EQ(cause_of(suspected_by_us(ProbeEvidence{.ping = DirectPing::bounced})),
              SuspicionCause::refused);
    EXPECT_EQ(cause_of(suspected_by_us(
                  ProbeEvidence{.ping = DirectPing::no_route, .stream = StreamPing::refused})),
              SuspicionCause::refused)
        << "its host was reached";
}

TEST(SuspicionCause, OfAVigilForAnotherMemberIsThatThereWasNoAnswer) {
    EXPECT_EQ(cause_of(suspected_by_us({})), SuspicionCause::unanswered);
}

TEST(SuspicionCause, OfOthersIsAClaimOrAStateOfAPeer) {
    EXPECT_EQ(cause_of(suspected_by(Kind::gossip)), SuspicionCause::claim);
    EXPECT_EQ(cause_of(suspected_by(Kind::push_pull)), SuspicionCause::push_pull);
}

TEST(FailureCause, IsTheGroundOfAVerdictOrAnExpiredSuspicionOrAClaim) {
    using Ground = VigilEvidence::Ground;
    const auto failed = [](std::optional<VigilEvidence> vigil, Kind source = Kind::ourselves) {
        return MemberFailed{.about = {}, .from = "n1", .vigil = vigil, .source = {.kind = source}};
    };
    EXPECT_EQ(cause_of(failed(VigilEvidence{.ground = Ground::unanswered})),
              FailureCause::unanswered);
    EXPECT_EQ(cause_of(failed(VigilEvidence{.ground = Ground::refused})), FailureCause::refused);
    EXPECT_EQ(cause_of(failed(VigilEvidence{.ground = Ground::expired})), FailureCause::expired);
    EXPECT_EQ(cause_of(failed({})), FailureCause::expired);
    EXPECT_EQ(cause_of(failed({}, Kind::gossip)), FailureCause::claim);
}

std::map<std::string, double> samples_of(Families& families) {
    std::map<std::string, double> samples;
    for (const auto& family : families.take()) {
        for (const auto& metric : family.metric) {
            std::string name = family.name;
            for (const auto& label : metric.label) name += "," + label.name + "=" + label.value;
            const bool counter = family.type == prometheus::MetricType::Counter;
            samples[name] = counter ? metric.counter.value : metric.gauge.value;
            if (family.type == prometheus::MetricType::Histogram) {
                samples[name] = static_cast<double>(metric.histogram.sample_count);
                samples[name + "_sum"] = metric.histogram.sample_sum;
            }
        }
    }
    return samples;
}

TEST(EventCounts, ARoundTripIsThatOfADirectAckOnly) {
    EventCounts counts;
    counts.handle(ProbeEnded{.outcome = ProbeOutcome::acked, .took = 3ms});
    counts.handle(ProbeEnded{.outcome = ProbeOutcome::acked_by_relay, .took = 700ms});
    counts.handle(ProbeEnded{.outcome = ProbeOutcome::failed, .took = 1s});
    counts.handle(ProbeEnded{.outcome = ProbeOutcome::abandoned, .took = 9s});
    Families families;
    counts.add_metrics(families);
    const auto samples = samples_of(families);
    EXPECT_EQ(samples.at("rollcall_probe_rtt_seconds"), 1);
    EXPECT_DOUBLE_EQ(samples.at("rollcall_probe_rtt_seconds_sum"), 0.003);
    EXPECT_EQ(samples.at("rollcall_probes_abandoned_total"), 1);
}

TEST(EventCounts, EachEventCountsUnderItsCause) {
    EventCounts counts;
    counts.handle(suspected_by(Kind::gossip));
    counts.handle(suspected_by_us(ProbeEvidence{}));
    counts.handle(SuspicionCleared{});
    counts.handle(MemberFailed{.source = {.kind = Kind::gossip}});
    counts.handle(Refuted{.claim = ClaimKind::dead});
    counts.handle(UdpBlocked{});
    counts.handle(MemberJoined{});
    Families families;
    counts.add_metrics(families);
    std::map<std::string, double> above_0;
    for (const auto& [name, value] : samples_of(families)) {
        if (value != 0) above_0[name] = value;
    }
    const std::map<std::string, double> expected{
        {"rollcall_suspicions_by_cause_total,cause=claim", 1},
        {"rollcall_suspicions_by_cause_total,cause=unanswered", 1},
        {"rollcall_suspicions_cleared_total", 1},
        {"rollcall_failures_by_cause_total,cause=claim", 1},
        {"rollcall_refuted_claims_total,claim=dead", 1},
        {"rollcall_udp_blocked_total", 1}};
    EXPECT_EQ(above_0, expected);
}

TEST(KeyAges, AKeyIsAsOldAsItsInstallationAndForgottenWithIt) {
    const std::vector<std::byte> old_key(16, std::byte{1}), new_key(32, std::byte{2});
    const std::string old_print = ",fingerprint=" + wire::key_fingerprint(old_key);
    const std::string new_print = ",fingerprint=" + wire::key_fingerprint(new_key);
    const auto shown = [](const KeyAges& ages, Time now) {
        Families families;
        ages.add_metrics(now, families);
        return samples_of(families);
    };
    const Time start{1h};
    wire::Keyring keyring;
    KeyAges ages;
    ages.update(start, keyring);
    EXPECT_EQ(shown(ages, start), (std::map<std::string, double>{{"rollcall_keys", 0}}));

    ASSERT_FALSE(keyring.add(old_key));
    ages.update(start, keyring);
    ASSERT_FALSE(keyring.add(new_key));
    ages.update(start + 60s, keyring);
    ASSERT_FALSE(keyring.use(new_key));
    ages.update(start + 90s, keyring);
    auto samples = shown(ages, start + 100s);
    EXPECT_EQ(samples["rollcall_keys"], 2);
    EXPECT_EQ(samples["rollcall_key_age_seconds" + old_print], 100);
    EXPECT_EQ(samples["rollcall_key_age_seconds" + new_print], 40);
    EXPECT_EQ(samples["rollcall_key_primary" + old_print], 0);
    EXPECT_EQ(samples["rollcall_key_primary" + new_print], 1);
    EXPECT_EQ(samples["rollcall_key_primary_age_seconds"], 10);

    ASSERT_FALSE(keyring.remove(old_key));
    ages.update(start + 120s, keyring);
    samples = shown(ages, start + 130s);
    EXPECT_FALSE(samples.contains("rollcall_key_age_seconds" + old_print));
    EXPECT_EQ(samples["rollcall_key_primary_age_seconds"], 40) << "the primary is the same";
}

}  // namespace
}  // namespace rollcall::agent

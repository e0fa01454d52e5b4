// SPDX-License-Identifier: Apache-2.0
//
// The adversary host: what each attack does to a cluster, at which rate, from when until when, and
// what it cannot do without the key.
#include "sim/scenario/attack/adversary.h"

#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <string>
#include <string_view>
#include <variant>

#include "sim/scenario/language/file.h"
#include "sim/scenario/run/runner.h"

namespace rollcall::sim {
namespace {

using namespace std::chrono_literals;

Scenario scene_of(const std::string& text) {
    ScenarioFile file = read_scenario(text, "test");
    for (const Problem& p : file.problems) ADD_FAILURE() << p.to_string("test") << text;
    return std::move(file.scenario);
}

// What the nodes reported and counted.
struct Watcher final : public Observer {
    unsigned suspected = 0, failed = 0, left = 0, refuted = 0, conflicts = 0;
    unsigned strangers = 0;  // joined: no node of that name
    std::map<std::uint32_t, Duration> suspected_at;
    Duration first{-1}, last{-1};  // of events about members
    std::size_t most_members = 0;
    std::uint64_t acks_sent = 0, relays = 0, states = 0, received = 0;
    std::uint64_t highest_time = 0;
    Incarnation highest{};
    bool member_alive = false;
    std::map<std::uint32_t, unsigned> forgeries;  // of deaths, by node

    void forged(const ClusterView& view, const Forgery& forgery) override {
        ++forgeries[forgery.about];
        EXPECT_GE(forgery.incarnation, view.core(forgery.about).self_member().incarnation);
    }
    void event(const ClusterView& view, std::uint32_t node,
               const membership::Event& event) override {
        const auto counts = [&](unsigned& count) {
            ++count;
            if (first < Duration{}) first = view.now();
            last = view.now();
        };
        if (std::holds_alternative<membership::MemberSuspected>(event)) counts(suspected);
        if (std::holds_alternative<membership::MemberFailed>(event)) counts(failed);
        if (std::holds_alternative<membership::MemberLeft>(event)) counts(left);
        if (std::holds_alternative<membership::Refuted>(event)) counts(refuted);
        if (std::holds_alternative<membership::NameConflict>(event)) counts(conflicts);
        if (const auto* joined = std::get_if<membership::MemberJoined>(&event)) {
            if (!joined->about.name.starts_with("n")) counts(strangers);
        }
        (void)node;
    }
    void sample(const ClusterView& view) override {
        acks_sent = relays = states = received = 0;
        for (std::uint32_t n = 1; n <= view.nodes(); ++n) {
            if (!view.running(n)) continue;
            const membership::Node& core = view.core(n);
            most_members = std::max(most_members, core.members().size());
            highest = std::max(highest, core.self_member().incarnation);
            relays += core.stats().relays;
            received += core.stats().packets_received;
            states += core.stats().streams_accepted;
            const auto adversary = core.members().find(Adversary::kName);
            member_alive |= adversary && adversary->state == membership::State::alive;
            if (const serf::Serf* layer = view.serf_layer(n)) {
                const serf::Stats stats = layer->stats();
                highest_time = std::max({highest_time, stats.member_time.value(),
                                         stats.event_time.value(), stats.query_time.value()});
            }
        }
    }
};

Watcher watch(const std::string& lines, std::uint64_t seed = 1) {
    Watcher watcher;
    Observer* const observers[] = {&watcher};
    (void)run(scene_of("nodes 5\nrun 60s\n" + lines), seed,
              {.invariants = false, .observers = observers});
    return watcher;
}

const std::string kPlain = "adversary outside\n";
const std::string kSerfLayer = "core serf\nadversary outside\n";

TEST(Adversary, AWorldWithoutAttacksIsQuiet) {
    const Watcher quiet = watch(kPlain);
    EXPECT_EQ(quiet.suspected + quiet.failed + quiet.left + quiet.refuted, 0u);
    EXPECT_EQ(quiet.most_members, 5u);
}

TEST(Adversary, ItsAttackLastsFromItsBeginToItsEnd) {
    const Watcher watcher = watch(kPlain + "at 20s forge suspicions on n3 at 10/s for 10s\n");
    EXPECT_GT(watcher.suspected, 0u);
    EXPECT_GT(watcher.refuted, 10u);
    EXPECT_GE(watcher.first, 20s);
    EXPECT_LE(watcher.last, 32s);
    EXPECT_EQ(watcher.failed, 0u);
}

TEST(Adversary, ItsRateIsTheOneOfTheScenario) {
    const std::uint64_t quiet = watch(kPlain).received;
    for (const unsigned rate : {10u, 100u}) {
        const Watcher watcher =
            watch(kPlain + "at 10s flood pings on n2 at " + std::to_string(rate) + "/s for 20s\n");
        // Each ping is one packet, and its ack another where the stated source is a node.
        const double expected = 20.0 * rate;
        const auto more = static_cast<double>(watcher.received - quiet);
        EXPECT_GT(more, 0.9 * expected) << rate;
        EXPECT_LT(more, 2.2 * expected) << rate;
    }
}

TEST(Adversary, ForgedDeathsLeavesAndTakeoversReachTheOthers) {
    EXPECT_GT(watch(kPlain + "at 20s forge deaths on n3 at 2/s for 10s\n").failed, 0u);
    EXPECT_GT(watch(kPlain + "at 20s forge leaves on n3 at 2/s for 10s\n").left, 0u);
    const Watcher takeover = watch(kPlain + "at 20s forge takeovers on n3 at 2/s for 10s\n");
    EXPECT_GT(takeover.left + takeover.conflicts, 0u);
    EXPECT_GT(watch(kPlain + "at 20s forge claims on n3 at 2/s for 10s\n").refuted, 0u);
}

// What the judge excuses: nothing that the adversary did not send.
TEST(Adversary, ForgedDeathsAreReportedAndNothingElse) {
    for (const char* what : {"forge deaths", "forge leaves", "forge takeovers"}) {
        const auto forged = watch(kPlain + "at 20s " + what + " on n3 at 2/s for 10s\n").forgeries;
        ASSERT_EQ(forged.size(), 1u) << what;
        EXPECT_GE(forged.at(3), 10u) << what;
    }
    EXPECT_EQ(watch(kPlain + "at 20s lie states on n3 at 5/s for 10s\n").forgeries.size(), 5u);
    for (const AttackWord& word : attack_words()) {
        using enum AttackKind;
        if (word.kind == forge_deaths || word.kind == forge_leaves ||
            word.kind == forge_takeovers || word.kind == lie_states) {
            continue;
        }
        const std::string attack = "at 20s " + attack_text(word.kind) + " on all at 5/s for 5s\n";
        EXPECT_TRUE(watch(kSerfLayer + attack).forgeries.empty()) << attack;
    }
}

TEST(Adversary, FloodsReachTheirNodes) {
    EXPECT_GT(watch(kPlain + "at 20s flood relays on n3 at 20/s for 10s\n").relays, 50u);
    EXPECT_GT(watch(kPlain + "at 20s flood states on n3 at 20/s for 10s\n").states, 100u);
    EXPECT_GT(watch(kPlain + "at 20s flood joins on n3 at 20/s for 10s\n").strangers, 50u);
    EXPECT_GT(watch(kPlain + "at 20s lie ghosts on n3 at 5/s for 10s\n").most_members, 20u);
    EXPECT_GT(watch(kPlain + "at 20s lie states on n3 at 5/s for 10s\n").refuted, 10u);
}

TEST(Adversary, WalksMoveIncarnationsAndClocks) {
    EXPECT_GT(watch(kPlain + "at 20s walk incarnations on n3 at 10/s for 10s\n").highest,
              Incarnation{1u << 24});
    EXPECT_GT(watch(kSerfLayer + "at 20s walk clocks on all at 10/s for 10s\n").highest_time,
              std::uint64_t{1} << 30);
    EXPECT_LT(watch(kSerfLayer).highest_time, 1000u);
}

TEST(Adversary, AMemberThatLiesIsAMember) {
    EXPECT_FALSE(watch(kPlain + "at 20s flood pings on n1 at 1/s for 5s\n").member_alive);
    EXPECT_TRUE(watch("adversary member\nat 20s flood pings on n1 at 1/s for 5s\n").member_alive);
}

TEST(Adversary, WithoutTheKeyNothingIsRead) {
    for (const AttackWord& word : attack_words()) {
        const std::string attack = "at 20s " + attack_text(word.kind) + " on all at 20/s for 10s\n";
        const Watcher watcher = watch("core serf\nencryption on\nadversary outside\n" + attack);
        EXPECT_EQ(watcher.suspected + watcher.failed + watcher.left + watcher.refuted +
                      watcher.strangers + watcher.conflicts,
                  0u)
            << attack;
        EXPECT_EQ(watcher.most_members, 5u) << attack;
        EXPECT_LT(watcher.highest_time, 1000u) << attack;
    }
    const Watcher with_key = watch(
        "core serf\nencryption on\nadversary key\n"
        "at 20s forge deaths on n3 at 2/s for 10s\n");
    EXPECT_GT(with_key.failed, 0u);
}

// Old claims are old: replays of an hour of packets move nothing.
TEST(Adversary, ReplaysWhatItReadsOnThePath) {
    const std::string replay = "at 20s replay on all at 100/s for 30s\n";
    const std::uint64_t quiet = watch(kPlain).received;
    EXPECT_LT(watch(kPlain + replay).received, quiet + 300);  // it read nothing
    const Watcher watcher = watch("adversary path\n" + replay);
    EXPECT_GT(watcher.received, quiet + 2000);
    EXPECT_EQ(watcher.failed + watcher.left + watcher.strangers, 0u);
}

}  // namespace
}  // namespace rollcall::sim

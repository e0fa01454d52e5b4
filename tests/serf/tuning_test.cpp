// SPDX-License-Identifier: Apache-2.0
//
// Rule L6: timings that are changed at run time, here and on many agents, and that come back by
// themselves.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <string>
#include <vector>

#include "serf/query_params.h"
#include "serf/serf.h"
#include "serf/tuning_text.h"
#include "sim/cluster/serf_traits.h"

namespace rollcall::serf {
namespace {

using namespace std::chrono_literals;
using TuneStep = TuningRequest::Kind;
using Answers = std::map<std::string, std::string>;  // by node

constexpr TuningId kChange{77};

sim::ClusterOptions<Serf> options(std::uint64_t seed, double loss = 0) {
    sim::LinkQuality links;
    links.latency_min = 3ms;
    links.latency_max = 8ms;
    links.loss = loss;
    return {.nodes = 6,
            .seed = seed,
            .links = links,
            .key = std::vector<std::byte>(16, std::byte{1}),
            .tweak = [](Config& config, unsigned) { config.allow_tuning = true; }};
}

TuningRequest prepare(std::vector<std::string> changes, TuningId id = kChange) {
    return {.kind = TuneStep::prepare, .id = id, .changes = std::move(changes)};
}
TuningRequest apply(Duration revert_after = 2min, TuningId id = kChange) {
    return {.kind = TuneStep::apply, .id = id, .revert_after = revert_after};
}
TuningRequest confirm(TuningId id = kChange) {
    return {.kind = TuneStep::confirm, .id = id};
}
TuningRequest revert(TuningId id = kChange) {
    return {.kind = TuneStep::revert, .id = id};
}

// A cluster whose operator sees the answers to his questions.
class TunedCluster : public sim::SimCluster<Serf> {
public:
    explicit TunedCluster(sim::ClusterOptions<Serf> wanted)
        : sim::SimCluster<Serf>{std::move(wanted)} {
        for (const auto& node : nodes()) {
            node->driver().set_outbox_listener([this](const Serf::Outbox& out) {
                for (const Event& event : out.serf_events()) notice(event);
            });
        }
    }
    // What the members answered within `wait`.
    Answers ask(const std::string& asker, const TuningRequest& request, Duration wait = 3s,
                std::vector<std::string> of = {}) {
        answers_.clear();
        const std::string text = tuning_text(request);
        const auto asked = node(asker).command([&](Serf& serf, Time now, Serf::Outbox& out) {
            return serf.query(now,
                              {.name = kTuneQuery,
                               .payload = as_bytes(text),
                               .nodes = std::move(of),
                               .tags = {},
                               .relay_factor = 2,
                               .timeout = wait},
                              out);
        });
        EXPECT_TRUE(asked);
        run_for(wait);
        return answers_;
    }
    [[nodiscard]] unsigned failures() const { return failures_; }

private:
    void notice(const Event& event) {
        if (const auto* answer = std::get_if<QueryAnswered>(&event)) {
            answers_[answer->from] = std::string{as_text(answer->payload)};
        }
        const auto* member = std::get_if<MemberEvent>(&event);
        if (member != nullptr && member->kind == MemberEventKind::failed) ++failures_;
    }

    Answers answers_;
    unsigned failures_ = 0;
};

Answers ask(TunedCluster& cluster, const std::string& asker, const TuningRequest& request,
            Duration wait = 3s, std::vector<std::string> of = {}) {
    return cluster.ask(asker, request, wait, std::move(of));
}

std::string one(TunedCluster& cluster, const TuningRequest& request, const std::string& of = "n1") {
    return ask(cluster, "n1", request, 2s, {of})[of];
}

Duration interval(TunedCluster& cluster, const std::string& name) {
    return cluster.node(name).core().node().config().probe_interval;
}
std::size_t with_interval(TunedCluster& cluster, Duration wanted) {
    return static_cast<std::size_t>(std::ranges::count_if(cluster.nodes(), [&](const auto& node) {
        return interval(cluster, node->name()) == wanted;
    }));
}

TEST(RuleL6, AChangeIsPreparedAppliedAndStaysOnceConfirmed) {
    TunedCluster cluster{options(1)};
    cluster.start_joined();
    const Answers prepared = ask(cluster, "n1", prepare({"probe_interval=2s"}));
    EXPECT_EQ(prepared.size(), 6u);
    for (const auto& [node, answer] : prepared) EXPECT_EQ(answer, "ok\nprobe_interval 1s 2s");
    EXPECT_EQ(with_interval(cluster, 1s), 6u) << "prepared is not applied";
    for (const auto& [node, answer] : ask(cluster, "n1", apply())) {
        EXPECT_EQ(answer, "ok\nprobe_interval 1s 2s") << node;
    }
    EXPECT_EQ(with_interval(cluster, 2s), 6u);
    for (const auto& [node, answer] : ask(cluster, "n1", confirm()))
        EXPECT_EQ(answer, "ok") << node;
    cluster.run_for(10min);
    EXPECT_EQ(with_interval(cluster, 2s), 6u);
}

TEST(RuleL6, AChangeThatNobodyConfirmsIsUndone) {
    TunedCluster cluster{options(2)};
    cluster.start_joined();
    ask(cluster, "n1", prepare({"probe_interval=2s", "probe_timeout=700ms"}));
    ask(cluster, "n1", apply(30s));
    EXPECT_EQ(with_interval(cluster, 2s), 6u);
    EXPECT_EQ(one(cluster, {.kind = TuneStep::show}),
              "tentative 77 27s\nprobe_interval 1s 2s\nprobe_timeout 500ms 700ms");
    cluster.run_for(30s);
    EXPECT_EQ(with_interval(cluster, 1s), 6u);
    EXPECT_EQ(one(cluster, {.kind = TuneStep::show}), "ok");
    EXPECT_EQ(one(cluster, confirm()), "refused change 77 was undone already");
}

TEST(RuleL6, AChangeIsUndoneOnRequest) {
    TunedCluster cluster{options(3)};
    cluster.start_joined();
    ask(cluster, "n1", prepare({"suspicion_mult=9"}));
    ask(cluster, "n1", apply());
    EXPECT_EQ(cluster.node("n4").core().node().config().suspicion_mult, 9u);
    ask(cluster, "n2", revert());
    EXPECT_EQ(cluster.node("n4").core().node().config().suspicion_mult, 4u);
    EXPECT_EQ(one(cluster, revert(), "n4"), "ok") << "asked again, as an answer may be lost";
}

TEST(RuleL6, AMistakeIsRefusedByEveryReceiverAndChangesNothing) {
    TunedCluster cluster{options(4)};
    cluster.start_joined();
    const std::map<std::string, std::string> mistakes{
        {"probe_interval=1ms", "probe_interval"},
        {"probe_interval=soon", "probe_interval: 'soon' is not a duration"},
        {"probe_timeout=2s", "probe_timeout"},  // longer than the interval
        {"suspicion_mult=many", "suspicion_mult: 'many' is not allowed; allowed: a whole number"},
        {"ring_watch=perhaps", "ring_watch: 'perhaps' is not allowed; allowed: on or off"},
        {"name=x", "'name=x' is not allowed; allowed: KEY=VALUE with one of probe_interval"},
        {"probe_interval", "'probe_interval' is not allowed"}};
    for (const auto& [change, words] : mistakes) {
        for (const auto& [node, answer] :
             ask(cluster, "n1", prepare({"gossip_interval=300ms", change}))) {
            EXPECT_TRUE(answer.starts_with("refused " + words)) << node << ": " << answer;
        }
        EXPECT_TRUE(one(cluster, apply()).starts_with("refused change 77 was not prepared"));
    }
    EXPECT_EQ(with_interval(cluster, 1s), 6u);
}

TEST(RuleL6, OthersMayTuneOnlyWhereThatIsAllowedAndEncrypted) {
    auto some = options(5);
    some.tweak = [](Config& config, unsigned number) { config.allow_tuning = number != 3; };
    TunedCluster cluster{some};
    cluster.start_joined();
    cluster.node("n4").core().set_encryption(wire::Encryption::send);
    Answers answers = ask(cluster, "n1", prepare({"probe_interval=2s"}));
    EXPECT_EQ(answers["n3"], "refused this agent does not allow it (--allow-tuning)");
    EXPECT_TRUE(answers["n4"].starts_with("refused only over encrypted gossip")) << answers["n4"];
    EXPECT_TRUE(answers["n2"].starts_with("ok"));
    answers = ask(cluster, "n1", apply());
    EXPECT_TRUE(answers["n3"].starts_with("refused"));
    EXPECT_EQ(interval(cluster, "n3"), 1s);
    EXPECT_EQ(interval(cluster, "n4"), 1s);
    // By its own control port each of them can be tuned.
    EXPECT_TRUE(ask(cluster, "n3", prepare({"probe_interval=3s"}, TuningId{78}), 2s, {"n3"})["n3"]
                    .starts_with("ok"));
}

TEST(RuleL6, OneChangeAtATime) {
    TunedCluster cluster{options(6)};
    cluster.start_joined();
    ask(cluster, "n1", prepare({"probe_interval=2s"}));
    EXPECT_EQ(one(cluster, prepare({"probe_interval=3s"}, TuningId{78})),
              "refused change 77 is being made");
    ask(cluster, "n1", apply());
    EXPECT_EQ(one(cluster, prepare({"probe_interval=3s"}, TuningId{78})),
              "refused change 77 of n1 is not confirmed yet");
    EXPECT_TRUE(one(cluster, apply()).starts_with("ok")) << "the same again";
    ask(cluster, "n1", confirm());
    EXPECT_TRUE(one(cluster, prepare({"probe_interval=3s"}, TuningId{78})).starts_with("ok"));
    EXPECT_EQ(one(cluster, prepare({"probe_interval=4s"})), "refused that change is over");
}

TEST(RuleL6, WhatWasPreparedIsForgottenAfterAMinute) {
    TunedCluster cluster{options(7)};
    cluster.start_joined();
    one(cluster, prepare({"probe_interval=2s"}));
    cluster.run_for(61s);
    EXPECT_TRUE(one(cluster, apply()).starts_with("refused change 77 was not prepared"));
    EXPECT_TRUE(one(cluster, prepare({"probe_interval=2s"}, TuningId{78})).starts_with("ok"));
}

// The configuration's word is the last one.
TEST(RuleL6, AReloadEndsAChangeThatWaits) {
    TunedCluster cluster{options(8)};
    cluster.start_joined();
    one(cluster, prepare({"probe_interval=2s"}));
    one(cluster, apply(1min));
    auto& node = cluster.node("n1");
    TimingSettings other = TimingSettings::of(Config{});
    other.membership.probe_interval = 5s;
    other.membership.probe_timeout = 500ms;
    node.command([&](Serf& serf, Time now, Serf::Outbox& out) {
        EXPECT_FALSE(serf.reconfigure(now, other, out));
    });
    cluster.run_for(2min);
    EXPECT_EQ(interval(cluster, "n1"), 5s);
}

TEST(TuningText, RequestsAreReadBackAndGarbageIsRefused) {
    for (const TuningRequest& request :
         {TuningRequest{}, prepare({"a=b", "c=d"}), apply(90s), confirm(), revert()}) {
        const auto read = parse_tuning_request(as_bytes(tuning_text(request)));
        ASSERT_TRUE(read) << read.error();
        EXPECT_EQ(tuning_text(*read), tuning_text(request));
    }
    for (const char* garbage :
         {"", "dance", "prepare", "prepare 0 a=b", "prepare x a=b", "prepare 1", "apply 1",
          "apply 1 4", "apply 1 86401", "apply 1 99999999999999999999", "confirm 1 2", "show 1",
          "revert -1"}) {
        EXPECT_FALSE(parse_tuning_request(as_bytes(garbage))) << garbage;
    }
    EXPECT_FALSE(parse_tuning_request(as_bytes("prepare 1 " + std::string(2000, 'x'))));
}

TEST(TuningText, EveryKeyCanBeTunedAndIsShown) {
    const TimingSettings before = TimingSettings::of(Config{});
    for (const std::string& key : tuning_keys()) {
        TimingSettings after = before;
        const bool number = key == "suspicion_mult";
        const bool on_off = key == "fast_verdicts" || key == "ring_watch";
        const std::string value = number ? "7" : on_off ? "on" : "1m7s";
        EXPECT_FALSE(tune(key + "=" + value, after)) << key;
        const auto changes = tuned(before, after);
        ASSERT_EQ(changes.size(), 1u) << key;
        EXPECT_TRUE(changes[0].starts_with(key + " ") && changes[0].ends_with(" " + value))
            << changes[0];
    }
}

// Timings so wrong that members hold each other dead: they come back without a word, and the
// cluster is whole again. ROLLCALL_TUNING_SEEDS sets the number of runs.
TEST(RuleL6, WrongTimingsOnAllComeBackByThemselvesUnderLoss) {
    const char* const given = std::getenv("ROLLCALL_TUNING_SEEDS");
    const unsigned seeds = given == nullptr ? 40 : static_cast<unsigned>(std::atoi(given));
    unsigned harmed = 0;
    for (unsigned seed = 1; seed <= seeds; ++seed) {
        TunedCluster cluster{options(seed, 0.2)};
        cluster.start_joined();
        cluster.run_for(20s);
        // As `rollcall tune` does: again until all have answered.
        for (int i = 0; i < 5; ++i) {
            ask(cluster, "n1",
                prepare({"probe_interval=50ms", "probe_timeout=1ms", "suspicion_mult=1",
                         "gossip_interval=5s", "push_pull_interval=0"}));
        }
        for (int i = 0; i < 5 && with_interval(cluster, 50ms) < 6; ++i) {
            ask(cluster, "n1", apply(1min));
        }
        ASSERT_EQ(with_interval(cluster, 50ms), 6u) << seed;
        ASSERT_TRUE(cluster.run_until([&] { return with_interval(cluster, 1s) == 6; }, 2min))
            << seed;
        if (!cluster.converged()) ++harmed;
        // A suspicion of before may end yet; then nobody is declared dead any more.
        ASSERT_TRUE(cluster.run_until([&] { return cluster.converged(); }, 3min))
            << seed << cluster.story();
        const unsigned before = cluster.failures();
        cluster.run_for(3min);
        EXPECT_EQ(cluster.failures(), before) << seed;
        EXPECT_TRUE(cluster.converged()) << seed;
    }
    RecordProperty("harmed", static_cast<int>(harmed));
    std::printf("%u seeds; in %u of them members were held dead by the wrong timings\n", seeds,
                harmed);
}

}  // namespace
}  // namespace rollcall::serf

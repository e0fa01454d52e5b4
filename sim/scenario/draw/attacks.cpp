// SPDX-License-Identifier: Apache-2.0
#include "sim/scenario/draw/attacks.h"

#include <algorithm>
#include <variant>
#include <vector>

#include "sim/scenario/draw/drawn.h"

namespace rollcall::sim {
namespace {

using membership::Config;
using std::chrono::milliseconds;
using std::chrono::seconds;

// A suspicion in these worlds is over by then, so that the promises apply from the beginning.
constexpr Duration kFirstAttack = seconds{40};
constexpr Duration kSettles = seconds{63};  // the minute of the promises, and some samples

class AttackWorld {
public:
    AttackWorld(Rng& rng, Scenario& scenario) : rng_{rng}, scenario_{scenario} {}

    void draw() {
        settings();
        powers();
        const std::uint32_t newcomer = newcomer_stops();
        const Duration end = attacks();
        reclaim_names();
        if (newcomer != 0) {
            // In the middle of the attacks, or as one more that nobody expected after them.
            const Duration span = end - kFirstAttack;
            step(kFirstAttack + span * below(110) / 100, action::Start{{newcomer}});
        }
        churn(end, newcomer);
        if (scenario_.serf) {
            const Duration settled = std::max(end, latest()) + kSettles - seconds{2};
            step(settled, action::SendEvent{{1}});
            step(settled, action::SendEvent{{scenario_.nodes}});
        }
        std::ranges::stable_sort(scenario_.steps, {}, &Step::at);
        scenario_.length =
            scenario_.serf ? latest() + seconds{2} : std::max(end, latest()) + kSettles;
        scenario_.healing = std::max<Duration>(time_to_detect(scenario_), 2 * kSettles);
    }

private:
    unsigned below(unsigned bound) { return static_cast<unsigned>(rng_.below(bound)); }
    bool chance(unsigned percent) { return rng_.below(100) < percent; }
    template <class T>
    T one_of(std::initializer_list<T> values) {
        return values.begin()[rng_.below(values.size())];
    }
    void step(Duration at, Action what) {
        scenario_.steps.push_back({.at = at, .what = std::move(what)});
    }
    Duration within(Duration from, Duration to) {
        const auto span = static_cast<std::uint64_t>((to - from) / milliseconds{1});
        return from + milliseconds{rng_.below(span + 1)};
    }

    [[nodiscard]] Duration latest() const {
        Duration latest{};
        for (const Step& one : scenario_.steps) latest = std::max(latest, one.at);
        return latest;
    }

    void settings() {
        Config& config = scenario_.profile;
        config = chance(50) ? Config::lan() : chance(50) ? Config::fast() : Config::local();
        if (chance(40)) config.push_pull_interval = seconds{5 + below(25)};
        if (chance(25)) config.packet_size = 600 + below(800);
        if (chance(30)) config.dead_node_reclaim = seconds{1 + below(5)};
        // Room for every member, and for some that are invented: small tables fill, and a run with
        // a hundred thousand members would take minutes.
        config.max_members = scenario_.nodes + one_of({8u, 32u, 200u});
        config.max_broadcasts = std::max<std::size_t>(128, 2 * config.max_members);
        scenario_.serf = chance(65);
        scenario_.encrypted = chance(30);
        scenario_.links.loss = chance(50) ? 0 : below(20) / 1000.0;
        if (scenario_.serf && chance(40)) {
            serf::Config& layer = scenario_.serf_layer;
            layer.max_recent_intents = 64;
            layer.max_queue_depth = 256;
            layer.max_open_queries = 64;
        }
    }
    void powers() {
        AdversaryPowers& powers = scenario_.adversary;
        powers.present = true;
        powers.key = scenario_.encrypted && chance(60);
        powers.path = chance(50);
        powers.member = (powers.key || !scenario_.encrypted) && chance(20);
    }
    // The last node is stopped long before the attack, and forgotten by the time it starts.
    std::uint32_t newcomer_stops() {
        if (scenario_.nodes < 4 || !chance(50)) return 0;
        step(seconds{1}, action::Kill{{scenario_.nodes}});
        return scenario_.nodes;
    }
    Nodes targets() {
        Nodes who;
        for (std::uint32_t n = 1; n <= scenario_.nodes; ++n) {
            if (chance(40)) who.push_back(n);
        }
        if (!who.empty() && chance(60)) return who;
        who.clear();
        for (std::uint32_t n = 1; n <= scenario_.nodes; ++n) who.push_back(n);
        return who;
    }
    AttackKind kind() {
        while (true) {
            const AttackWord& word = attack_words()[below(kAttackKinds)];
            if (!word.serf || scenario_.serf) return word.kind;
        }
    }
    // The end of the last one.
    Duration attacks() {
        Duration last{};
        std::vector<AttackKind> drawn;
        for (unsigned i = 1 + below(3); i > 0; --i) {
            const AttackKind what = kind();
            if (std::ranges::find(drawn, what) != drawn.end()) continue;
            drawn.push_back(what);
            const Duration begin = within(kFirstAttack, kFirstAttack + seconds{20});
            const Duration end = begin + within(seconds{5}, seconds{40});
            step(begin, action::Attack{
                            .who = targets(), .kind = what, .rate = one_of({2u, 10u, 40u, 150u})});
            step(end, action::Retreat{what});
            last = std::max(last, end);
        }
        return last;
    }
    // Where names of the dead are not reclaimed at all, a name that was stolen while its member was
    // away stays stolen for longer than a minute (rule S2). Agents reclaim them.
    void reclaim_names() {
        const auto steals = [](const Step& one) {
            const auto* attack = std::get_if<action::Attack>(&one.what);
            return attack != nullptr && (attack->kind == AttackKind::forge_takeovers ||
                                         attack->kind == AttackKind::lie_states);
        };
        Duration& reclaim = scenario_.profile.dead_node_reclaim;
        const bool stolen = std::ranges::any_of(scenario_.steps, steals);
        if (stolen && reclaim == Duration{}) reclaim = seconds{2};
    }
    void churn(Duration end, std::uint32_t newcomer) {
        std::vector<bool> touched(scenario_.nodes + 1, false);
        for (unsigned i = below(5); i > 0; --i) {
            const std::uint32_t n = 1 + below(scenario_.nodes);
            if (n == newcomer) continue;
            const Duration at = within(kFirstAttack, end);
            const unsigned what = below(10);
            // One fault for each, and never all of them: those that stay carry the cluster.
            const bool disturbs = what >= 4 && !touched[n] && n > (scenario_.nodes + 1) / 2;
            if (disturbs) {
                touched[n] = true;
                disturb(at, n);
            } else if (what < 2 || !scenario_.serf) {
                step(at, action::UpdateMeta{{n}});
            } else if (what == 2) {
                step(at, action::SendQuery{{n}});
            } else {
                step(at, action::SendEvent{{n}});
            }
        }
    }
    void disturb(Duration at, std::uint32_t n) {
        switch (below(4)) {
            case 0:
                step(at, action::Crash{{n}});
                return step(at + within(seconds{1}, seconds{20}), action::Start{{n}});
            case 1:
                return step(at, action::Restart{.who = {n}});
            case 2:
                return step(at, action::Leave{{n}});
            default:
                step(at, action::Pause{{n}});
                return step(at + within(seconds{1}, seconds{10}), action::Resume{{n}});
        }
    }

    Rng& rng_;
    Scenario& scenario_;
};

}  // namespace

void draw_attacks(Rng& rng, Scenario& scenario) {
    AttackWorld{rng, scenario}.draw();
}

}  // namespace rollcall::sim

// SPDX-License-Identifier: Apache-2.0
#include "sim/scenario/draw/serf_traffic.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "sim/scenario/draw/drawn.h"

namespace rollcall::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr double kLoss = 0.2;
constexpr Duration kTraffic = seconds{60};
constexpr Duration kChurnEnds = seconds{45};  // the last to start still receive later events

class SerfTraffic {
public:
    SerfTraffic(Rng& rng, Scenario& scenario)
        : rng_{rng}, scenario_{scenario}, running_(scenario.nodes, true) {}

    void draw() {
        for (Duration now = seconds{1}; now < kTraffic; now += milliseconds{50 + below(1500)}) {
            now_ = now;
            const unsigned kind = below(20);
            if (kind < 11) {
                add(action::SendEvent{});
            } else if (kind < 14) {
                add(action::SendQuery{});
            } else if (kind < 17) {
                rotate();
            } else if (now_ < kChurnEnds) {
                start_or_stop();
            }
        }
    }

private:
    unsigned below(unsigned bound) { return static_cast<unsigned>(rng_.below(bound)); }
    void step(Action what) { scenario_.steps.push_back({.at = now_, .what = std::move(what)}); }
    // A random node that runs, or one that does not; there must be one.
    std::uint32_t random_node(bool running) {
        std::vector<std::uint32_t> who;
        for (std::uint32_t n = 1; n <= running_.size(); ++n) {
            if (running_[n - 1] == running) who.push_back(n);
        }
        return who[below(static_cast<unsigned>(who.size()))];
    }
    template <class Sent>
    void add(Sent action) {
        action.who = {random_node(true)};
        step(action);
    }
    // Often with the previous key: then an interrupted rotation is continued.
    void rotate() {
        if (below(2) == 0) key_ = 1 + below(kMostKeys);
        add(action::RotateKeys{.who = {}, .key = key_, .without_failed = below(4) == 0});
    }
    void start_or_stop() {
        const auto run = static_cast<std::size_t>(std::ranges::count(running_, true));
        if (run < running_.size() && (below(2) == 0 || 3 * run <= 2 * running_.size())) {
            const std::uint32_t n = random_node(false);
            running_[n - 1] = true;
            return step(action::Start{{n}});
        }
        const std::uint32_t n = random_node(true);
        switch (below(4)) {
            case 0:
                return step(action::Restart{.who = {n}});
            case 1:
                step(action::Crash{{n}});
                break;
            case 2:
                step(action::Kill{{n}});
                break;
            default:
                step(action::Leave{{n}});
        }
        running_[n - 1] = false;
    }

    Rng& rng_;
    Scenario& scenario_;
    std::vector<bool> running_;
    Duration now_{};
    unsigned key_ = 1;
};

}  // namespace

void draw_serf_traffic(Rng& rng, Scenario& scenario) {
    scenario.serf = scenario.encrypted = true;
    scenario.profile = rng.one_in(2) ? membership::Config::lan() : membership::Config::local();
    scenario.links.loss = kLoss;
    SerfTraffic{rng, scenario}.draw();
    scenario.length = kTraffic + seconds{1};
    scenario.healing = time_to_detect(scenario);
}

}  // namespace rollcall::sim

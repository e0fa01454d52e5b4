// SPDX-License-Identifier: Apache-2.0
#include "sim/scenario/draw/news.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "sim/scenario/draw/drawn.h"

namespace rollcall::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr double kNewsLoss = 0.2;
constexpr Duration kSayings = seconds{60};
constexpr Duration kChurnEnds = seconds{45};  // who came last shall hear what is said later

class Sayings {
public:
    Sayings(Rng& dice, Scenario& scenario)
        : dice_{dice}, scenario_{scenario}, running_(scenario.nodes, true) {}

    void draw() {
        for (Duration now = seconds{1}; now < kSayings; now += milliseconds{50 + below(1500)}) {
            now_ = now;
            const unsigned kind = below(20);
            if (kind < 11) {
                say(action::SayEvent{});
            } else if (kind < 14) {
                say(action::AskQuery{});
            } else if (kind < 17) {
                rotate();
            } else if (now_ < kChurnEnds) {
                come_or_go();
            }
        }
    }

private:
    unsigned below(unsigned bound) { return static_cast<unsigned>(dice_.below(bound)); }
    void step(Action what) { scenario_.steps.push_back({.at = now_, .what = std::move(what)}); }
    // Somebody who runs, or does not: there is one.
    std::uint32_t somebody(bool running) {
        std::vector<std::uint32_t> who;
        for (std::uint32_t n = 1; n <= running_.size(); ++n) {
            if (running_[n - 1] == running) who.push_back(n);
        }
        return who[below(static_cast<unsigned>(who.size()))];
    }
    template <class Saying>
    void say(Saying saying) {
        saying.who = {somebody(true)};
        step(saying);
    }
    // Often with the key of the last time: then what was interrupted is taken up.
    void rotate() {
        if (below(2) == 0) key_ = 1 + below(kMostKeys);
        say(action::RotateKeys{.who = {}, .key = key_, .without_failed = below(4) == 0});
    }
    void come_or_go() {
        const auto run = static_cast<std::size_t>(std::ranges::count(running_, true));
        if (run < running_.size() && (below(2) == 0 || 3 * run <= 2 * running_.size())) {
            const std::uint32_t n = somebody(false);
            running_[n - 1] = true;
            return step(action::Start{{n}});
        }
        const std::uint32_t n = somebody(true);
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

    Rng& dice_;
    Scenario& scenario_;
    std::vector<bool> running_;
    Duration now_{};
    unsigned key_ = 1;
};

}  // namespace

void draw_news(Rng& dice, Scenario& scenario) {
    scenario.serf = scenario.encrypted = true;
    scenario.profile = dice.one_in(2) ? membership::Config::lan() : membership::Config::local();
    scenario.links.loss = kNewsLoss;
    Sayings{dice, scenario}.draw();
    scenario.length = kSayings + seconds{1};
    scenario.healing = time_to_detect(scenario.profile, scenario.nodes);
}

}  // namespace rollcall::sim

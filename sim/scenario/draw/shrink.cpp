// SPDX-License-Identifier: Apache-2.0
#include "sim/scenario/draw/shrink.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "base/check.h"

namespace rollcall::sim {
namespace {

// Calls f on every list of nodes and g on every single number of a step.
template <class F, class G>
void each_number(Action& what, F&& f, G&& g) {
    std::visit(
        [&](auto& a) {
            if constexpr (requires { a.who; }) f(a.who);
            if constexpr (requires { a.from; }) f(a.from), f(a.to);
            if constexpr (requires { a.groups; }) {
                for (Nodes& group : a.groups) f(group);
            }
            if constexpr (requires { a.via; }) g(a.via);
            if constexpr (requires { a.address_of; }) g(a.address_of);
        },
        what);
}

bool names_no_node(const Action& what) {
    return std::visit(
        [](const auto& a) {
            if constexpr (requires { a.who; }) return a.who.empty();
            if constexpr (requires { a.from; }) return a.from.empty() || a.to.empty();
            if constexpr (requires { a.groups; }) {
                return std::ranges::all_of(a.groups, &Nodes::empty);
            }
            return false;
        },
        what);
}

bool needs_serf_layer(const Step& step) {
    const auto* attack = std::get_if<action::Attack>(&step.what);
    return attack != nullptr && word_of(attack->kind).serf;
}

class Shrinking {
public:
    Shrinking(const Scenario& scenario, std::uint64_t seed, const ShrinkOptions& options)
        : options_{options}, invariant_{options.invariant} {
        ROLLCALL_CHECK(options.most_runs > 0 && options.seeds > 0);
        best_.scenario = scenario;
        best_.scenario.seed = seed;
        best_.scenario.hash.reset();
    }

    std::optional<Shrunk> go() {
        if (!still_breaks(best_.scenario)) return {};
        invariant_ = best_.violation.invariant;
        end_early();
        for (bool smaller = true; smaller && !spent();) {
            smaller = false;
            smaller |= fewer_steps();
            smaller |= fewer_nodes();
            smaller |= fewer_in_steps();
            smaller |= simpler();
            smaller |= shorter();
        }
        return best_;
    }

private:
    [[nodiscard]] bool spent() const { return best_.runs >= options_.most_runs; }

    // Runs a candidate with a few seeds; keeps it if one violates the invariant.
    bool still_breaks(const Scenario& candidate) {
        const std::uint64_t first = best_.scenario.seed.value_or(1);
        for (unsigned i = 0; i < options_.seeds && !spent(); ++i) {
            ++best_.runs;
            const RunResult result = run(candidate, first + i, {.invariants = true});
            const auto broken = std::ranges::find_if(result.violations, [&](const Violation& v) {
                return invariant_.empty() || v.invariant == invariant_;
            });
            if (broken == result.violations.end()) continue;
            best_.scenario = candidate;
            best_.scenario.seed = first + i;
            best_.violation = *broken;
            if (options_.progress) {
                options_.progress(candidate.steps.size(), candidate.nodes, best_.runs);
            }
            return true;
        }
        return false;
    }
    template <class Change>
    bool try_with(Change&& change) {
        if (spent()) return false;
        Scenario candidate = best_.scenario;
        change(candidate);
        return still_breaks(candidate);
    }

    // Cuts off what comes after the violation.
    void end_early() {
        const Duration at = best_.violation.at;
        if (at + std::chrono::seconds{1} >= best_.scenario.length) return;
        try_with([&](Scenario& s) {
            s.length = at + std::chrono::seconds{1};
            s.healing = {};
            std::erase_if(s.steps, [&](const Step& step) { return step.at > s.length; });
        });
    }
    // Removes halves, then quarters, ... of the schedule.
    bool fewer_steps() {
        bool smaller = false;
        for (std::size_t piece = std::max<std::size_t>(1, best_.scenario.steps.size() / 2);
             piece > 0; piece /= 2) {
            for (std::size_t first = 0; first < best_.scenario.steps.size() && !spent();) {
                const bool gone = try_with([&](Scenario& s) {
                    const std::size_t last = std::min(first + piece, s.steps.size());
                    s.steps.erase(s.steps.begin() + static_cast<std::ptrdiff_t>(first),
                                  s.steps.begin() + static_cast<std::ptrdiff_t>(last));
                });
                smaller |= gone;
                if (!gone) first += piece;
            }
        }
        return smaller;
    }
    bool fewer_nodes() {
        bool smaller = false;
        for (std::uint32_t n = best_.scenario.nodes; n >= 1 && !spent(); --n) {
            if (best_.scenario.nodes <= 2) break;
            if (n > best_.scenario.nodes) continue;
            smaller |= try_with([&](Scenario& s) { s = without_node(s, n); });
        }
        return smaller;
    }
    // Removes single nodes from single steps.
    bool fewer_in_steps() {
        bool smaller = false;
        for (std::size_t i = 0; i < best_.scenario.steps.size() && !spent(); ++i) {
            for (std::uint32_t n = 1; n <= best_.scenario.nodes && !spent(); ++n) {
                bool there = false;
                Scenario candidate = best_.scenario;
                each_number(
                    candidate.steps[i].what,
                    [&](Nodes& who) { there |= who.size() > 1 && std::erase(who, n) > 0; },
                    [](std::uint32_t&) {});
                if (there && !names_no_node(candidate.steps[i].what)) {
                    smaller |= still_breaks(candidate);
                }
            }
        }
        return smaller;
    }
    bool simpler() {
        const Scenario plain;
        bool smaller = false;
        const auto set = [&](bool differs, auto&& change) {
            if (differs) smaller |= try_with(change);
        };
        const Scenario& now = best_.scenario;
        set(now.encrypted, [](Scenario& s) { s.encrypted = false; });
        set(now.serf, [](Scenario& s) {
            s.serf = false;
            std::erase_if(s.steps, needs_serf_layer);
        });
        set(now.wake_delay > Duration{}, [](Scenario& s) { s.wake_delay = {}; });
        set(now.beginning != Beginning::joined,
            [](Scenario& s) { s.beginning = Beginning::joined; });
        set(now.adversary.key && !now.encrypted, [](Scenario& s) { s.adversary.key = false; });
        set(now.adversary.path, [](Scenario& s) { s.adversary.path = false; });
        set(now.adversary.member, [](Scenario& s) { s.adversary.member = false; });
        set(!now.published.empty(), [](Scenario& s) { s.published.clear(); });
        if (!plain_profile_) {
            plain_profile_ = try_with([&](Scenario& s) { s.profile = plain.profile; });
            smaller |= plain_profile_;
        }
        if (!plain_links_) {
            plain_links_ = try_with([&](Scenario& s) { s.links = plain.links; });
            smaller |= plain_links_;
        }
        return smaller;
    }
    // Halves the gaps between steps, to whole seconds; then cuts off what follows the violation.
    bool shorter() {
        bool smaller = false;
        for (std::size_t i = 0; i < best_.scenario.steps.size() && !spent(); ++i) {
            const Duration before = i == 0 ? Duration{} : best_.scenario.steps[i - 1].at;
            const Duration gap = best_.scenario.steps[i].at - before;
            if (gap < std::chrono::seconds{2}) continue;
            const Duration whole = std::chrono::duration_cast<std::chrono::seconds>(gap) / 2;
            smaller |= try_with([&](Scenario& s) {
                for (std::size_t j = i; j < s.steps.size(); ++j) s.steps[j].at -= gap - whole;
            });
        }
        const Duration before = best_.scenario.length;
        end_early();
        smaller |= best_.scenario.length < before;
        return smaller;
    }
    const ShrinkOptions& options_;
    std::string invariant_;
    Shrunk best_;
    bool plain_profile_ = false;
    bool plain_links_ = false;
};

}  // namespace

Scenario without_node(const Scenario& scenario, std::uint32_t gone) {
    ROLLCALL_CHECK(scenario.nodes >= 2 && gone >= 1 && gone <= scenario.nodes);
    Scenario smaller = scenario;
    --smaller.nodes;
    const auto renumber = [gone](std::uint32_t& n) {
        if (n > gone) --n;
    };
    std::erase(smaller.published, gone);
    std::ranges::for_each(smaller.published, renumber);
    for (Step& step : smaller.steps) {
        each_number(
            step.what,
            [&](Nodes& who) {
                std::erase(who, gone);
                std::ranges::for_each(who, renumber);
            },
            [&](std::uint32_t& n) {
                // n1 instead, where a node is required.
                if (n == gone && n > 1) n = 1;
                renumber(n);
            });
    }
    std::erase_if(smaller.steps, [](const Step& step) { return names_no_node(step.what); });
    return smaller;
}

std::optional<Shrunk> shrink(const Scenario& scenario, std::uint64_t seed,
                             const ShrinkOptions& options) {
    return Shrinking{scenario, seed, options}.go();
}

}  // namespace rollcall::sim

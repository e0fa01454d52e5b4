// SPDX-License-Identifier: Apache-2.0
#include "sim/scenario/language/check.h"

#include <algorithm>
#include <cmath>
#include <variant>

#include "sim/scenario/language/file.h"
#include "sim/scenario/language/numbers.h"
#include "sim/scenario/language/settings.h"
#include "sim/world/host_clock.h"
#include "sim/world/ranges.h"

namespace rollcall::sim {
namespace {

std::string wrong(std::string_view field, std::string value, std::string allowed) {
    return Problem{
        .field = std::string{field}, .value = std::move(value), .allowed = std::move(allowed)}
        .to_string();
}

std::string check_nodes(const Nodes& who, unsigned nodes) {
    if (who.empty()) return wrong("nodes", "none", "at least one node");
    for (std::size_t i = 0; i < who.size(); ++i) {
        if (who[i] < 1 || who[i] > nodes) {
            return wrong("nodes", "n" + std::to_string(who[i]), "n1 to n" + std::to_string(nodes));
        }
        if (i > 0 && who[i] <= who[i - 1]) {
            return wrong("nodes", node_list(who), "ascending numbers, each once");
        }
    }
    return {};
}

struct ActionCheck {
    unsigned nodes;
    bool serf, adversary;

    template <class A>
    std::string operator()(const A& a) const {
        std::string problem;
        if constexpr (requires { a.who; }) problem = check_nodes(a.who, nodes);
        if constexpr (requires { a.from; }) {
            problem = check_nodes(a.from, nodes);
            if (problem.empty()) problem = check_nodes(a.to, nodes);
        }
        if constexpr (requires { a.quality; }) {
            if (problem.empty()) problem = a.quality.problem();
        }
        return problem.empty() ? own(a) : problem;
    }

private:
    template <class A>
    std::string own(const A&) const {
        return {};
    }
    std::string own(const action::Restart& a) const {
        if (a.address_of == 0) return {};
        if (a.new_address || a.who.size() > 1) {
            return wrong("address_of", "n" + std::to_string(a.address_of),
                         "one node, and not with a new address");
        }
        return check_nodes({a.address_of}, nodes);
    }
    std::string own(const action::Join& a) const { return check_nodes({a.via}, nodes); }
    std::string own(const action::Slow& a) const {
        return out_of_range("service_time", a.service_time, {}, Latency::kLongest);
    }
    std::string own(const action::Block& a) const {
        std::string problem = out_of_range("blocked", a.blocked, {}, std::chrono::hours{1000});
        if (!problem.empty()) return problem;
        return out_of_range("running", a.running, {}, std::chrono::hours{1000});
    }
    std::string own(const action::Drift& a) const {
        if (!(std::abs(a.parts_per_million) <= HostClock::kMostDrift)) {
            return wrong("drift", number(a.parts_per_million), "-100000 to 100000 ppm");
        }
        return {};
    }
    std::string own(const action::ClockJump& a) const { return HostClock::jump_problem(a.forward); }
    std::string own(const action::HostLoss& a) const {
        return HostLoss{.egress = a.egress, .ingress = a.ingress}.problem();
    }
    std::string own(const action::RotateKeys& a) const {
        if (a.key >= 1 && a.key <= kMostKeys) return {};
        return wrong("key", std::to_string(a.key), "1 to " + std::to_string(kMostKeys));
    }
    std::string own(const action::Narrow& a) const { return a.bandwidth.problem(); }
    std::string own(const action::Attack& a) const {
        const std::string what = attack_text(a.kind);
        if (!adversary) return wrong(what, "no adversary", "a scenario with an adversary");
        if (word_of(a.kind).serf && !serf) return wrong(what, "membership", "the core serf");
        if (a.rate >= 1 && a.rate <= kFastestAttack) return {};
        return wrong("rate", std::to_string(a.rate), "1 to " + std::to_string(kFastestAttack));
    }
    std::string own(const action::Partition& a) const {
        for (const Nodes& group : a.groups) {
            std::string problem = check_nodes(group, nodes);
            if (!problem.empty()) return problem;
        }
        return {};
    }
};

}  // namespace

std::string check(const Scenario& scenario) {
    if (scenario.nodes < 1 || scenario.nodes > kMostNodes) {
        return wrong("nodes", std::to_string(scenario.nodes), "1 to " + std::to_string(kMostNodes));
    }
    if (scenario.length <= Duration{}) return wrong("run", exact(scenario.length), "longer than 0");
    if (scenario.healing < Duration{})
        return wrong("healing", exact(scenario.healing), "0 or more");
    if (std::string problem = scenario.links.problem(); !problem.empty()) return problem;
    if (const Problems problems = check_settings(scenario); !problems.empty()) {
        std::string all;
        for (const Problem& problem : problems) {
            all += (all.empty() ? "" : "\n") + problem.to_string();
        }
        return all;
    }
    Duration before{};
    for (const Step& step : scenario.steps) {
        if (step.at < before || step.at > scenario.length) {
            return wrong("at", exact(step.at),
                         "ascending times, up to the end of the run, " + exact(scenario.length));
        }
        before = step.at;
        const ActionCheck ours{.nodes = scenario.nodes,
                               .serf = scenario.serf,
                               .adversary = scenario.adversary.present};
        std::string problem = std::visit(ours, step.what);
        if (!problem.empty()) return "step at " + exact(step.at) + ": " + problem;
    }
    return {};
}

}  // namespace rollcall::sim

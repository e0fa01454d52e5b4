// SPDX-License-Identifier: Apache-2.0
//
// Whether a run meets its scenario's expectations. Records events, reads the cluster at the times
// that the expectations name, and reports for each what was measured. Paused nodes are left out. A
// member that a node does not know (any more) counts as dead and as left.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "sim/scenario/judge/observer.h"
#include "sim/scenario/judge/outcome.h"
#include "sim/scenario/language/scenario.h"

namespace rollcall::sim {

class Verdicts final : public Observer {
public:
    // Borrowed.
    explicit Verdicts(const Scenario& scenario);

    void event(const ClusterView& view, std::uint32_t node,
               const membership::Event& event) override;
    // The time of the next look, if any is left; look() judges all expectations that are due.
    [[nodiscard]] std::optional<Duration> next_look() const;
    void look(const ClusterView& view);
    // Judges the expectations about figures, at the end.
    void judge_figures(const std::map<std::string, double>& figures, Duration now);

    // One for each expectation, in their order. One that was never judged does not hold.
    [[nodiscard]] std::vector<Outcome> outcomes() const;
    // The expectations that do not hold, by the time of their judgement.
    [[nodiscard]] std::vector<Violation> violations() const;
    [[nodiscard]] bool any_broken() const;

private:
    struct Case {
        const Expectation* expectation = nullptr;
        std::optional<Duration> next;  // time of the next look
        std::optional<Duration> decided;
        bool holds = false;
        std::string measured;
        // Of Detected, by number: first time at any node, and last time at each node.
        std::map<std::uint32_t, Duration> first;
        std::map<std::pair<std::uint32_t, std::uint32_t>, Duration> last;
        // Of Never: the count, and the first occurrence as text.
        std::uint64_t seen = 0;
        std::string seen_first;
    };
    static void decide(Case& c, const ClusterView& view, bool holds, std::string measured);
    static void record(Case& c, const ClusterView& view, std::uint32_t node, std::string_view name,
                       membership::State state);
    static void judge(Case& c, const expect::Seen& e, const ClusterView& view);
    static void judge(Case& c, const expect::Detected& e, const ClusterView& view);
    static void judge(Case& c, const expect::Never& e, const ClusterView& view);
    static void judge(Case& c, const expect::Converged& e, const ClusterView& view);
    static void judge(Case& c, const expect::KeyAlone& e, const ClusterView& view);
    static void judge(Case& c, const expect::Figure& e, const ClusterView& view);

    std::vector<Case> cases_;
};

}  // namespace rollcall::sim

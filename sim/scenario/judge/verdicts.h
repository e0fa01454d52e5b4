// SPDX-License-Identifier: Apache-2.0
//
// Whether a run did what its scenario expects. Listens to the events, looks at the cluster at the
// moments that the expectations name, and says afterwards of each what was measured. Who is paused
// is not asked. A member that a node does not know (any more) counts as dead and as left.
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
    // The next moment at which it must look, if any is left; and the look at all that is due.
    [[nodiscard]] std::optional<Duration> next_look() const;
    void look(const ClusterView& view);
    // The expectations about figures, at the end.
    void judge_figures(const std::map<std::string, double>& figures, Duration now);

    // One for each expectation, in their order. One that was never looked at does not hold.
    [[nodiscard]] std::vector<Outcome> outcomes() const;
    // Those that do not hold, by the time at which that was seen.
    [[nodiscard]] std::vector<Violation> violations() const;
    [[nodiscard]] bool any_broken() const;

private:
    struct Case {
        const Expectation* expectation = nullptr;
        std::optional<Duration> next;  // moment to look at
        std::optional<Duration> decided;
        bool holds = false;
        std::string measured;
        // Of Detected, by number: when anybody first, and when each node last came to hold it so.
        std::map<std::uint32_t, Duration> first;
        std::map<std::pair<std::uint32_t, std::uint32_t>, Duration> last;
        // Of Never: how often, and the first time in words.
        std::uint64_t seen = 0;
        std::string seen_first;
    };
    static void decide(Case& c, const ClusterView& view, bool holds, std::string measured);
    static void heard(Case& c, const ClusterView& view, std::uint32_t node, std::string_view name,
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

// SPDX-License-Identifier: Apache-2.0
#include "sim/scenario/judge/verdicts.h"

#include <algorithm>
#include <variant>

#include "sim/scenario/judge/lookup.h"
#include "sim/scenario/language/numbers.h"

namespace rollcall::sim {
namespace {

using membership::State;

bool considers(const ClusterView& view, std::uint32_t node, std::uint32_t about, State state) {
    const auto member = view.core(node).members().find(view.name(about));
    if (!member) return state == State::dead || state == State::left;
    return member->state == state;
}

std::string view_text(const ClusterView& view, std::uint32_t node, std::uint32_t about) {
    const auto member = view.core(node).members().find(view.name(about));
    if (!member) return view.name(node) + " does not know " + view.name(about);
    return view.name(node) + " considers " + view.name(about) + " " +
           std::string{membership::to_string(member->state)};
}

// Pairs of nodes that disagree with an expected state: their number, and the first as text.
struct Dissent {
    std::size_t pairs = 0, of = 0;
    std::string first;

    [[nodiscard]] std::string text() const {
        return std::to_string(pairs) + " of " + std::to_string(of) + " do not: " + first;
    }
};
Dissent dissent(const ClusterView& view, const Nodes& about, State state) {
    Dissent found;
    for (std::uint32_t node = 1; node <= view.nodes(); ++node) {
        if (!awake(view, node)) continue;
        for (const std::uint32_t other : about) {
            if (other == node) continue;
            ++found.of;
            if (considers(view, node, other, state)) continue;
            if (found.pairs++ == 0) found.first = view_text(view, node, other);
        }
    }
    return found;
}

struct Change {
    std::string_view name;
    State state;
};
std::optional<Change> change_in(const membership::Event& event) {
    if (const auto* e = std::get_if<membership::MemberJoined>(&event)) {
        return Change{e->about.name, State::alive};
    }
    if (const auto* e = std::get_if<membership::SuspicionCleared>(&event)) {
        return Change{e->about.name, State::alive};
    }
    if (const auto* e = std::get_if<membership::MemberSuspected>(&event)) {
        return Change{e->about.name, State::suspect};
    }
    if (const auto* e = std::get_if<membership::MemberFailed>(&event)) {
        return Change{e->about.name, State::dead};
    }
    if (const auto* e = std::get_if<membership::MemberLeft>(&event)) {
        return Change{e->about.name, State::left};
    }
    return {};
}

Duration first_look(const Expectation& expectation) {
    struct {
        Duration operator()(const expect::Seen& e) const { return e.by; }
        Duration operator()(const expect::Detected& e) const {
            return e.since + std::max(e.first_within, e.last_within);
        }
        Duration operator()(const expect::Never& e) const { return e.from; }
        Duration operator()(const expect::Converged& e) const { return e.by; }
        Duration operator()(const expect::KeyAlone& e) const { return e.by; }
        Duration operator()(const expect::Figure&) const { return {}; }
    } moment;
    return std::visit(moment, expectation.what);
}

bool concerns(const Nodes& about, std::uint32_t number) {
    return std::binary_search(about.begin(), about.end(), number);
}

}  // namespace

Verdicts::Verdicts(const Scenario& scenario) {
    for (const Expectation& expectation : scenario.expectations) {
        Case& c = cases_.emplace_back();
        c.expectation = &expectation;
        c.measured = "not reached";
        if (!std::holds_alternative<expect::Figure>(expectation.what)) {
            c.next = first_look(expectation);
        }
    }
}

void Verdicts::event(const ClusterView& view, std::uint32_t node, const membership::Event& event) {
    const std::optional<Change> change = change_in(event);
    if (!change) return;
    for (Case& c : cases_) {
        if (!c.decided) record(c, view, node, change->name, change->state);
    }
}

void Verdicts::record(Case& c, const ClusterView& view, std::uint32_t node, std::string_view name,
                      State state) {
    if (const auto* e = std::get_if<expect::Detected>(&c.expectation->what)) {
        if (e->state != state || view.now() < e->since) return;
        const std::uint32_t number = number_of(view, name);
        if (number == 0 || number == node || !concerns(e->about, number)) return;
        c.first.emplace(number, view.now());
        c.last.insert_or_assign(std::pair{number, node}, view.now());
    } else if (const auto* n = std::get_if<expect::Never>(&c.expectation->what)) {
        if (n->state != state || view.now() < n->from || view.now() > n->to) return;
        const std::uint32_t number = number_of(view, name);
        if (number == node || (!n->about.empty() && !concerns(n->about, number))) return;
        if (c.seen++ > 0) return;
        c.seen_first =
            view.name(node) + " about " + std::string{name} + " at " + sim::about(view.now());
    }
}

std::optional<Duration> Verdicts::next_look() const {
    std::optional<Duration> next;
    for (const Case& c : cases_) {
        if (c.next && (!next || *c.next < *next)) next = c.next;
    }
    return next;
}

void Verdicts::look(const ClusterView& view) {
    for (Case& c : cases_) {
        if (!c.next || *c.next > view.now()) continue;
        c.next.reset();
        std::visit([&](const auto& e) { judge(c, e, view); }, c.expectation->what);
    }
}

void Verdicts::decide(Case& c, const ClusterView& view, bool holds, std::string measured) {
    c.decided = view.now();
    c.holds = holds;
    c.measured = std::move(measured);
}

void Verdicts::judge(Case& c, const expect::Seen& e, const ClusterView& view) {
    const Dissent d = dissent(view, e.about, e.state);
    decide(c, view, d.pairs == 0, d.pairs == 0 ? "all " + std::to_string(d.of) : d.text());
}

void Verdicts::judge(Case& c, const expect::Detected& e, const ClusterView& view) {
    const Dissent d = dissent(view, e.about, e.state);
    Duration first{}, last{};
    for (const auto& [_, at] : c.first) first = std::max(first, at - e.since);
    for (const auto& [_, at] : c.last) last = std::max(last, at - e.since);
    const bool each_seen = c.first.size() == e.about.size();
    // `first_within` is judged by events, `last_within` by the current views.
    const bool first_holds = e.first_within == Duration{} || (each_seen && first <= e.first_within);
    const bool last_holds = e.last_within == Duration{} || d.pairs == 0;
    std::string text = each_seen
                           ? "first after " + sim::about(first)
                           : "no node did for " + std::to_string(e.about.size() - c.first.size());
    if (e.last_within > Duration{}) {
        text += d.pairs == 0 ? ", last after " + sim::about(last) : "; " + d.text();
        // A state from before `since` has no event.
        if (d.pairs == 0 && c.last.empty()) text = "all before that time";
    }
    decide(c, view, first_holds && last_holds, std::move(text));
}

void Verdicts::judge(Case& c, const expect::Never& e, const ClusterView& view) {
    if (view.now() >= e.to) {
        return decide(c, view, c.seen == 0,
                      c.seen == 0 ? "never" : std::to_string(c.seen) + " times, " + c.seen_first);
    }
    c.next = e.to;
    if (e.from == Duration{} || e.state == State::alive) return;
    // States at the start of the interval.
    for (std::uint32_t node = 1; node <= view.nodes(); ++node) {
        if (!view.running(node)) continue;
        const membership::MemberTable& table = view.core(node).members();
        for (const MemberId id : table.ids()) {
            const membership::Member member = *table.find(id);
            if (member.state == e.state) record(c, view, node, member.name(), member.state);
        }
    }
}

void Verdicts::judge(Case& c, const expect::Converged&, const ClusterView& view) {
    std::size_t running = 0, wrong = 0;
    std::string first;
    for (std::uint32_t n = 1; n <= view.nodes(); ++n) running += view.running(n) ? 1 : 0;
    for (std::uint32_t node = 1; node <= view.nodes(); ++node) {
        if (!awake(view, node)) continue;
        std::string problem;
        if (view.core(node).alive_count() != running) {
            problem = view.name(node) + " considers " +
                      std::to_string(view.core(node).alive_count()) + " of " +
                      std::to_string(running) + " alive";
        }
        for (std::uint32_t other = 1; other <= view.nodes() && problem.empty(); ++other) {
            if (view.running(other) && !considers(view, node, other, State::alive)) {
                problem = view_text(view, node, other);
            }
        }
        if (!problem.empty() && wrong++ == 0) first = std::move(problem);
    }
    decide(c, view, wrong == 0,
           wrong == 0
               ? "all " + std::to_string(running)
               : std::to_string(wrong) + " of " + std::to_string(running) + " do not: " + first);
}

void Verdicts::judge(Case& c, const expect::KeyAlone& e, const ClusterView& view) {
    const wire::Keyring::Key wanted = view.key(e.key);
    std::size_t asked = 0, others = 0;
    std::string first;
    for (std::uint32_t node = 1; node <= view.nodes(); ++node) {
        if (!awake(view, node)) continue;
        ++asked;
        const auto keys = view.core(node).keyring().keys();
        const bool has_it = has_key(keys, wanted);
        if (has_it && keys.size() == 1) continue;
        if (others++ == 0)
            first = view.name(node) + (has_it ? " has others too" : " does not have it");
    }
    decide(c, view, others == 0,
           others == 0
               ? "all " + std::to_string(asked)
               : std::to_string(others) + " of " + std::to_string(asked) + " do not: " + first);
}

void Verdicts::judge(Case&, const expect::Figure&, const ClusterView&) {}

void Verdicts::judge_figures(const std::map<std::string, double>& figures, Duration now) {
    for (Case& c : cases_) {
        const auto* e = std::get_if<expect::Figure>(&c.expectation->what);
        if (e == nullptr) continue;
        const auto found = figures.find(e->name);
        c.decided = now;
        if (found == figures.end()) {
            c.measured = "no value: nothing to count in this run";
            continue;
        }
        c.holds =
            (!e->least || found->second >= *e->least) && (!e->most || found->second <= *e->most);
        c.measured = number(found->second);
    }
}

std::vector<Outcome> Verdicts::outcomes() const {
    std::vector<Outcome> list;
    for (const Case& c : cases_) {
        list.push_back(
            {c.expectation->line, c.expectation->text, c.decided && c.holds, c.measured});
    }
    return list;
}

std::vector<Violation> Verdicts::violations() const {
    std::vector<Violation> list;
    for (const Case& c : cases_) {
        if (!c.decided || c.holds) continue;
        list.push_back({.at = *c.decided,
                        .invariant = "line " + std::to_string(c.expectation->line),
                        .what = c.expectation->text + ": " + c.measured});
    }
    std::ranges::stable_sort(list, {}, &Violation::at);
    return list;
}

bool Verdicts::any_broken() const {
    return std::ranges::any_of(cases_, [](const Case& c) { return c.decided && !c.holds; });
}

}  // namespace rollcall::sim

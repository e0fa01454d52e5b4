// SPDX-License-Identifier: Apache-2.0
#include "sim/program/report/recorder.h"

#include <algorithm>
#include <variant>

#include "base/sanitize.h"
#include "sim/program/report/words.h"
#include "sim/scenario/judge/lookup.h"

namespace rollcall::sim {
namespace {

using namespace std::chrono_literals;

constexpr unsigned kMostCells = 300'000;  // of the heat map: under 3 MB of the page at the worst

Duration whole(const Scenario& scenario) {
    return std::max<Duration>(1ms, scenario.length + scenario.healing);
}
unsigned most_columns(const Scenario& scenario) {
    const unsigned rows = std::clamp<unsigned>(scenario.nodes, 1, HeatMap::kMostRows);
    return std::clamp(kMostCells / rows, 300u, 600u);
}
SeenState seen_state_of(membership::State state) {
    switch (state) {
        case membership::State::alive:
            return SeenState::alive;
        case membership::State::suspect:
            return SeenState::suspect;
        case membership::State::dead:
            return SeenState::dead;
        case membership::State::left:
            return SeenState::left;
    }
    return SeenState::unknown;
}
// The same room again for later names (a restart under a new name).
std::uint32_t most_members(const Scenario& scenario) {
    return std::min({ReportRecorder::kMostMembers, 2 * scenario.nodes + 100,
                     ReportRecorder::kMostSeenStates / std::max(1u, scenario.nodes)});
}
std::string count_of(std::uint64_t count, const char* one, const char* many) {
    return std::to_string(count) + " " + (count == 1 ? one : many);
}

}  // namespace

ReportRecorder::ReportRecorder(const Scenario& scenario)
    : scenario_{scenario},
      states_{scenario.nodes, most_members(scenario)},
      heat_{TimeBins{whole(scenario), most_columns(scenario), 100ms}},
      load_{TimeBins{whole(scenario), 200, 1s}},
      stories_{scenario.nodes},
      members_(scenario.nodes, SeenStates::kNone),
      ran_(scenario.nodes, false),
      before_(scenario.nodes) {}

// --- running nodes and their names ---------------------------------------------------------------

void ReportRecorder::update_nodes(const ClusterView& view) {
    for (std::uint32_t n = 1; n <= view.nodes(); ++n) {
        const std::uint32_t old = member_of(n);
        if (old == SeenStates::kNone || states_.name(old) != view.name(n)) {
            if (old != SeenStates::kNone) states_.set_owner(old, 0);
            members_[n - 1] = states_.member(view.name(n));
            if (member_of(n) != SeenStates::kNone) states_.set_owner(member_of(n), n);
        }
        const bool watches = awake(view, n);
        if (ran_[n - 1] && !view.running(n)) node_stopped(n);
        if (states_.watching(n) && !watches) curves_.drop_observer(n);
        states_.set_watching(n, watches);
        ran_[n - 1] = view.running(n);
    }
}

void ReportRecorder::node_stopped(std::uint32_t node) {
    curves_.drop_observer(node);
    states_.set_watching(node, false);
    states_.forget_all(node);
    ran_[node - 1] = false;
}

// --- the run -------------------------------------------------------------------------------------

void ReportRecorder::begins(const ClusterView& view) {
    update_nodes(view);
    for (std::uint32_t n = 1; n <= view.nodes(); ++n) {
        if (!view.running(n)) continue;
        const membership::MemberTable& table = view.core(n).members();
        for (const MemberId id : table.ids()) {
            const membership::Member known = *table.find(id);
            const std::uint32_t member = states_.member(known.name());
            if (member != SeenStates::kNone) states_.set(member, n, seen_state_of(known.state));
        }
    }
    read_load(view);
}

void ReportRecorder::before(const ClusterView& view, const Step& step) {
    now_ = view.now();
    heat_.record_all_until(states_, now_);
    update_nodes(view);
    for (std::uint32_t n = 1; n <= view.nodes(); ++n) {
        before_[n - 1] = {.running = view.running(n), .awake = awake(view, n)};
    }
    if (std::holds_alternative<action::Partition>(step.what)) note_connections(view);
    // A process that ends loses its view, even if it starts again at once.
    const Nodes* ending = nullptr;
    if (const auto* a = std::get_if<action::Crash>(&step.what)) ending = &a->who;
    if (const auto* a = std::get_if<action::Kill>(&step.what)) ending = &a->who;
    if (const auto* a = std::get_if<action::Restart>(&step.what)) ending = &a->who;
    if (ending == nullptr) return;
    for (const std::uint32_t n : *ending) node_stopped(n);
}

void ReportRecorder::after(const ClusterView& view, const Step& step) {
    StepWords words = words_of(step.what);
    if (words.what.size() > kLongestWords) words.what = words.what.substr(0, kLongestWords) + "...";
    update_nodes(view);
    open_curves(view, step, words.what);
    if (words.all) stories_.all_stepped();
    if (steps_.size() >= kMostSteps) {
        ++steps_left_out_;
        return;
    }
    for (const std::uint32_t n : words.who) {
        if (member_of(n) != SeenStates::kNone) stories_.stepped(now_, member_of(n), steps_.size());
    }
    std::int64_t victim = -1;
    if (!words.victims.empty() && member_of(words.victims.front()) != SeenStates::kNone) {
        victim = member_of(words.victims.front());
    }
    steps_.push_back({now_, std::move(words.what), words.all, words.weight, victim});
}

void ReportRecorder::sees(const ClusterView& view, std::uint32_t node, std::string_view about,
                          SeenState state) {
    const std::uint32_t member = states_.member(about);
    if (member == SeenStates::kNone || states_.owner(member) == node) return;
    heat_.record_until(member, states_, view.now());
    states_.set(member, node, state);
    curves_.record(member, node, state, view.now());
}

void ReportRecorder::add_story(const ClusterView& view, std::uint32_t node, std::string_view about,
                               StoryKind kind, std::string_view source) {
    const std::uint32_t member = states_.member(about);
    const std::uint32_t observer = member_of(node);
    if (member == SeenStates::kNone || observer == SeenStates::kNone || member == observer) return;
    const bool itself = source == view.name(node);
    stories_.observed(view.now(), kind, member, observer, itself ? std::string_view{} : source);
}

void ReportRecorder::event(const ClusterView& view, std::uint32_t node,
                           const membership::Event& event) {
    using namespace membership;
    now_ = view.now();
    if (const auto* joined = std::get_if<MemberJoined>(&event)) {
        sees(view, node, joined->about.name, SeenState::alive);
        add_story(view, node, joined->about.name, StoryKind::joined);
    } else if (const auto* updated = std::get_if<MemberUpdated>(&event)) {
        add_story(view, node, updated->about.name, StoryKind::updated);
    } else if (const auto* suspected = std::get_if<MemberSuspected>(&event)) {
        sees(view, node, suspected->about.name, SeenState::suspect);
        const std::uint32_t owner = number_of(view, suspected->about.name);
        if (accused_ == SeenStates::kNone && owner != 0 && owner != node && awake(view, owner)) {
            accused_ = member_of(owner);
        }
        add_story(view, node, suspected->about.name, StoryKind::suspects, suspected->from);
    } else if (const auto* cleared = std::get_if<SuspicionCleared>(&event)) {
        sees(view, node, cleared->about.name, SeenState::alive);
        add_story(view, node, cleared->about.name, StoryKind::clears);
    } else if (const auto* failed = std::get_if<MemberFailed>(&event)) {
        sees(view, node, failed->about.name, SeenState::dead);
        add_story(view, node, failed->about.name, StoryKind::failed, failed->from);
    } else if (const auto* left = std::get_if<MemberLeft>(&event)) {
        sees(view, node, left->about.name, SeenState::left);
        add_story(view, node, left->about.name, StoryKind::left);
    } else if (const auto* reaped = std::get_if<MemberReaped>(&event)) {
        sees(view, node, reaped->name, SeenState::unknown);
        add_story(view, node, reaped->name, StoryKind::forgets);
    } else if (const auto* conflict = std::get_if<NameConflict>(&event)) {
        add_story(view, node, conflict->existing.name, StoryKind::conflict);
    } else if (const auto* blocked = std::get_if<UdpBlocked>(&event)) {
        add_story(view, node, blocked->about.name, StoryKind::no_udp);
    } else if (const std::string words = words_of(event);
               !words.empty() && member_of(node) != SeenStates::kNone) {
        stories_.own_event(now_, member_of(node), words);
    }
}

void ReportRecorder::read_load(const ClusterView& view) {
    std::vector<LoadCurves::Reading> nodes(view.nodes());
    for (std::uint32_t n = 1; n <= view.nodes(); ++n) {
        const HostTraffic& traffic = view.network().traffic_of(view.host(n));
        nodes[n - 1] = {.running = view.running(n),
                        .packets = traffic.datagrams_sent,
                        .bytes = traffic.datagram_bytes_sent + traffic.stream_bytes_sent,
                        .health_score = view.running(n) ? view.core(n).health_score() : 0};
    }
    load_.read(view.now(), nodes);
}

void ReportRecorder::sample(const ClusterView& view) {
    now_ = view.now();
    if (std::ranges::any_of(ran_, [](bool ran) { return ran; })) read_load(view);
    // A process ended after its leave.
    for (std::uint32_t n = 1; n <= view.nodes(); ++n) {
        if (ran_[n - 1] == view.running(n) && states_.watching(n) == awake(view, n)) continue;
        heat_.record_all_until(states_, now_);
        update_nodes(view);
        return;
    }
}

void ReportRecorder::ends(const ClusterView& view) {
    now_ = view.now();
    if (scenario_.healing > Duration{}) healing_since_ = now_;
}

void ReportRecorder::healed(const ClusterView& view) {
    now_ = view.now();
}

// --- output --------------------------------------------------------------------------------------

nlohmann::json ReportRecorder::to_json() {
    heat_.record_all_until(states_, now_);
    nlohmann::json steps = nlohmann::json::array(), names = steps, left_out = steps;
    for (const RecordedStep& step : steps_) {
        steps.push_back({{"at_s", page_seconds(step.at)},
                         {"what", sanitized(step.what)},
                         {"all", step.all},
                         {"weight", step.weight},
                         {"victim", step.victim}});
    }
    for (std::uint32_t m = 0; m < states_.members(); ++m) {
        names.push_back(sanitized(states_.name(m)));
    }
    if (steps_left_out_ > 0) {
        left_out.push_back(count_of(steps_left_out_, "step is", "steps are") +
                           " not shown: the page shows the first " + std::to_string(kMostSteps));
    }
    if (curves_.left_out() > 0) {
        left_out.push_back(count_of(curves_.left_out(), "step has", "steps have") +
                           " no curve: there are curves for the first " +
                           std::to_string(ChangeCurves::kMostCurves));
    }
    if (states_.left_out() > 0) {
        left_out.push_back("events about members beyond the first " +
                           std::to_string(states_.members()) +
                           " are not shown: " + std::to_string(states_.left_out()));
    }
    // The step of the highest weight; of several, the first.
    const RecordedStep* chosen = nullptr;
    for (const RecordedStep& step : steps_) {
        if (step.victim < 0) continue;
        if (chosen == nullptr || step.weight > chosen->weight) chosen = &step;
    }
    nlohmann::json all = {{"nodes", scenario_.nodes},       {"ends_s", page_seconds(now_)},
                          {"steps", std::move(steps)},      {"names", std::move(names)},
                          {"heat", heat_.to_json(states_)}, {"changes", curves_.to_json()},
                          {"load", load_.to_json()},        {"stories", stories_.to_json()},
                          {"left_out", std::move(left_out)}};
    const std::int64_t accused =
        accused_ == SeenStates::kNone ? -1 : static_cast<std::int64_t>(accused_);
    all["accused"] = accused;
    all["victim"] = chosen != nullptr ? chosen->victim : accused;
    if (healing_since_) all["schedule_s"] = page_seconds(*healing_since_);
    return all;
}

}  // namespace rollcall::sim

// SPDX-License-Identifier: Apache-2.0
#include "sim/program/report/recorder.h"

#include <algorithm>
#include <variant>

#include "base/harmless.h"
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
Belief belief_of(membership::State state) {
    switch (state) {
        case membership::State::alive:
            return Belief::alive;
        case membership::State::suspect:
            return Belief::suspect;
        case membership::State::dead:
            return Belief::dead;
        case membership::State::left:
            return Belief::left;
    }
    return Belief::unknown;
}
// Names that come later (a restart under a new name) find as much room again.
std::uint32_t most_members(const Scenario& scenario) {
    return std::min({ReportRecorder::kMostMembers, 2 * scenario.nodes + 100,
                     ReportRecorder::kMostBeliefs / std::max(1u, scenario.nodes)});
}
std::string count_of(std::uint64_t count, const char* one, const char* many) {
    return std::to_string(count) + " " + (count == 1 ? one : many);
}

}  // namespace

ReportRecorder::ReportRecorder(const Scenario& scenario)
    : scenario_{scenario},
      beliefs_{scenario.nodes, most_members(scenario)},
      heat_{TimeBins{whole(scenario), most_columns(scenario), 100ms}},
      load_{TimeBins{whole(scenario), 200, 1s}},
      stories_{scenario.nodes},
      members_(scenario.nodes, Beliefs::kNobody),
      ran_(scenario.nodes, false),
      before_(scenario.nodes) {}

// --- who runs, and under which name --------------------------------------------------------------

void ReportRecorder::look_who_is_who(const ClusterView& view) {
    for (std::uint32_t n = 1; n <= view.nodes(); ++n) {
        const std::uint32_t old = member_of(n);
        if (old == Beliefs::kNobody || beliefs_.name(old) != view.name(n)) {
            if (old != Beliefs::kNobody) beliefs_.set_owner(old, 0);
            members_[n - 1] = beliefs_.member(view.name(n));
            if (member_of(n) != Beliefs::kNobody) beliefs_.set_owner(member_of(n), n);
        }
        const bool watches = awake(view, n);
        if (ran_[n - 1] && !view.running(n)) stops(n);
        if (beliefs_.watching(n) && !watches) news_.lost(n);
        beliefs_.set_watching(n, watches);
        ran_[n - 1] = view.running(n);
    }
}

void ReportRecorder::stops(std::uint32_t node) {
    news_.lost(node);
    beliefs_.set_watching(node, false);
    beliefs_.forget_all(node);
    ran_[node - 1] = false;
}

// --- the run -------------------------------------------------------------------------------------

void ReportRecorder::begins(const ClusterView& view) {
    look_who_is_who(view);
    for (std::uint32_t n = 1; n <= view.nodes(); ++n) {
        if (!view.running(n)) continue;
        const membership::MemberTable& table = view.core(n).members();
        for (const MemberId id : table.ids()) {
            const membership::Member known = *table.find(id);
            const std::uint32_t member = beliefs_.member(known.name());
            if (member != Beliefs::kNobody) beliefs_.set(member, n, belief_of(known.state));
        }
    }
    read_load(view);
}

void ReportRecorder::before(const ClusterView& view, const Step& step) {
    now_ = view.now();
    heat_.all_held_until(beliefs_, now_);
    look_who_is_who(view);
    for (std::uint32_t n = 1; n <= view.nodes(); ++n) {
        before_[n - 1] = {.running = view.running(n), .awake = awake(view, n)};
    }
    if (std::holds_alternative<action::Partition>(step.what)) note_connections(view);
    // Processes that are about to end know nobody any more, also those that start again at once.
    const Nodes* ending = nullptr;
    if (const auto* a = std::get_if<action::Crash>(&step.what)) ending = &a->who;
    if (const auto* a = std::get_if<action::Kill>(&step.what)) ending = &a->who;
    if (const auto* a = std::get_if<action::Restart>(&step.what)) ending = &a->who;
    if (ending == nullptr) return;
    for (const std::uint32_t n : *ending) stops(n);
}

void ReportRecorder::after(const ClusterView& view, const Step& step) {
    StepWords words = words_of(step.what);
    if (words.what.size() > kLongestWords) words.what = words.what.substr(0, kLongestWords) + "...";
    look_who_is_who(view);
    open_curves(view, step, words.what);
    if (words.everybody) stories_.all_stepped();
    if (steps_.size() >= kMostSteps) {
        ++steps_left_out_;
        return;
    }
    for (const std::uint32_t n : words.who) {
        if (member_of(n) != Beliefs::kNobody) stories_.stepped(now_, member_of(n), steps_.size());
    }
    std::int64_t victim = -1;
    if (!words.victims.empty() && member_of(words.victims.front()) != Beliefs::kNobody) {
        victim = member_of(words.victims.front());
    }
    steps_.push_back({now_, std::move(words.what), words.everybody, words.weight, victim});
}

void ReportRecorder::holds(const ClusterView& view, std::uint32_t node, std::string_view about,
                           Belief belief) {
    const std::uint32_t member = beliefs_.member(about);
    if (member == Beliefs::kNobody || beliefs_.owner(member) == node) return;
    heat_.held_until(member, beliefs_, view.now());
    beliefs_.set(member, node, belief);
    news_.heard(member, node, belief, view.now());
}

void ReportRecorder::says(const ClusterView& view, std::uint32_t node, std::string_view about,
                          Deed deed, std::string_view source) {
    const std::uint32_t member = beliefs_.member(about);
    const std::uint32_t speaker = member_of(node);
    if (member == Beliefs::kNobody || speaker == Beliefs::kNobody || member == speaker) return;
    const bool itself = source == view.name(node);
    stories_.said(view.now(), deed, member, speaker, itself ? std::string_view{} : source);
}

void ReportRecorder::event(const ClusterView& view, std::uint32_t node,
                           const membership::Event& event) {
    using namespace membership;
    now_ = view.now();
    if (const auto* joined = std::get_if<MemberJoined>(&event)) {
        holds(view, node, joined->about.name, Belief::alive);
        says(view, node, joined->about.name, Deed::knows);
    } else if (const auto* updated = std::get_if<MemberUpdated>(&event)) {
        says(view, node, updated->about.name, Deed::updated);
    } else if (const auto* suspected = std::get_if<MemberSuspected>(&event)) {
        holds(view, node, suspected->about.name, Belief::suspect);
        const std::uint32_t owner = number_of(view, suspected->about.name);
        if (accused_ == Beliefs::kNobody && owner != 0 && owner != node && awake(view, owner)) {
            accused_ = member_of(owner);
        }
        says(view, node, suspected->about.name, Deed::suspects, suspected->from);
    } else if (const auto* cleared = std::get_if<SuspicionCleared>(&event)) {
        holds(view, node, cleared->about.name, Belief::alive);
        says(view, node, cleared->about.name, Deed::clears);
    } else if (const auto* failed = std::get_if<MemberFailed>(&event)) {
        holds(view, node, failed->about.name, Belief::dead);
        says(view, node, failed->about.name, Deed::failed, failed->from);
    } else if (const auto* left = std::get_if<MemberLeft>(&event)) {
        holds(view, node, left->about.name, Belief::left);
        says(view, node, left->about.name, Deed::left);
    } else if (const auto* reaped = std::get_if<MemberReaped>(&event)) {
        holds(view, node, reaped->name, Belief::unknown);
        says(view, node, reaped->name, Deed::forgets);
    } else if (const auto* conflict = std::get_if<NameConflict>(&event)) {
        says(view, node, conflict->existing.name, Deed::conflict);
    } else if (const auto* blocked = std::get_if<UdpBlocked>(&event)) {
        says(view, node, blocked->about.name, Deed::no_udp);
    } else if (const std::string words = words_of(event);
               !words.empty() && member_of(node) != Beliefs::kNobody) {
        stories_.spoke(now_, member_of(node), words);
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
    // A process that ended by itself.
    for (std::uint32_t n = 1; n <= view.nodes(); ++n) {
        if (ran_[n - 1] == view.running(n) && beliefs_.watching(n) == awake(view, n)) continue;
        heat_.all_held_until(beliefs_, now_);
        look_who_is_who(view);
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

// --- what is told --------------------------------------------------------------------------------

nlohmann::json ReportRecorder::told() {
    heat_.all_held_until(beliefs_, now_);
    nlohmann::json steps = nlohmann::json::array(), names = steps, left_out = steps;
    for (const Told& step : steps_) {
        steps.push_back({{"at_s", page_seconds(step.at)},
                         {"what", harmless_text(step.what)},
                         {"all", step.everybody},
                         {"weight", step.weight},
                         {"victim", step.victim}});
    }
    for (std::uint32_t m = 0; m < beliefs_.members(); ++m) {
        names.push_back(harmless_text(beliefs_.name(m)));
    }
    if (steps_left_out_ > 0) {
        left_out.push_back(count_of(steps_left_out_, "step is", "steps are") +
                           " not shown: the page shows the first " + std::to_string(kMostSteps));
    }
    if (news_.left_out() > 0) {
        left_out.push_back(count_of(news_.left_out(), "step has", "steps have") +
                           " no curve of how the news spread: there are curves of the first " +
                           std::to_string(News::kMostCurves));
    }
    if (beliefs_.left_out() > 0) {
        left_out.push_back("events about members beyond the first " +
                           std::to_string(beliefs_.members()) +
                           " are not shown: " + std::to_string(beliefs_.left_out()));
    }
    // The weightiest step's, of equals the first.
    const Told* chosen = nullptr;
    for (const Told& step : steps_) {
        if (step.victim < 0) continue;
        if (chosen == nullptr || step.weight > chosen->weight) chosen = &step;
    }
    nlohmann::json all = {{"nodes", scenario_.nodes},       {"ends_s", page_seconds(now_)},
                          {"steps", std::move(steps)},      {"names", std::move(names)},
                          {"heat", heat_.told(beliefs_)},   {"news", news_.told()},
                          {"load", load_.told()},           {"stories", stories_.told()},
                          {"left_out", std::move(left_out)}};
    const std::int64_t accused =
        accused_ == Beliefs::kNobody ? -1 : static_cast<std::int64_t>(accused_);
    all["accused"] = accused;
    all["victim"] = chosen != nullptr ? chosen->victim : accused;
    if (healing_since_) all["schedule_s"] = page_seconds(*healing_since_);
    return all;
}

}  // namespace rollcall::sim

// SPDX-License-Identifier: Apache-2.0
//
// What an adversary cannot do, for scenarios that have one. Its exceptions: a death, a leave or a
// takeover that it forged is believed, at the incarnation of the forgery and for at most a minute,
// since a peer has to believe such a claim until the refutation arrives. Invented members may fill
// tables up to their bounds; a table that is right about the true ones is right.
#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <tuple>

#include "sim/scenario/judge/attack_times.h"
#include "sim/scenario/judge/good_network.h"
#include "sim/scenario/judge/health_tracker.h"
#include "sim/scenario/judge/invariant.h"
#include "sim/scenario/judge/lookup.h"

namespace rollcall::sim {
namespace {

using namespace membership;

bool stays(const ClusterView& view, std::uint32_t node) {
    return view.running(node) && !view.paused(node) && !view.core(node).leaving();
}

// One minute after the adversary stopped every honest member is live in the view of every other, at
// its address, with its own metadata, and not at an incarnation above its own, which would make its
// next update an old one. With the Serf layer it is also in every list, as alive. Checked between
// members that no fault has touched since, on a good network; and again after the healing.
class ViewsRightAfterAttack final : public Invariant {
public:
    explicit ViewsRightAfterAttack(Findings& findings)
        : Invariant{"views-right-after-attack", findings} {}

    void on_step(const Scene& scene, const Step& step) override {
        times_.on_step(scene, step);
        network_.on_step(scene, step);
        if (!std::holds_alternative<action::Retreat>(step.what)) return;
        judged_ = false;
    }
    void on_sample(const Scene& scene) override {
        const auto quiet = times_.quiet_since();
        if (!quiet || judged_ || scene.view.now() - *quiet < kPatience) return;
        judged_ = true;
        if (network_.is_good(scene) && network_.good_since() <= *quiet) judge(scene, *quiet);
    }
    void on_healed(const Scene& scene) override {
        const auto quiet = times_.quiet_since();
        const Duration settled = scene.view.now() - kPatience;
        if (quiet && *quiet <= settled) judge(scene, settled);
    }

private:
    static constexpr Duration kPatience = std::chrono::seconds{60};

    void judge(const Scene& scene, Duration since) {
        const ClusterView& view = scene.view;
        const auto fit = [&](std::uint32_t n) {
            return stays(view, n) && scene.faults.undisturbed(n, since, view.now());
        };
        for (std::uint32_t a = 1; a <= view.nodes(); ++a) {
            if (!fit(a)) continue;
            for (std::uint32_t b = 1; b <= view.nodes(); ++b) {
                if (fit(b) && view.connected(a, b) && view.connected(b, a)) compare(scene, a, b);
            }
        }
    }
    void compare(const Scene& scene, std::uint32_t a, std::uint32_t b) {
        const ClusterView& view = scene.view;
        const std::string& name = view.name(b);
        const auto seen = view.core(a).members().find(name);
        const Member self = view.core(b).self_member();
        const auto wrong = [&](const std::string& what) {
            report(scene, view.name(a) + " " + what + ", a minute after the adversary stopped");
        };
        if (!seen) return wrong("does not know " + name);
        if (!seen->is_live()) {
            return wrong("considers " + name + " " +
                         std::string{membership::to_string(seen->state)});
        }
        if (!seen->is_at(view.endpoint(b))) {
            return wrong("has " + name + " at " + seen->endpoint().to_string());
        }
        if (seen->incarnation > self.incarnation) {
            return wrong("has " + name + " at incarnation " +
                         std::to_string(seen->incarnation.value()) + ", above its own " +
                         std::to_string(self.incarnation.value()));
        }
        if (seen->meta() != self.meta()) return wrong("has other metadata of " + name);
        const serf::Serf* layer = view.serf_layer(a);
        if (layer == nullptr) return;
        const auto listed = layer->member(name);
        if (!listed) return wrong("does not list " + name);
        if (listed->status != serf::Status::alive && seen->state == State::alive) {
            wrong("lists " + name + " as " + std::string{serf::to_string(listed->status)});
        }
    }

    AttackTimes times_;
    GoodNetwork network_;
    bool judged_ = false;
};

// Whatever is sent to a member, its tables, queues and buffers stay within their settings.
class BoundsKeptUnderAttack final : public Invariant {
public:
    explicit BoundsKeptUnderAttack(Findings& findings)
        : Invariant{"bounds-kept-under-attack", findings} {}

    void on_sample(const Scene& scene) override {
        const ClusterView& view = scene.view;
        for (std::uint32_t node = 1; node <= view.nodes(); ++node) {
            if (!view.running(node)) continue;
            const membership::Node& core = view.core(node);
            const Config& config = scene.settings_of(node);
            within(scene, node, "members", core.members().size(), config.max_members);
            within(scene, node, "queued broadcasts", core.broadcasts_queued(),
                   config.max_broadcasts);
            within(scene, node, "points of health score", core.health_score(),
                   config.awareness_max_multiplier - 1);
            within(scene, node, "bytes of member table", core.members().memory(),
                   kTableBase + kBytesPerMember * config.max_members);
            if (const serf::Serf* layer = view.serf_layer(node)) serf_bounds(scene, node, *layer);
        }
    }

private:
    static constexpr std::size_t kTableBase = 4096;
    static constexpr std::size_t kBytesPerMember = 512;  // with slack of growing vectors

    void serf_bounds(const Scene& scene, std::uint32_t node, const serf::Serf& layer) {
        const serf::Stats stats = layer.stats();
        const serf::Config& config = scene.scenario.serf_layer;
        const std::size_t depth =
            std::max<std::size_t>(config.max_queue_depth, 2 * layer.node().members().size());
        within(scene, node, "queued intents", stats.intent_queue, depth);
        within(scene, node, "queued events", stats.event_queue, depth);
        within(scene, node, "queued queries", stats.query_queue, depth);
        within(scene, node, "recent intents", stats.recent_intents, config.max_recent_intents);
        within(scene, node, "open queries", stats.queries_open, config.max_open_queries);
        within(scene, node, "running queries", stats.queries_running, config.max_running_queries);
        // A member that left or failed stays listed for its time, whether or not the table below
        // still has it.
        within(scene, node, "listed members", stats.members,
               2 * scene.settings_of(node).max_members);
    }
    void within(const Scene& scene, std::uint32_t node, const char* what, std::size_t is,
                std::size_t most) {
        if (is <= most) return;
        report(scene, scene.view.name(node) + " has " + std::to_string(is) + " " + what +
                          ", more than " + std::to_string(most));
    }
};

// No process ends or leaves because of what it is sent: none gives up its own name while no other
// honest process has it (W1), and none begins to leave that was not asked to. A process that starts
// during the attack is a newcomer: the adversary may have taken its name before it was known.
class NoProcessEndsByAttack final : public Invariant {
public:
    explicit NoProcessEndsByAttack(Findings& findings)
        : Invariant{"no-process-ends-by-attack", findings} {}

    void on_step(const Scene& scene, const Step& step) override {
        const bool attacked = times_.goes_on();
        times_.on_step(scene, step);
        if (!attacked && times_.goes_on()) incumbents_ = lives(scene);
        if (const auto* leave = std::get_if<action::Leave>(&step.what)) {
            for (const std::uint32_t n : leave->who) asked_[n] = scene.view.life(n);
        }
    }
    void on_serf_event(const Scene& scene, std::uint32_t node, const serf::Event& event) override {
        const auto* decided = std::get_if<serf::NameConflictDecided>(&event);
        if (decided == nullptr || decided->kept) return;
        const auto incumbent = incumbents_.find(node);
        if (incumbent == incumbents_.end() || incumbent->second != scene.view.life(node)) return;
        report(scene, scene.view.name(node) + " gives up its name after a vote of " +
                          std::to_string(decided->answers) + " answers, " +
                          std::to_string(decided->for_us) + " of them for it");
    }
    void on_sample(const Scene& scene) override {
        const ClusterView& view = scene.view;
        for (std::uint32_t node = 1; node <= view.nodes(); ++node) {
            if (!view.running(node) || !view.core(node).leaving()) continue;
            const auto asked = asked_.find(node);
            if (asked != asked_.end() && asked->second == view.life(node)) continue;
            if (!reported_.emplace(node, view.life(node)).second) continue;
            report(scene, view.name(node) + " leaves, and was not asked to");
        }
    }

private:
    using Lives = std::map<std::uint32_t, std::uint64_t>;  // by node
    [[nodiscard]] static Lives lives(const Scene& scene) {
        Lives running;
        for (std::uint32_t n = 1; n <= scene.view.nodes(); ++n) {
            if (scene.view.running(n)) running[n] = scene.view.life(n);
        }
        return running;
    }

    AttackTimes times_;
    Lives incumbents_;  // that ran when the attack began
    Lives asked_;       // to leave
    std::set<std::pair<std::uint32_t, std::uint64_t>> reported_;
};

// No healthy member is declared dead or left, by its own verdict or that of others, because of what
// the adversary sends: a forged suspicion leaves it time to refute, and floods, replays and walks
// do not matter. Checked where both have been healthy for longer than any suspicion lasts, on a
// good network; not for a claim that is itself the forgery (see the head of this file).
class HealthyNotDeadUnderAttack final : public Invariant {
public:
    explicit HealthyNotDeadUnderAttack(Findings& findings)
        : Invariant{"healthy-not-dead-under-attack", findings} {}

    void on_step(const Scene& scene, const Step& step) override {
        times_.on_step(scene, step);
        network_.on_step(scene, step);
    }
    void on_forged(const Scene& scene, const Forgery& forgery) override {
        times_.on_forged(scene, forgery);
    }
    void on_event(const Scene& scene, const ObservedEvent& observed) override {
        const bool failed = observed.as<MemberFailed>() != nullptr;
        if ((!failed && observed.as<MemberLeft>() == nullptr) || observed.about_self) return;
        const ClusterView& view = scene.view;
        const std::uint32_t about = number_of(view, observed.name);
        if (about == 0 || !view.running(about)) return;
        if (!observed.before || !observed.before->live()) return;
        // An entry with an invented address is right to die.
        if (observed.before->address != view.core(about).self_member().address()) return;
        if (!network_.is_good(scene)) return;
        const Duration since =
            observed.at -
            HealthTracker::long_enough(scene.settings_of(observed.node), view.nodes()) - kSettling;
        if (network_.good_since() > since) return;
        if (!scene.faults.undisturbed(about, since, observed.at)) return;
        if (!scene.faults.undisturbed(observed.node, since, observed.at)) return;
        if (was_forged(observed, about)) return;
        std::string text = view.name(observed.node) + " considers " + std::string{observed.name} +
                           (failed ? " dead" : " left") + ", and it is healthy";
        if (const auto* event = observed.as<MemberFailed>()) text += "; from " + event->from;
        report(scene, std::move(text));
    }

private:
    // The very claim that the adversary sent, as it came from others. What the node itself found is
    // its own mistake, whatever is forged meanwhile.
    [[nodiscard]] bool was_forged(const ObservedEvent& observed, std::uint32_t about) const {
        const auto is_forgery = [&](const auto& event) {
            if (event.source.kind == ClaimSource::Kind::ourselves) return false;
            const auto last = times_.last_forged({about, event.about.incarnation});
            return last && *last + kUnderWay >= observed.at;
        };
        const auto* failed = observed.as<MemberFailed>();
        return failed != nullptr ? is_forgery(*failed) : is_forgery(*observed.as<MemberLeft>());
    }

    // Who missed the refutation believes the death until its next exchange of states, and says so.
    static constexpr Duration kUnderWay = std::chrono::seconds{60};
    static constexpr Duration kSettling = std::chrono::seconds{10};
    AttackTimes times_;
    GoodNetwork network_;
};

// The list of the Serf layer has every honest member that membership holds live, as alive or
// leaving: no forged intent erases a member that answers (I5), or makes it left.
class ListsFollowMembership final : public Invariant {
public:
    explicit ListsFollowMembership(Findings& findings)
        : Invariant{"lists-follow-membership", findings} {}

    void on_sample(const Scene& scene) override {
        const ClusterView& view = scene.view;
        for (std::uint32_t a = 1; a <= view.nodes(); ++a) {
            if (!view.running(a) || view.paused(a)) continue;
            const serf::Serf* layer = view.serf_layer(a);
            if (layer == nullptr) return;
            for (std::uint32_t b = 1; b <= view.nodes(); ++b) {
                if (stays(view, b)) look(scene, *layer, a, b);
            }
        }
    }

private:
    void look(const Scene& scene, const serf::Serf& layer, std::uint32_t a, std::uint32_t b) {
        const std::string& name = scene.view.name(b);
        const auto seen = scene.view.core(a).members().find(name);
        if (!seen || !seen->is_live()) return;
        const auto listed = layer.member(name);
        const bool shown = listed && (listed->status == serf::Status::alive ||
                                      listed->status == serf::Status::leaving);
        if (shown || !reported_.emplace(a, b, scene.view.life(a)).second) return;
        report(scene, scene.view.name(a) + " holds " + name + " " +
                          std::string{membership::to_string(seen->state)} + " and " +
                          (listed ? "lists it as " + std::string{serf::to_string(listed->status)}
                                  : std::string{"does not list it"}));
    }
    std::set<std::tuple<std::uint32_t, std::uint32_t, std::uint64_t>> reported_;
};

// User events that are sent a minute after the adversary stopped, or later, reach every member that
// ran throughout: no clock was moved so far that members refuse each other's messages (C1). Not
// checked for a member that joins later, which skips past events (I3).
class EventsPassAfterAttack final : public Invariant {
public:
    explicit EventsPassAfterAttack(Findings& findings)
        : Invariant{"events-pass-after-attack", findings} {}

    void on_step(const Scene& scene, const Step& step) override { times_.on_step(scene, step); }
    void on_serf_event(const Scene& scene, std::uint32_t node, const serf::Event& event) override {
        if (std::holds_alternative<serf::JoinFinished>(event)) {
            for (auto& [name, waiting] : open_) waiting.erase(node);
        }
        const auto* received = std::get_if<serf::UserEventReceived>(&event);
        if (received == nullptr) return;
        if (const auto known = open_.find(received->name); known != open_.end()) {
            known->second.erase(node);
        } else if (received->name.ends_with(" of " + scene.view.name(node))) {
            sent(scene, node, received->name);
        }
    }
    void on_healed(const Scene& scene) override {
        for (const auto& [name, waiting] : open_) {
            for (const auto& [node, life] : waiting) {
                if (!stays(scene.view, node) || scene.view.life(node) != life) continue;
                report(scene, scene.view.name(node) + " never received '" + name +
                                  "', sent after the attack");
            }
        }
    }

private:
    static constexpr Duration kPatience = std::chrono::seconds{60};

    // The sender is the first to receive its own event. No core may be read here: one is inside a
    // call.
    void sent(const Scene& scene, std::uint32_t sender, const std::string& name) {
        const ClusterView& view = scene.view;
        const auto quiet = times_.quiet_since();
        const Duration settled = view.now() - kPatience;
        if (!quiet || *quiet > settled) return;
        auto& waiting = open_[name];
        for (std::uint32_t n = 1; n <= view.nodes(); ++n) {
            if (n == sender || !view.running(n) || view.paused(n)) continue;
            if (!scene.faults.undisturbed(n, settled, view.now())) continue;
            if (!view.connected(sender, n) || !view.connected(n, sender)) continue;
            waiting[n] = view.life(n);
        }
    }
    AttackTimes times_;
    std::map<std::string, std::map<std::uint32_t, std::uint64_t>> open_;  // by event: node, life
};

}  // namespace

void add_attack_invariants(InvariantList& list, Findings& findings) {
    list.push_back(std::make_unique<ViewsRightAfterAttack>(findings));
    list.push_back(std::make_unique<HealthyNotDeadUnderAttack>(findings));
    list.push_back(std::make_unique<BoundsKeptUnderAttack>(findings));
    list.push_back(std::make_unique<NoProcessEndsByAttack>(findings));
    list.push_back(std::make_unique<ListsFollowMembership>(findings));
    list.push_back(std::make_unique<EventsPassAfterAttack>(findings));
}

}  // namespace rollcall::sim

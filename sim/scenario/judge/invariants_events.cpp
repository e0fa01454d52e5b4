// SPDX-License-Identifier: Apache-2.0
//
// The Serf layer: user events reach every member, once; each member answers a query once. Rules E1,
// E2, E4 to E6, I3 of docs/protocol.md.
#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

#include "sim/scenario/judge/invariant.h"

namespace rollcall::sim {
namespace {

using serf::UserEventReceived;

std::string event_text(const UserEventReceived& event) {
    return "'" + event.name + "' of time " + std::to_string(event.time.value());
}

// A process delivers no event twice to its application (E1), whether it arrives by gossip or by
// push/pull. Earlier runs of the process do not count: those are the snapshot's responsibility.
class EventDeliveredOnce final : public Invariant {
public:
    explicit EventDeliveredOnce(Findings& findings) : Invariant{"event-delivered-once", findings} {}

    void on_serf_event(const Scene& scene, std::uint32_t node, const serf::Event& event) override {
        const auto* received = std::get_if<UserEventReceived>(&event);
        if (received == nullptr) return;
        Process& process = processes_[node];
        const std::uint64_t life = scene.view.life(node);
        if (process.life != life) process = {.life = life};
        if (process.delivered.emplace(received->time.value(), received->name).second) return;
        report(scene, scene.view.name(node) + " delivers again " + event_text(*received));
    }

private:
    struct Process {
        std::uint64_t life = 0;
        std::set<std::pair<std::uint64_t, std::string>> delivered = {};
    };
    std::map<std::uint32_t, Process> processes_;
};

// A node that gossip missed receives an event by push/pull. Not checked for a node that does not
// run throughout or is not connected to the sender; that joins later, or joined at a Lamport time
// after the event's, as may be the case with a sender that has just started: a join skips past
// events (I3). Not checked at all when chance decides: fewer than nine tenths of the nodes received
// the event, or more than 400 events followed, of the 512 that are buffered.
class EventReachesAll final : public Invariant {
public:
    explicit EventReachesAll(Findings& findings) : Invariant{"event-reaches-all", findings} {}

    void on_serf_event(const Scene& scene, std::uint32_t node, const serf::Event& event) override {
        if (std::holds_alternative<serf::JoinFinished>(event)) {
            for (auto& [name, sent] : open_) sent.exempt(node);
            floors_[node] = latest_ + 1;
        }
        const auto* received = std::get_if<UserEventReceived>(&event);
        if (received == nullptr) return;
        latest_ = std::max(latest_, received->time.value());
        const auto [found, is_new] = open_.try_emplace(event_text(*received));
        if (is_new) {
            found->second = sent_by(scene.view, node, received->time.value());
        } else {
            found->second.waiting.erase(node);
        }
    }

    void on_sample(const Scene& scene) override {
        const ClusterView& view = scene.view;
        for (auto& entry : open_) {
            SentEvent& sent = entry.second;
            sent.receivers -= std::erase_if(sent.waiting, [&](const auto& receiver) {
                return !still_running(view, receiver) ||
                       !in_touch(view, sent.sender.first, receiver.first);
            });
        }
        std::erase_if(open_, [&](const auto& entry) {
            const SentEvent& sent = entry.second;
            return sent.waiting.empty() || !still_running(view, sent.sender) ||
                   latest_ - sent.time > kRemembered;
        });
    }

    void on_healed(const Scene& scene) override {
        for (const auto& [what, sent] : open_) {
            if (10 * sent.waiting.size() > sent.receivers) continue;
            for (const auto& [node, life] : sent.waiting) {
                report(scene, scene.view.name(node) + " never received " + what);
            }
        }
    }

private:
    static constexpr std::uint64_t kRemembered = 400;
    using Process = std::pair<std::uint32_t, std::uint64_t>;  // node and life

    struct SentEvent {
        Process sender;
        std::uint64_t time = 0;
        std::map<std::uint32_t, std::uint64_t> waiting;
        std::size_t receivers = 0;
        void exempt(std::uint32_t node) { receivers -= waiting.erase(node); }
    };

    static bool still_running(const ClusterView& view, const Process& process) {
        const auto& [node, life] = process;
        return view.life(node) == life && view.running(node) && !view.paused(node) &&
               !view.core(node).leaving();
    }
    static bool in_touch(const ClusterView& view, std::uint32_t a, std::uint32_t b) {
        return view.connected(a, b) && view.connected(b, a);
    }
    [[nodiscard]] SentEvent sent_by(const ClusterView& view, std::uint32_t sender,
                                    std::uint64_t time) const {
        SentEvent sent{.sender = {sender, view.life(sender)}, .time = time};
        for (std::uint32_t node = 1; node <= view.nodes(); ++node) {
            const Process receiver{node, view.life(node)};
            // The cores are inside a call: whether they are leaving is checked later.
            if (node == sender || !view.running(node) || view.paused(node)) continue;
            if (const auto floor = floors_.find(node);
                floor != floors_.end() && time < floor->second) {
                continue;
            }
            if (in_touch(view, sender, node)) sent.waiting.insert(receiver);
        }
        sent.receivers = sent.waiting.size();
        return sent;
    }

    std::map<std::string, SentEvent> open_;          // not yet received by all
    std::map<std::uint32_t, std::uint64_t> floors_;  // by node: earlier events are not checked
    std::uint64_t latest_ = 0;
};

// The sender of a query gets one ack and one answer from each member, and none once the query is
// over (E5).
class QueryAnsweredOnce final : public Invariant {
public:
    explicit QueryAnsweredOnce(Findings& findings) : Invariant{"query-answered-once", findings} {}

    void on_serf_event(const Scene& scene, std::uint32_t node, const serf::Event& event) override {
        const auto check = [&](RequestId request, const std::string& from, const char* what) {
            Asked& asked = asked_[{node, scene.view.life(node), request.value()}];
            if (asked.over) {
                report(scene, scene.view.name(node) + " gets " + what + " of " + from +
                                  " to a query that is over");
            }
            if (!asked.received.insert(what + from).second) {
                report(scene, scene.view.name(node) + " gets again " + what + " of " + from);
            }
        };
        if (const auto* acked = std::get_if<serf::QueryAcked>(&event)) {
            check(acked->request, acked->from, "an ack");
        } else if (const auto* answered = std::get_if<serf::QueryAnswered>(&event)) {
            check(answered->request, answered->from, "an answer");
        } else if (const auto* finished = std::get_if<serf::QueryFinished>(&event)) {
            asked_[{node, scene.view.life(node), finished->request.value()}].over = true;
        }
    }

private:
    struct Asked {
        std::set<std::string> received;
        bool over = false;
    };
    std::map<std::tuple<std::uint32_t, std::uint64_t, std::uint64_t>, Asked> asked_;
};

}  // namespace

void add_event_invariants(InvariantList& list, Findings& findings) {
    list.push_back(std::make_unique<EventDeliveredOnce>(findings));
    list.push_back(std::make_unique<EventReachesAll>(findings));
    list.push_back(std::make_unique<QueryAnsweredOnce>(findings));
}

}  // namespace rollcall::sim

// SPDX-License-Identifier: Apache-2.0
//
// What members tell each other through the Serf layer: user events reach everybody, once; queries
// are answered once by each. Rules E1, E2, E4 to E6, I3 of docs/protocol.md.
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

// A process tells its application no event twice (E1), whichever way it comes: gossip, its echo,
// exchanges of states. What a process heard before it ended is not remembered: that is the
// snapshot's business.
class EventsAreHeardOnce final : public Invariant {
public:
    explicit EventsAreHeardOnce(Findings& findings)
        : Invariant{"events-are-heard-once", findings} {}

    void serf_told(const Scene& scene, std::uint32_t node, const serf::Event& event) override {
        const auto* heard = std::get_if<UserEventReceived>(&event);
        if (heard == nullptr) return;
        Ear& ear = ears_[node];
        const std::uint64_t life = scene.view.life(node);
        if (ear.life != life) ear = {.life = life};
        if (ear.heard.emplace(heard->time.value(), heard->name).second) return;
        broken(scene, scene.view.name(node) + " is told again of " + event_text(*heard));
    }

private:
    struct Ear {
        std::uint64_t life = 0;
        std::set<std::pair<std::uint64_t, std::string>> heard = {};
    };
    std::map<std::uint32_t, Ear> ears_;
};

// Whom gossip missed hears of an event in an exchange of states. Excused is who does not run all
// the while, nor is in touch with the teller; who joins later, or has joined when times were later
// than the event's, as one's may be who has just started: a join passes over what is past (I3); and
// everybody when the news got about so little, or so much was said since, that
// chance decides: below nine tenths of the listeners, or 400 events of the 512 that are remembered.
class EventsReachEverybody final : public Invariant {
public:
    explicit EventsReachEverybody(Findings& findings)
        : Invariant{"events-reach-everybody", findings} {}

    void serf_told(const Scene& scene, std::uint32_t node, const serf::Event& event) override {
        if (std::holds_alternative<serf::JoinFinished>(event)) {
            for (auto& [name, news] : open_) news.excuse(node);
            floors_[node] = latest_ + 1;
        }
        const auto* heard = std::get_if<UserEventReceived>(&event);
        if (heard == nullptr) return;
        latest_ = std::max(latest_, heard->time.value());
        const auto [found, is_new] = open_.try_emplace(event_text(*heard));
        if (is_new) {
            found->second = begun(scene.view, node, heard->time.value());
        } else {
            found->second.waiting.erase(node);
        }
    }

    void sampled(const Scene& scene) override {
        const ClusterView& view = scene.view;
        for (auto& entry : open_) {
            News& news = entry.second;
            news.listeners -= std::erase_if(news.waiting, [&](const auto& listener) {
                return !goes_on(view, listener) ||
                       !in_touch(view, news.teller.first, listener.first);
            });
        }
        std::erase_if(open_, [&](const auto& entry) {
            const News& news = entry.second;
            return news.waiting.empty() || !goes_on(view, news.teller) ||
                   latest_ - news.time > kRemembered;
        });
    }

    void healed(const Scene& scene) override {
        for (const auto& [what, news] : open_) {
            if (10 * news.waiting.size() > news.listeners) continue;
            for (const auto& [node, life] : news.waiting) {
                broken(scene, scene.view.name(node) + " never heard of " + what);
            }
        }
    }

private:
    static constexpr std::uint64_t kRemembered = 400;
    using Process = std::pair<std::uint32_t, std::uint64_t>;  // node and life

    struct News {
        Process teller;
        std::uint64_t time = 0;
        std::map<std::uint32_t, std::uint64_t> waiting;
        std::size_t listeners = 0;
        void excuse(std::uint32_t node) { listeners -= waiting.erase(node); }
    };

    static bool goes_on(const ClusterView& view, const Process& process) {
        const auto& [node, life] = process;
        return view.life(node) == life && view.running(node) && !view.paused(node) &&
               !view.core(node).leaving();
    }
    static bool in_touch(const ClusterView& view, std::uint32_t a, std::uint32_t b) {
        return view.connected(a, b) && view.connected(b, a);
    }
    [[nodiscard]] News begun(const ClusterView& view, std::uint32_t teller,
                             std::uint64_t time) const {
        News news{.teller = {teller, view.life(teller)}, .time = time};
        for (std::uint32_t node = 1; node <= view.nodes(); ++node) {
            const Process listener{node, view.life(node)};
            // The cores are within a call: whether they are leaving is looked at later.
            if (node == teller || !view.running(node) || view.paused(node)) continue;
            if (const auto floor = floors_.find(node);
                floor != floors_.end() && time < floor->second) {
                continue;
            }
            if (in_touch(view, teller, node)) news.waiting.insert(listener);
        }
        news.listeners = news.waiting.size();
        return news;
    }

    std::map<std::string, News> open_;               // that somebody has not heard of
    std::map<std::uint32_t, std::uint64_t> floors_;  // no earlier time counts with this node
    std::uint64_t latest_ = 0;
};

// Of each member an asker is told one ack and one answer, and nothing once the query is over (E5).
class QueriesAreAnsweredOnce final : public Invariant {
public:
    explicit QueriesAreAnsweredOnce(Findings& findings)
        : Invariant{"queries-are-answered-once", findings} {}

    void serf_told(const Scene& scene, std::uint32_t node, const serf::Event& event) override {
        const auto check = [&](RequestId request, const std::string& from, const char* what) {
            Asked& asked = asked_[{node, scene.view.life(node), request.value()}];
            if (asked.over) {
                broken(scene, scene.view.name(node) + " is told of " + what + " of " + from +
                                  " to a query that is over");
            }
            if (!asked.told.insert(what + from).second) {
                broken(scene, scene.view.name(node) + " is told again of " + what + " of " + from);
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
        std::set<std::string> told;
        bool over = false;
    };
    std::map<std::tuple<std::uint32_t, std::uint64_t, std::uint64_t>, Asked> asked_;
};

}  // namespace

void add_news_invariants(InvariantList& list, Findings& findings) {
    list.push_back(std::make_unique<EventsAreHeardOnce>(findings));
    list.push_back(std::make_unique<EventsReachEverybody>(findings));
    list.push_back(std::make_unique<QueriesAreAnsweredOnce>(findings));
}

}  // namespace rollcall::sim

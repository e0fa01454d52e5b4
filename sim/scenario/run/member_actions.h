// SPDX-License-Identifier: Apache-2.0
//
// What members announce and send: new metadata, user events, queries and their answers. Each
// message is different, since duplicates are not delivered.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/scenario/run/numbered_cluster.h"
#include "sim/scenario/run/operator_words.h"

namespace rollcall::sim {

template <class Core>
class MemberActions {
public:
    using Outbox = typename Core::Outbox;

    explicit MemberActions(NumberedCluster<Core>& cluster)
        : cluster_{cluster}, nodes_(cluster.nodes()) {}

    void apply(const action::UpdateMeta& a) {
        each_that_can(a.who, [&](std::uint32_t n) {
            const std::string news = "update " + std::to_string(++of(n).updates);
            cluster_.at(n).command(
                [&](Core& core, Time now, Outbox& out) { announce(core, now, news, out); });
        });
    }
    void apply(const action::SendEvent& a) {
        each_that_can(a.who, [&](std::uint32_t n) {
            const std::string what = next_message("event", n);
            cluster_.at(n).command(
                [&](Core& core, Time now, Outbox& out) { send_event(core, now, what, out); });
        });
    }
    void apply(const action::SendQuery& a) {
        each_that_can(a.who, [&](std::uint32_t n) {
            const std::string what = next_message("query", n);
            cluster_.at(n).command(
                [&](Core& core, Time now, Outbox& out) { send_query(core, now, what, out); });
        });
    }
    void apply(const action::Tune& a) {
        for (const std::uint32_t n : a.who) {
            if (!cluster_.running(n) || cluster_.paused(n) || cluster_.core(n).leaving()) continue;
            serf::TuneRequest request{.verb = serf::TuneRequest::Verb::prepare,
                                      .id = "t" + std::to_string(++tunings_),
                                      .revert_after = a.revert_after,
                                      .values = {}};
            for (const std::string& value : a.values) {
                const std::size_t equals = value.find('=');
                request.values.emplace_back(value.substr(0, equals), value.substr(equals + 1));
            }
            const std::vector<std::string> nodes = a.who.size() == cluster_.nodes()
                                                       ? std::vector<std::string>{}
                                                       : cluster_.names(a.who);
            ask_to_tune_at(n, request, nodes);
            request.verb = serf::TuneRequest::Verb::apply;
            return cluster_.sim().after(query_time(cluster_.at(n).core()),
                                        [this, n, life = cluster_.life(n), request, nodes] {
                                            if (life == cluster_.life(n))
                                                ask_to_tune_at(n, request, nodes);
                                        });
        }
    }
    // The application of every node answers each query with the name of the node.
    void on_query(std::uint32_t n, const serf::QueryReceived& query) {
        if (!query.expects_answer) return;
        cluster_.sim().after(Duration{}, [this, n, life = cluster_.life(n), query = query.handle] {
            if (life != cluster_.life(n) || cluster_.paused(n)) return;
            cluster_.at(n).command([&](Core& core, Time now, Outbox& out) {
                answer(core, now, query, cluster_.name(n), out);
            });
        });
    }

private:
    struct Said {
        unsigned updates = 0;
        unsigned messages = 0;  // user events and queries
    };
    void ask_to_tune_at(std::uint32_t n, const serf::TuneRequest& request,
                        const std::vector<std::string>& nodes) {
        cluster_.at(n).command([&](Core& core, Time now, Outbox& out) {
            ask_to_tune(core, now, request, nodes, out);
        });
    }
    [[nodiscard]] Said& of(std::uint32_t n) { return nodes_[n - 1]; }
    [[nodiscard]] std::string next_message(const char* kind, std::uint32_t n) {
        return std::string{kind} + " " + std::to_string(++of(n).messages) + " of " +
               cluster_.name(n);
    }
    template <class F>
    void each_that_can(const Nodes& who, F&& f) {
        cluster_.each_running(who, [&](std::uint32_t n) {
            if (!cluster_.paused(n) && !cluster_.core(n).leaving()) f(n);
        });
    }

    NumberedCluster<Core>& cluster_;
    std::vector<Said> nodes_;  // by number - 1
    unsigned tunings_ = 0;
};

}  // namespace rollcall::sim

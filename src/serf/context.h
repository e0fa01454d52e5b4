// SPDX-License-Identifier: Apache-2.0
//
// The state that the machines of one Serf share: settings, the membership core with its random
// numbers, the member table, clocks, queues, counters. Internal to this folder; a Serf owns exactly
// one. No decisions are made here.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/ids.h"
#include "membership/application.h"
#include "membership/node.h"
#include "serf/bare_application.h"
#include "serf/config.h"
#include "serf/intent_buffer.h"
#include "serf/lamport_clock.h"
#include "serf/leave.h"
#include "serf/members.h"
#include "serf/queues.h"
#include "serf/stats.h"

namespace rollcall::serf {

struct Context {
    // `app` handles the node's application data, unless there is no Serf layer (rule M2).
    Context(Config config_, membership::Application& app, wire::EntropySource& entropy,
            std::uint64_t seed, std::shared_ptr<membership::ProfilePool> profiles,
            WorkClock& work_clock = still_clock());
    Context(const Context&) = delete;
    Context& operator=(const Context&) = delete;

    Config config;  // only its timings ever change (rule L4)
    Tags tags;      // our current ones
    Stats stats;    // of events; sizes and clocks are added when it is read
    BareApplication bare{stats.foreign};
    membership::Node node;
    Members members;
    IntentBuffer early_intents;  // about members that are not known yet
    Queues queues;
    LamportClock clock, event_clock, query_clock;
    LifeState life = LifeState::alive;

    // Rule M2. Without it nothing of this layer is sent, and nothing received is read.
    [[nodiscard]] bool speaks_serf() const { return config.delegate == Delegate::serf; }
    [[nodiscard]] const std::string& name() const { return config.membership.name; }
    [[nodiscard]] Queues::Cluster cluster() const {
        return {.members = members.size(),
                .encrypted = !node.keyring().empty(),
                .packet_sender = node.packet_sender()};
    }
    [[nodiscard]] std::size_t others_alive() const {
        const Member* self = members.find(name());
        const bool self_counts = self != nullptr && self->status == Status::alive;
        return members.alive() - (self_counts ? 1 : 0);
    }
    // The highest bit distinguishes requests of this layer from those of the node.
    RequestId new_request() { return RequestId{(std::uint64_t{1} << 63) | ++last_request_}; }

private:
    std::uint64_t last_request_ = 0;
};

}  // namespace rollcall::serf

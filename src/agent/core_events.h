// SPDX-License-Identifier: Apache-2.0
//
// Dispatches the core's output to the parts of the agent: each Outbox to the log, the joiner and
// the snapshot, then each event to the delivery and to the part that handles it. One overload per
// kind of event, so that a new kind does not compile until it is handled. The loop's thread.
#pragma once

#include <functional>
#include <string>
#include <utility>

#include "agent/control/built_in_queries.h"
#include "agent/control/cluster_commands.h"
#include "agent/control/event_delivery.h"
#include "agent/doctor/doctor.h"
#include "agent/files/persistence.h"
#include "agent/join/joiner.h"
#include "agent/join/rejoiner.h"
#include "agent/join/seed_keeper.h"
#include "agent/journal/member_names.h"
#include "agent/journal/sightings.h"
#include "agent/log/event_log.h"
#include "agent/log/logging.h"
#include "agent/metrics/metrics.h"
#include "agent/service/service_notifier.h"
#include "serf/serf.h"

namespace rollcall::agent {

class CoreEvents {
public:
    struct Parts {
        const serf::Serf& core;
        Log& log;
        Joiner& joiner;
        SeedKeeper& seeds;
        Rejoiner* rejoiner;  // null: no snapshot
        Persistence& persistence;
        EventDelivery& delivery;
        ClusterCommands& commands;
        Sightings& sightings;
        MemberNames& names;
        Metrics& metrics;
        BuiltInQueries& built_in_queries;
        Doctor& doctor;
        ServiceNotifier& service;
        std::function<void()> left;       // the leave is finished
        std::function<void()> name_lost;  // the members voted that another node has this name
    };
    explicit CoreEvents(Parts parts)
        : parts_{std::move(parts)}, event_log_{parts_.log, parts_.core.node().config().name} {}

    void handle(const serf::Serf::Outbox& out);

private:
    void handle(const serf::MemberEvent& event);
    void handle(const serf::LeaveFinished& event);
    void handle(const serf::ForceLeaveFinished& event) { parts_.commands.handle(event); }
    void handle(const serf::TagsFinished& event) { parts_.commands.handle(event); }
    void handle(const serf::QueryAcked& event) { parts_.commands.handle(event); }
    void handle(const serf::QueryAnswered& event) { parts_.commands.handle(event); }
    void handle(const serf::QueryFinished& event) { parts_.commands.handle(event); }
    void handle(const serf::KeyCommandFinished& event) { parts_.commands.handle(event); }
    void handle(const serf::KeyringChanged& event);
    void handle(const serf::NameConflictDecided& event);
    void handle(const serf::BuiltInQueryReceived& event) { parts_.built_in_queries.handle(event); }
    // Handled elsewhere: from the Outbox, by the event feed, or by the log.
    void handle(const serf::JoinFinished&) {}
    void handle(const serf::UserEventReceived&) {}
    void handle(const serf::QueryReceived&) {}
    void handle(const serf::MessageRejected&) {}
    void handle(const serf::KeyCommandHandled&) {}
    void handle(const serf::TimingsTuned&) {}

    Parts parts_;
    EventLog event_log_;
};

}  // namespace rollcall::agent

// SPDX-License-Identifier: Apache-2.0
//
// What the core reports goes to the parts of the agent from here: an Outbox as a whole to the log,
// to joins and to the snapshot, then each event to the feed and to the part that it concerns. One
// overload for each kind of event, so that a new kind does not compile until it has its place.
// The loop's thread.
#pragma once

#include <functional>
#include <string>
#include <utility>

#include "agent/control/cluster_commands.h"
#include "agent/control/event_delivery.h"
#include "agent/files/persistence.h"
#include "agent/join/joiner.h"
#include "agent/join/rejoiner.h"
#include "agent/join/seed_keeper.h"
#include "agent/log/event_log.h"
#include "agent/log/logging.h"
#include "serf/serf.h"

namespace rollcall::agent {

class CoreEvents {
public:
    struct Parts {
        const serf::Serf& core;
        Log& log;
        Joiner& joiner;
        SeedKeeper& seeds;
        Rejoiner* rejoiner;  // null: nothing was remembered
        Persistence& persistence;
        EventDelivery& delivery;
        ClusterCommands& commands;
        std::function<void()> left;       // the cluster knows that we left
        std::function<void()> name_lost;  // this node's name belongs to another one
    };
    explicit CoreEvents(Parts parts) : parts_{std::move(parts)}, event_log_{parts_.log} {}

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
    void handle(const serf::KeyringChanged& event) {
        parts_.persistence.save_keyring(event.change);
    }
    void handle(const serf::NameConflictDecided& event);
    // Read from the Outbox, by the feed, or by the log alone.
    void handle(const serf::JoinFinished&) {}
    void handle(const serf::UserEventReceived&) {}
    void handle(const serf::QueryReceived&) {}
    void handle(const serf::MessageRejected&) {}
    void handle(const serf::KeyCommandHandled&) {}

    Parts parts_;
    EventLog event_log_;
};

}  // namespace rollcall::agent

// SPDX-License-Identifier: Apache-2.0
//
// The Serf layer: the same interface as the membership core, which it owns. Adds tags, Lamport
// clocks, join and leave intents, the member state table, reaping and reconnecting, user events,
// queries, keys changed by query and votes on names. Sans-I/O, one thread. Decides nothing: its
// Router passes everything to the responsible machine.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "membership/node.h"
#include "serf/command_error.h"
#include "serf/config.h"
#include "serf/coordinate.h"
#include "serf/events.h"
#include "serf/leave.h"
#include "serf/message_error.h"
#include "serf/outbox.h"
#include "serf/query_params.h"
#include "serf/snapshot.h"
#include "serf/stats.h"
#include "serf/tuning.h"

namespace rollcall::serf {

struct Router;

class Serf {
public:
    using Outbox = serf::Outbox;

    // `config` must be valid; `entropy` and `clock` are borrowed. `seed` decides every draw.
    Serf(Config config, wire::EntropySource& entropy, std::uint64_t seed,
         std::shared_ptr<membership::ProfilePool> profiles = {}, WorkClock& clock = still_clock());
    ~Serf();
    Serf(const Serf&) = delete;
    Serf& operator=(const Serf&) = delete;

    // Before start(): events seen before the restart are not reported again (rule H2).
    void restore(const LastSeen& last);

    // --- from the world: see membership/core.h ---------------------------------------------------
    void start(Time now, Outbox& out);
    void handle_packet(Time now, Endpoint from, Bytes packet, Outbox& out);
    void handle_send_error(Time now, Endpoint to, membership::SendError error, Outbox& out);
    void handle_timeout(Time now, Outbox& out);
    void handle_stream_accepted(Time now, StreamId id, Endpoint from, Outbox& out);
    void handle_stream_connected(Time now, StreamId id, Outbox& out);
    void handle_stream_data(Time now, StreamId id, Bytes bytes, Outbox& out);
    void handle_stream_closed(Time now, StreamId id, membership::StreamEnd end, Outbox& out);
    [[nodiscard]] std::optional<Time> next_deadline() const;

    // --- commands --------------------------------------------------------------------------------
    // Joins through each peer and, if any answered, gossips a join intent. Ends with JoinFinished.
    // `replay`: deliver the cluster's old user events too.
    Result<RequestId, CommandError> join(Time now, std::span<const membership::JoinPeer> peers,
                                         bool replay, Outbox& out);
    // The same to return to the members known before a restart: no join was requested, so no intent
    // is gossiped, and the user events sent meanwhile are delivered.
    Result<RequestId, CommandError> rejoin(Time now, std::span<const membership::JoinPeer> peers,
                                           Outbox& out);
    // Ends with LeaveFinished: intent, memberlist's leave, propagation delay. When already left it
    // ends at once. Without the Serf layer (rule M2) there is no intent.
    Result<RequestId, CommandError> leave(Time now, Outbox& out);
    // Turns a failed member into a left one; with `prune` erases it. Ends with ForceLeaveFinished.
    // An unknown name is not an error: the intent is gossiped.
    Result<RequestId, CommandError> force_leave(Time now, std::string_view name, bool prune,
                                                Outbox& out);
    // Replaces all tags. Ends with TagsFinished. tags_too_large also when our alive claim would not
    // fit into a packet of ours; then nothing changed.
    Result<RequestId, CommandError> set_tags(Time now, Tags tags, Outbox& out);
    // Sends a user event to all members, ourselves included. Rule E4.
    std::optional<MessageError> user_event(Time now, std::string_view name, Bytes payload,
                                           bool coalesce, Outbox& out);
    // Queries the members that match the filters, ourselves included. Results are QueryAcked and
    // QueryAnswered events, until QueryFinished. Rule E5.
    Result<RequestId, MessageError> query(Time now, const QueryParams& params, Outbox& out);
    // Answers a query of a QueryReceived event, once and before its deadline. Rule E6.
    std::optional<MessageError> respond(Time now, QueryHandle query, Bytes payload, Outbox& out);
    // Changes or lists the keys of all members. Ends with KeyCommandFinished. `key` is raw, empty
    // to list; members judge it. Rule K2.
    Result<RequestId, MessageError> key_command(Time now, KeyCommand command, Bytes key,
                                                Outbox& out);
    // The keyring of KeyringChanged is on disk, or the error: then the asker gets a failure, though
    // the change is in effect here. An unknown number is ignored.
    void keyring_saved(Time now, std::uint64_t change, std::string_view error, Outbox& out);
    // No more events are reported for this query.
    void forget_query(RequestId query);

    // Rule L5: tests the link to an address. Ends with membership's LinkTested; nullopt: too many.
    std::optional<RequestId> test_link(Time now, const membership::LinkTestPlan& plan, Outbox& out);
    // Rule S8: changes the address that we advertise. False: nothing changed.
    bool set_address(Time now, const Endpoint& endpoint, Outbox& out);
    // Rule L4: changes the timings. On error nothing changed; it names the field.
    std::optional<membership::ConfigError> reconfigure(Time now, const TimingSettings& timing,
                                                       Outbox& out);
    // Rule L6: a request of an operator of this agent, and the answer (serf/tune_messages.h).
    [[nodiscard]] std::string tune(Time now, std::string_view request, Outbox& out);

    // --- views -----------------------------------------------------------------------------------
    [[nodiscard]] std::vector<MemberRecord> members() const;  // every status, by name
    [[nodiscard]] std::vector<std::string> names_up() const;  // alive or leaving, unordered
    [[nodiscard]] std::optional<MemberRecord> member(std::string_view name) const;
    [[nodiscard]] const Tags& tags() const;
    // Our network coordinate. Nullopt only with disable_coordinates.
    [[nodiscard]] std::optional<Coordinate> coordinate() const;
    // A member's coordinate from its last ack of a probe of ours; for our own name, ours.
    // Nullopt: no member of that name, or it never sent one.
    [[nodiscard]] std::optional<Coordinate> coordinate_of(std::string_view name) const;
    [[nodiscard]] LifeState life() const;
    [[nodiscard]] TuningView tuning() const;
    [[nodiscard]] Duration default_query_timeout() const;  // for the current cluster size
    [[nodiscard]] Stats stats() const;
    [[nodiscard]] const membership::Node& node() const;
    [[nodiscard]] wire::Keyring& keyring();
    // See membership::Node.
    void set_encryption(wire::Encryption encryption);

private:
    std::unique_ptr<Router> router_;
};

}  // namespace rollcall::serf

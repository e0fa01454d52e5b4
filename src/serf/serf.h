// SPDX-License-Identifier: Apache-2.0
//
// The Serf layer: the same surface as the membership core, which it owns. Adds tags, Lamport
// clocks, join and leave intents, the member state table, reaping and reconnecting, user events,
// queries, keys changed by query and votes on names. Sans-I/O, one thread. Decides nothing: its
// Router hands everything to the machine that does.
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
#include "serf/outbox.h"
#include "serf/query_params.h"
#include "serf/say_error.h"
#include "serf/snapshot.h"
#include "serf/stats.h"

namespace rollcall::serf {

struct Router;

class Serf {
public:
    using Outbox = serf::Outbox;

    // `config` must be valid; `entropy` is borrowed. `seed` decides every draw.
    Serf(Config config, wire::EntropySource& entropy, std::uint64_t seed,
         std::shared_ptr<membership::ProfilePool> profiles = {});
    ~Serf();
    Serf(const Serf&) = delete;
    Serf& operator=(const Serf&) = delete;

    // Before start(): what an earlier life had seen is not told again (rule H2).
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
    // The same to come back to members that an earlier life knew: nobody asked to join anything, so
    // no intent is gossiped, and what they said meanwhile is delivered.
    Result<RequestId, CommandError> rejoin(Time now, std::span<const membership::JoinPeer> peers,
                                           Outbox& out);
    // Ends with LeaveFinished: intent, memberlist's leave, propagation delay. When already left it
    // ends at once. Without the Serf layer (rule M2) there is no intent.
    Result<RequestId, CommandError> leave(Time now, Outbox& out);
    // Turns a failed member into a left one; with `prune` erases it. Ends with ForceLeaveFinished.
    // An unknown name is no error: the intent is gossiped all the same.
    Result<RequestId, CommandError> force_leave(Time now, std::string_view name, bool prune,
                                                Outbox& out);
    // Replaces all tags. Ends with TagsFinished. tags_too_large also when they leave no room for
    // the rest of the news in a packet of ours; then nothing changed.
    Result<RequestId, CommandError> set_tags(Time now, Tags tags, Outbox& out);
    // Tells all members, ourselves included, once each. Rule E4.
    std::optional<SayError> user_event(Time now, std::string_view name, Bytes payload,
                                       bool coalesce, Outbox& out);
    // Asks the members that the filters fit, ourselves included. QueryAcked and QueryAnswered tell
    // who did, until QueryFinished. Rule E5.
    Result<RequestId, SayError> query(Time now, const QueryParams& params, Outbox& out);
    // Answers a query that QueryReceived told of, once and before its deadline. Rule E6.
    std::optional<SayError> respond(Time now, QueryHandle query, Bytes payload, Outbox& out);
    // Changes or lists the keys of all members. Ends with KeyCommandFinished. `key` is raw, empty
    // to list; members judge it. Rule K2.
    Result<RequestId, SayError> key_command(Time now, KeyCommand command, Bytes key, Outbox& out);
    // The keyring of KeyringChanged is on disk, or why it is not: then who asked is told that the
    // change failed, though it is in effect here. A number that nobody waits for is ignored.
    void keyring_saved(Time now, std::uint64_t change, std::string_view error, Outbox& out);
    // Nobody waits for its acks and answers any more: nothing of it is told from here on.
    void forget_query(RequestId query);

    // Rule S8: others reach us elsewhere from now on. False: nothing changed.
    bool set_address(Time now, const Endpoint& endpoint, Outbox& out);
    // Rule L4: other timings from now on. The error names the field; then nothing changed.
    std::optional<membership::ConfigError> reconfigure(Time now, const TimingSettings& timing,
                                                       Outbox& out);

    // --- views -----------------------------------------------------------------------------------
    [[nodiscard]] std::vector<MemberRecord> members() const;  // every status, by name
    [[nodiscard]] std::optional<MemberRecord> member(std::string_view name) const;
    [[nodiscard]] const Tags& tags() const;
    // Where we are in the network. Nullopt only with disable_coordinates.
    [[nodiscard]] std::optional<Coordinate> coordinate() const;
    // Where a member was at its last answer to a probe of ours; by our own name, where we are.
    // Nullopt: nobody of that name, or it never told.
    [[nodiscard]] std::optional<Coordinate> coordinate_of(std::string_view name) const;
    [[nodiscard]] LifeState life() const;
    [[nodiscard]] Duration default_query_timeout() const;  // for a cluster of today's size
    [[nodiscard]] Stats stats() const;
    [[nodiscard]] const membership::Node& node() const;
    [[nodiscard]] wire::Keyring& keyring();

private:
    std::unique_ptr<Router> router_;
};

}  // namespace rollcall::serf

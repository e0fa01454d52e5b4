// SPDX-License-Identifier: Apache-2.0
//
// The Serf layer: the same surface as the membership core, which it owns. Adds tags, Lamport
// clocks, join and leave intents, the member state table, reaping and reconnecting, user events,
// queries, keys changed by query and votes on names. Sans-I/O, one thread. A router: the machines
// beside it decide.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "membership/node.h"
#include "serf/config.h"
#include "serf/coordinate.h"
#include "serf/events.h"
#include "serf/query_params.h"
#include "serf/say_error.h"
#include "serf/snapshot.h"
#include "serf/stats.h"

namespace rollcall::serf {

// The core's Outbox, plus what became known in Serf's terms. Membership events stay readable too:
// they say who accused whom.
class Outbox : public membership::Outbox {
public:
    using membership::Outbox::notify;
    void notify_serf(Event event) { serf_events_.push_back(std::move(event)); }
    [[nodiscard]] std::span<const Event> serf_events() const { return serf_events_; }
    [[nodiscard]] bool empty() const { return membership::Outbox::empty() && serf_events_.empty(); }
    void clear() {
        membership::Outbox::clear();
        serf_events_.clear();
    }

private:
    std::vector<Event> serf_events_;
};

enum class LifeState : std::uint8_t { alive, leaving, left };

enum class CommandError : std::uint8_t {
    not_alive,        // "Serf can't Join after Leave or Shutdown"
    already_leaving,  // "Leave already in progress"
    tags_too_large,   // "Encoded length of tags exceeds limit of 512 bytes"
    no_serf_layer,    // kNoSerfLayer: delegate none
};
// Serf's own text where it has one, see above.
[[nodiscard]] std::string_view to_string(CommandError error);

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
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace rollcall::serf

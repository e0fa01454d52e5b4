// SPDX-License-Identifier: Apache-2.0
//
// The membership core: SWIM with Lifeguard, memberlist's dialect. Sans-I/O: every call gets the
// time and an Outbox, nothing else goes in or out (docs/architecture.md). A router: it decides the
// order and calls the machines (claims, probe, suspicion, gossip, push-pull), which decide the
// rest. One thread. A `now` earlier than that of a previous call is a programming error.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "base/bytes.h"
#include "base/endpoint.h"
#include "base/ids.h"
#include "base/result.h"
#include "base/rng.h"
#include "base/time.h"
#include "base/time_budget.h"
#include "membership/application.h"
#include "membership/config.h"
#include "membership/core.h"
#include "membership/link_test_plan.h"
#include "membership/member_table.h"
#include "membership/outbox.h"
#include "membership/plain_text.h"
#include "membership/send_watch.h"
#include "membership/stats.h"
#include "wire/keyring.h"
#include "wire/messages.h"
#include "wire/packet.h"

namespace rollcall::membership {

// A peer to join through: already resolved. `name` may be "" (any node there).
struct JoinPeer {
    Endpoint endpoint;
    std::string name;
};

// A member known in advance: from before a restart, or when many nodes are started as one cluster.
struct KnownMember {
    wire::Alive claim;  // the last one, borrowed; rules S5 and S6 apply to it
    // A suspect is added as alive: its suspicion timer did not survive the restart.
    State state = State::alive;
};

enum class CommandError : std::uint8_t {
    leaving,         // not possible once leaving
    meta_too_large,  // more than 512 bytes
    message_too_large,
};

class Node {
public:
    using Outbox = membership::Outbox;

    // `config` must be valid. `app` and `entropy` are borrowed and must outlive the node. `seed`
    // decides every draw: two nodes with the same seed and inputs behave alike. Nodes of one thread
    // that know the same members may share `profiles`; without it the node has its own. `clock` is
    // borrowed: it bounds the work that others can cause, and no decision of the protocol reads it.
    Node(Config config, Application& app, wire::EntropySource& entropy, std::uint64_t seed,
         std::shared_ptr<ProfilePool> profiles = {}, WorkClock& clock = still_clock());
    ~Node();
    Node(const Node&) = delete;
    Node& operator=(const Node&) = delete;

    // Adds members known in advance, once, right after start(): from the snapshot of a previous
    // run, or when many nodes are started as one cluster. They cause no broadcasts and no events.
    // Those known already are skipped. Returns how many were added.
    std::size_t adopt_members(Time now, std::span<const KnownMember> members);

    // --- from the world ------------------------------------------------------------------------
    void start(Time now, Outbox& out);  // once, first
    void handle_packet(Time now, Endpoint from, Bytes packet, Outbox& out);
    void handle_send_error(Time now, Endpoint to, SendError error, Outbox& out);
    void handle_timeout(Time now, Outbox& out);
    void handle_stream_accepted(Time now, StreamId id, Endpoint from, Outbox& out);
    void handle_stream_connected(Time now, StreamId id, Outbox& out);
    void handle_stream_data(Time now, StreamId id, Bytes bytes, Outbox& out);
    void handle_stream_closed(Time now, StreamId id, StreamEnd end, Outbox& out);
    [[nodiscard]] std::optional<Time> next_deadline() const;
    // For experiments (rule V5): blocks or unblocks all sends. Loops that send stop at their next
    // message; suspicions go on.
    void handle_sends_blocked(Time now, bool blocked, Outbox& out);

    // --- commands ------------------------------------------------------------------------------
    // Push/pull with each peer, a few at a time. Ends with one JoinFinished.
    RequestId join(Time now, std::span<const JoinPeer> peers, Outbox& out);
    // Announces new metadata under a higher incarnation. Ends with UpdateFinished: once the claim
    // was sent often enough (at once when no other member is alive), or after `timeout`.
    Result<RequestId, CommandError> update_meta(Time now, Bytes meta, Duration timeout,
                                                Outbox& out);
    // Announces that we leave. Ends with LeaveFinished likewise; timeout 0 waits indefinitely.
    // Afterwards the node still answers and gossips until it is destroyed. A second call ends at
    // once.
    RequestId leave(Time now, Duration timeout, Outbox& out);
    // Rule S8: changes the address that we advertise. False: it is the current one, or we are
    // leaving; nothing changed.
    bool set_address(Time now, const WireAddress& address, std::uint16_t port, Outbox& out);
    // Rule L4: changes the timings. On error nothing changed; it names the field.
    std::optional<ConfigError> reconfigure(Time now, const TimingSettings& timing, Outbox& out);
    // Rule L5: tests the link to an address. Ends with LinkTested; nullopt: too many run. The
    // plan's target must have an address and a port.
    std::optional<RequestId> test_link(Time now, const LinkTestPlan& plan, Outbox& out);
    // The next push/pull begins within two seconds. For the layer above, from within its calls too.
    void exchange_soon(Time now);
    // Sends one user message directly to a peer, outside gossip. Counted, never queued.
    std::optional<CommandError> send_user(Time now, Endpoint to, Bytes message, Outbox& out);

    // --- views ---------------------------------------------------------------------------------
    [[nodiscard]] const Config& config() const;
    [[nodiscard]] const MemberTable& members() const;
    [[nodiscard]] MemberId self() const;
    [[nodiscard]] Member self_member() const;
    // Whether it is one of our last former addresses (rule S8).
    [[nodiscard]] bool was_ours(const WireAddress& address, std::uint16_t port) const;
    // Of a suspect: the first accuser, then those who confirmed (rule T3). Else empty.
    [[nodiscard]] std::span<const std::string> accusers(MemberId member) const;
    [[nodiscard]] unsigned alive_count() const;  // alive and suspect, with ourselves
    // Whether a member has known us under our name at our address.
    [[nodiscard]] bool acknowledged() const;
    [[nodiscard]] unsigned health_score() const;  // 0 is healthy
    // Rule P7: since when no datagram leaves this host, and why.
    [[nodiscard]] std::optional<SendWatch::Failing> sends_failing() const;
    [[nodiscard]] std::size_t broadcasts_queued() const;
    [[nodiscard]] bool leaving() const;
    [[nodiscard]] const Stats& stats() const;
    [[nodiscard]] wire::Keyring& keyring();
    [[nodiscard]] const wire::Keyring& keyring() const;
    // What is done with the keys; can change at any time.
    [[nodiscard]] wire::Encryption encryption() const;
    void set_encryption(wire::Encryption encryption);
    [[nodiscard]] bool encrypts() const;  // sends sealed: has a key, and uses it
    [[nodiscard]] const PlainText& plain_text() const;
    // The sender of the packet that is being handled, if it is a member known by its address. For
    // queueing its messages: the sender knows them already.
    [[nodiscard]] std::optional<MemberId> packet_sender() const;
    // The random numbers, for the layer above: both use one seed.
    [[nodiscard]] Rng& rng();
    [[nodiscard]] WorkClock& work_clock();

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

static_assert(ProtocolCore<Node>);

}  // namespace rollcall::membership

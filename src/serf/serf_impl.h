// SPDX-License-Identifier: Apache-2.0
//
// The inside of Serf: what the files serf.cpp (surface), serf_members.cpp (who is here),
// serf_messages.cpp (what is said), serf_events.cpp, serf_queries.cpp (what others ask),
// serf_asking.cpp (what we ask), serf_internal.cpp (what Serfs ask each other) and
// serf_coordinates.cpp (where everybody is) share. Internal to this room.
//
// Order matters in one thing above all: an intent must meet the member that membership has just
// told us of. So membership's events are absorbed, in their order, before any message or state is
// looked at and after every call into the node.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "membership/application.h"
#include "membership/node.h"
#include "serf/asked_queries.h"
#include "serf/bare_application.h"
#include "serf/intent_buffer.h"
#include "serf/lamport_clock.h"
#include "serf/leave.h"
#include "serf/members.h"
#include "serf/messages.h"
#include "serf/open_queries.h"
#include "serf/push_pull_state.h"
#include "serf/query_filters.h"
#include "serf/queues.h"
#include "serf/recent_items.h"
#include "serf/recent_ring.h"
#include "serf/serf.h"
#include "serf/token_bucket.h"
#include "serf/vivaldi.h"

namespace rollcall::serf {

struct Serf::Impl final : membership::Application {
    struct Join {
        RequestId request;
        bool replay = false;    // old events are delivered
        bool announce = false;  // an intent follows
    };

    Impl(Config config_, wire::EntropySource& entropy, std::uint64_t seed,
         std::shared_ptr<membership::ProfilePool> profiles);

    // --- serf.cpp: the order of things ---------------------------------------------------------
    // Runs one call into the node and everything that follows from it.
    template <class Call>
    void run(Time now, Outbox& out, Call&& call) {
        absorbed_ = out.events().size();
        call();
        settle(now, out);
    }
    void settle(Time now, Outbox& out);
    void expire(Time now, Outbox& out);
    [[nodiscard]] std::optional<Time> next_deadline() const;
    [[nodiscard]] LifeState life() const;
    Result<RequestId, CommandError> join(Time now, std::span<const membership::JoinPeer> peers,
                                         Join kind, Outbox& out);
    void take_step_of_leave(Time now, Outbox& out);
    [[nodiscard]] Queues::Cluster cluster() const {
        return {.members = members.size(),
                .encrypted = !node.keyring().empty(),
                .teller = node.teller()};
    }
    // Rule M2. Without it nothing of this layer is sent, and nothing that came is read.
    [[nodiscard]] bool speaks_serf() const { return config.delegate == Delegate::serf; }
    // What the node gives and takes application data to.
    [[nodiscard]] membership::Application& application() {
        if (speaks_serf()) return *this;
        return bare;
    }
    RequestId new_request() { return RequestId{kOurRequests | ++last_request_}; }

    // --- serf_members.cpp ----------------------------------------------------------------------
    void absorb(Time now, Outbox& out);
    void sight(Time now, const membership::About& about, bool up, Outbox& out);
    // Why a member's status changed, for its event; borrowed.
    struct Reason {
        std::string_view from = {};
        std::span<const std::string> accusers = {};
        bool by_intent = false;
    };
    void lose(Time now, const membership::About& about, const Reason& why, Outbox& out);
    void depart(Time now, const membership::About& about, Outbox& out);
    void join_finished(Time now, const membership::JoinFinished& event, Outbox& out);
    void update_finished(const membership::UpdateFinished& event, Outbox& out);
    // True: others should hear of it too. The time is witnessed already.
    bool intend(Time now, std::string_view name, Intent intent, bool prune, Outbox& out);
    // Says that we are here to stay: after a join, and against a leave intent about ourselves.
    void announce_ourselves(Time now, Outbox& out);
    void tell_directly(Time now, Bytes intent, Outbox& out);
    void tell(const Effect& effect, std::string_view name, const Reason& why, Outbox& out);
    void prune(Time now, Member& member, Outbox& out);
    void erase(std::string_view name, Outbox& out);
    void reap(Time now, Outbox& out);
    void reconnect(Time now, Outbox& out);
    void finish_prunes(Time now, Outbox& out);
    [[nodiscard]] std::size_t others_alive() const;

    // --- serf_messages.cpp ---------------------------------------------------------------------
    void user_message(Time now, Bytes message, membership::Outbox& core_out) override;
    [[nodiscard]] bool has_broadcasts() const override { return !queues.empty(); }
    void take_broadcasts(std::size_t overhead, std::size_t budget,
                         const membership::Listener& listener,
                         membership::BroadcastSink& sink) override;
    void words_of_leave(std::string_view name, std::vector<std::byte>& words) override;
    void local_state(bool join, std::vector<std::byte>& state) override;
    void merge_state(Time now, Bytes state, bool join, membership::Outbox& core_out) override;
    void on_join_intent(Time now, Bytes message, Outbox& out);
    void on_leave_intent(Time now, Bytes message, Outbox& out);
    // False: the time is implausible, the message is refused.
    bool witness(Time now, LamportClock& clock, LamportTime time, std::uint8_t type, Outbox& out);
    void reject(Time now, std::uint8_t type, wire::DecodeError cause, Outbox& out);

    // --- serf_events.cpp -----------------------------------------------------------------------
    std::optional<SayError> user_event(std::string_view name, Bytes payload, bool coalesce,
                                       Outbox& out);
    void on_user_event(Time now, Bytes message, Outbox& out);
    // Tells the application what it has not heard. True: news.
    bool hear_event(LamportTime time, const StateEvent& event, bool coalesce, Outbox& out);

    // --- serf_queries.cpp ----------------------------------------------------------------------
    void on_query(Time now, Bytes message, Outbox& out);
    // What a fresh one means for us.
    void hear_query(Time now, const Query& query, Outbox& out);
    void on_relay(Time now, Bytes message, Outbox& out);
    [[nodiscard]] bool asked_by_us(const ReturnPath& path) const;
    void acknowledge(Time now, const ReturnPath& path, Outbox& out);
    [[nodiscard]] bool may_answer_unbidden(Time now);
    void relay_answer(Time now, const ReturnPath& path, Bytes message,
                      std::uint64_t Stats::*counter);
    std::optional<SayError> respond(Time now, QueryHandle handle, Bytes payload, Outbox& out);
    [[nodiscard]] Result<std::vector<std::byte>, SayError> encode_answer(const ReturnPath& path,
                                                                         Bytes payload) const;
    void send_answer(Time now, const ReturnPath& path, Bytes message, Outbox& out);
    void send_direct(Time now, Outbox& out);

    // --- serf_coordinates.cpp ------------------------------------------------------------------
    std::size_t ack_payload(MutableBytes room) override;
    void ack_received(Time now, MemberId id, Duration rtt, Bytes payload,
                      membership::Outbox& core_out) override;

    // --- serf_asking.cpp -----------------------------------------------------------------------
    std::optional<SayError> ask(Time now, RequestId request, const QueryParams& params,
                                AskedQuery::Purpose purpose, Outbox& out);
    void on_query_response(Time now, Bytes message, Outbox& out);
    void hear_response(Time now, const QueryResponse& response, Outbox& out);
    void finish_queries(Time now, Outbox& out);
    [[nodiscard]] Duration default_query_timeout() const;

    // --- serf_internal.cpp ---------------------------------------------------------------------
    void hear_internal(Time now, const Query& query, const ReturnPath& path, Outbox& out);
    void hear_key_command(Time now, KeyCommand command, Bytes request, const ReturnPath& path,
                          Outbox& out);
    void send_key_answer(Time now, const KeyAnswer& answer, const ReturnPath& path, Outbox& out);
    void keyring_saved(Time now, std::uint64_t change, std::string_view error, Outbox& out);
    void answer_unbidden(Time now, const ReturnPath& path, Bytes payload, Outbox& out);
    Result<RequestId, SayError> key_command(Time now, KeyCommand command, Bytes key, Outbox& out);
    void hear_key_answer(RequestId request, const QueryResponse& response, Outbox& out);
    void finish_key_command(RequestId request, Outbox& out);
    void tell_who_has(Time now, std::string_view name, const ReturnPath& path, Outbox& out);
    void name_contested(Time now, Outbox& out);
    void hear_vote(const QueryResponse& response);
    void finish_vote(Outbox& out);

    // Requests of ours and of the node are told apart by this bit.
    static constexpr std::uint64_t kOurRequests = std::uint64_t{1} << 63;

    struct ForceLeave {
        RequestId request;
        Queues::Token token = 0;
        Time deadline{};
    };
    struct PendingPrune {
        std::string name;
        Time due{};
    };
    struct DirectMessage {  // to one member, when the packet at hand is done
        Endpoint to;
        std::vector<std::byte> message;
        std::uint64_t Stats::*counter;  // of those sent
    };
    struct NameVote {
        RequestId request;
        std::size_t for_us = 0, answers = 0;
    };
    struct UnsavedChange {  // of the keyring; it is answered when it is saved
        std::uint64_t change = 0;
        ReturnPath path;
        KeyAnswer answer;
    };
    struct Refusals {  // of one cause
        std::optional<Time> told;
        std::uint64_t untold = 0;
    };

    Config config;
    Tags tags;
    Foreign foreign;
    BareApplication bare{foreign};
    membership::Node node;
    Members members;
    IntentBuffer intents;
    Queues queues;
    LamportClock clock, event_clock, query_clock;
    RecentRing<RecentEvent> events;
    RecentRing<RecentQuery> queries;
    QueryFilters filters;
    Vivaldi vivaldi;
    AskedQueries asked;
    OpenQueries open_queries;
    std::vector<KeyCommandFinished> key_commands;  // not yet finished
    std::vector<UnsavedChange> unsaved_changes;
    std::uint64_t last_change = 0;
    bool name_doubted = false;  // in the current call, by a claim from another address
    std::optional<NameVote> name_vote;
    Leave leave;
    Stats stats;

    std::vector<Join> joins;
    std::vector<RequestId> tag_updates;
    std::deque<ForceLeave> force_leaves;      // by deadline: all wait equally long
    std::deque<PendingPrune> pending_prunes;  // likewise
    std::vector<DirectMessage> direct;
    std::array<Refusals, wire::kDecodeErrors> refusals;
    std::optional<Time> reap_at, reconnect_at;
    Queues::Token leave_token = 0;

private:
    std::size_t absorbed_ = 0;  // of the current Outbox's membership events
    std::uint64_t last_request_ = 0;
    std::size_t acks_this_call_ = 0, ack_relays_this_call_ = 0;
    TokenBucket acks_{{.burst = 256, .per_second = 64}};
    TokenBucket ack_relays_{{.burst = 512, .per_second = 128}};
};

}  // namespace rollcall::serf

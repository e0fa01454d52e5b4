// SPDX-License-Identifier: Apache-2.0
//
// The machines of one Serf, and the order in which they are called: for calls from outside,
// application data from the node, the node's events, answers to our queries. Decides nothing
// itself. Internal to this folder.
//
// The order matters mainly for intents: an intent must find the member that membership has just
// reported. So membership's events are processed, in their order, before any message or state and
// after every call into the node.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <type_traits>
#include <vector>

#include "membership/application.h"
#include "membership/node.h"
#include "serf/clocks.h"
#include "serf/context.h"
#include "serf/coordinates.h"
#include "serf/force_leaves.h"
#include "serf/incoming_queries.h"
#include "serf/intents.h"
#include "serf/joins.h"
#include "serf/key_changes.h"
#include "serf/key_commands.h"
#include "serf/leaving.h"
#include "serf/member_events.h"
#include "serf/name_votes.h"
#include "serf/outbox.h"
#include "serf/outgoing_queries.h"
#include "serf/presence.h"
#include "serf/prunes.h"
#include "serf/reaper.h"
#include "serf/reconnects.h"
#include "serf/rejects.h"
#include "serf/replies.h"
#include "serf/snapshot.h"
#include "serf/state_exchange.h"
#include "serf/tag_updates.h"
#include "serf/tune_requests.h"
#include "serf/user_events.h"

namespace rollcall::serf {

struct Router final : membership::Application, OutgoingQueryOwner {
    Router(Config config, wire::EntropySource& entropy, std::uint64_t seed,
           std::shared_ptr<membership::ProfilePool> profiles, WorkClock& clock);

    Context context;
    Rejects rejects{context};
    MemberEvents member_events{context};
    Prunes prunes{context, member_events};
    Reaper reaper{context, member_events};
    Reconnects reconnects{context};
    Presence presence{context, member_events};
    Intents intents{context, member_events, prunes, rejects};
    Joins joins{context, intents};
    TagUpdates tag_updates{context};
    Leaving leaving{context, intents};
    ForceLeaves force_leaves{context, intents};
    UserEvents user_events{context, rejects};
    OutgoingQueries outgoing_queries{context, rejects, *this};
    Replies replies{context, rejects, outgoing_queries};
    KeyCommands key_commands{context, outgoing_queries};
    KeyChanges key_changes{context, replies};
    NameVotes name_votes{context, outgoing_queries, replies};
    TuneRequests tunes{context, replies};
    IncomingQueries incoming_queries{context, rejects, replies, key_changes, name_votes, tunes};
    Clocks clocks{context, rejects, user_events, incoming_queries};
    StateExchange state_exchange{context, rejects, clocks, intents, user_events, joins};
    Coordinates coordinates;

    // Runs one call from outside and everything that follows from it.
    template <class Call>
    auto run(Time now, Outbox& out, Call&& call) {
        processed_ = out.events().size();
        if constexpr (std::is_void_v<decltype(call())>) {
            call();
            settle(now, out);
        } else {
            auto result = call();
            settle(now, out);
            return result;
        }
    }
    template <class Call>
    auto run_node(Time now, Outbox& out, Call&& call) {
        return run(now, out, [&] { return call(context.node); });
    }

    void restore(const LastSeen& last);
    // These within run().
    void start(Time now, Outbox& out);
    void handle_timeout(Time now, Outbox& out);
    // Rule L4, with timings that are valid.
    void retime(Time now, const TimingSettings& timing, Outbox& out);
    [[nodiscard]] std::optional<Time> next_deadline() const;

    // --- application data, from inside the node's calls ----------------------------------------
    std::size_t ack_payload(MutableBytes room) override;
    void ack_received(Time now, MemberId id, Duration rtt, Bytes payload,
                      membership::Outbox& core_out) override;
    void user_message(Time now, Bytes message, membership::Outbox& core_out) override;
    [[nodiscard]] bool has_broadcasts() const override { return !context.queues.empty(); }
    void take_broadcasts(std::size_t overhead, std::size_t budget,
                         const membership::Recipient& recipient,
                         membership::BroadcastSink& sink) override;
    void append_leave_message(std::string_view name, std::vector<std::byte>& message) override;
    void local_state(bool join, std::vector<std::byte>& state) override;
    void merge_state(Time now, Bytes state, bool join, membership::Outbox& core_out) override;

    // --- queries of ours -----------------------------------------------------------------------
    void query_sent(Time now, const Query& query, Outbox& out) override;
    void query_answered(AskedQuery::Purpose purpose, RequestId request,
                        const QueryResponse& response, Outbox& out) override;
    void query_ended(AskedQuery::Purpose purpose, RequestId request, Outbox& out) override;

private:
    struct ToMachines;
    void settle(Time now, Outbox& out);
    void process_events(Time now, Outbox& out);

    std::size_t processed_ = 0;  // of the current Outbox's membership events
};

}  // namespace rollcall::serf

// SPDX-License-Identifier: Apache-2.0
//
// The machines of one node, and how packets, streams and time reach them. Internal to node.cpp.
#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "membership/beliefs.h"
#include "membership/context.h"
#include "membership/gossip.h"
#include "membership/joins.h"
#include "membership/link_tests.h"
#include "membership/merges.h"
#include "membership/move.h"
#include "membership/node.h"
#include "membership/packets.h"
#include "membership/ping_answers.h"
#include "membership/probe.h"
#include "membership/push_pull.h"
#include "membership/rejects.h"
#include "membership/relays.h"
#include "membership/strangers.h"
#include "membership/streams.h"
#include "membership/ticker.h"
#include "membership/vigils.h"
#include "membership/waiters.h"

namespace rollcall::membership {

// While others may have an outdated address of ours, or after a pause, state is exchanged this
// often.
inline constexpr Duration kFastPushPull = std::chrono::seconds{2};
// Rule Y1: by then some member pings us by name; and how long we try to change that.
inline constexpr Duration kNoticedAfter = std::chrono::seconds{20};
inline constexpr Duration kUnnoticed = std::chrono::seconds{120};
// Rule Z2: a standstill that outlasts much of a message's gossip, and how often we act on one.
inline constexpr Duration kStandstill = std::chrono::milliseconds{500};
inline constexpr Duration kCatchUpPause = std::chrono::seconds{10};

[[nodiscard]] inline std::optional<Time> earlier(std::optional<Time> a, std::optional<Time> b) {
    if (!a || !b) return a ? a : b;
    return std::min(*a, *b);
}

struct Node::Impl final : wire::PacketVisitor, StreamPinger, StreamOwner, MergeOwner {
    Impl(Config config, Application& app, wire::EntropySource& entropy, std::uint64_t seed,
         std::shared_ptr<ProfilePool> profiles, WorkClock& clock)
        : context{std::move(config), app, entropy, seed, std::move(profiles), clock} {}

    Context context;
    Packets packets{context};
    Move move{context, packets};
    Beliefs beliefs{context, packets, move, *this};
    Relays relays{context, packets};
    PingAnswers ping_answers{context, packets, relays, beliefs};
    Vigils vigils{context, packets, beliefs, *this};
    Prober prober{context, packets, beliefs, vigils, *this};
    Gossip gossip{context, packets};
    PushPulls push_pulls{context, beliefs, move};
    Merges merges{context, push_pulls, *this};
    Strangers strangers{context, packets, beliefs};
    Streams streams{context, *this};
    LinkTests link_tests{context, packets, streams};
    Joins joins{streams, context.config.max_joins};
    Waiters waiters;
    Rejects rejects{context.stats};
    SendWatch send_watch;
    Ticker probe_ticker, gossip_ticker, push_pull_ticker;
    std::uint64_t last_request = 0;
    Time last_now = Time::min();
    Time started{};
    bool broadcasts_waiting = false;  // after the last call: without any, no gossip deadline
    Time quiet_until = Time::min();   // after a pause: no new probes until then
    Time catch_up_after = Time::min();
    std::optional<Time> expected;  // when we asked to be called, as of the last call
    // Rule V5: sends are blocked, and which loops wait for a send.
    struct {
        bool blocked = false, gossip = false, push_pull = false;
    } stuck;

    // The packet being handled.
    struct {
        Time now{};
        Endpoint from;
        Outbox* out = nullptr;
        bool in_plain_text = false;  // and not counted yet
    } packet;

    [[nodiscard]] bool probe_is_stuck() const {
        return stuck.blocked && prober.next_deadline().has_value();
    }
    std::uint64_t floods_seen = 0;
    // Rule Y1.
    [[nodiscard]] Duration time_to_push_pull() const {
        return push_pull_wait(context.config.push_pull_interval, context.believed_members());
    }
    // Rule Y1: our refutation was lost, perhaps on members that do not exist.
    [[nodiscard]] bool unnoticed(Time now) const {
        const Time from = started + kNoticedAfter;
        return context.held_dead && !context.acknowledged && !context.leaving && now >= from &&
               now < from + kUnnoticed;
    }
    [[nodiscard]] bool anything_to_send() const {
        return gossip.broadcasts_waiting() || beliefs.leave_notifier().pending();
    }
    RequestId next_request() { return RequestId{++last_request}; }

    // Begins every call.
    void enter(Time now, Outbox& out) {
        ROLLCALL_CHECK(now >= last_now);
        last_now = now;
        if (!broadcasts_waiting) gossip_ticker.skip_until(now, context.config.gossip_interval);
        if (!expected) return;
        const Duration late = now - *expected;
        context.gate.ran_late(now, late);
        if (late >= Gate::kLate) {
            vigils.start_again(now);
            beliefs.takeovers().start_again(now);
            strangers.start_again();
        }
        if (late > context.config.pause_threshold) {
            on_pause(now, late, out);
        } else if (late >= kStandstill && context.config.variant.looking) {
            on_standstill(now);
        }
    }
    // Ends every call.
    void leave_call(Outbox& out) {
        for (const BroadcastQueue::Token token : context.broadcasts.finished()) {
            waiters.message_finished(token, out);
        }
        context.broadcasts.finished().clear();
        context.stats.broadcasts_dropped = context.broadcasts.dropped();
        broadcasts_waiting = anything_to_send();
        expected = next_deadline();
        // Already due, e.g. after a late confirmation: due now, and not a sign of a pause.
        if (expected && *expected < last_now) expected = last_now;
    }

    // Rule Z1: we did not run for a while, so missing answers are not the fault of peers. The probe
    // is abandoned, every suspect gets its whole time again, and a push/pull with a peer comes
    // before new probes.
    void on_pause(Time now, Duration gap, Outbox& out) {
        ++context.stats.pauses;
        prober.abandon(now, out);
        vigils.end_all();
        context.gate.forget_probes();
        beliefs.restart_suspicions(now);
        quiet_until = now + context.config.probe_interval;
        push_pull_ticker.set(now);
        out.notify(PauseDetected{gap});
    }

    // Rule Z2: what was gossiped meanwhile may never be gossiped to us again, so a peer is asked.
    void on_standstill(Time now) {
        if (now < catch_up_after) return;
        catch_up_after = now + kCatchUpPause;
        push_pull_ticker.no_later_than(now);
        ++context.stats.catch_ups;
    }

    void start(Time now, Outbox& out) {
        const Config& config = context.config;
        last_now = started = now;
        beliefs.announce_self(now, config.meta, 0, out);
        probe_ticker.start(now, config.probe_interval, context.rng);
        gossip_ticker.start(now, config.gossip_interval, context.rng);
        push_pull_ticker.start(now, config.push_pull_interval, context.rng);
        if (const auto first = push_pull_ticker.next()) {
            push_pull_ticker.set(*first + config.push_pull_interval);
        }
        leave_call(out);
    }

    // Rule L4. What runs already keeps its timings.
    void reconfigure(Time now, const TimingSettings& timing) {
        Config& config = context.config;
        const TimingSettings before = TimingSettings::of(config);
        timing.put_into(config);
        if (timing.probe_interval != before.probe_interval) {
            probe_ticker.change(now, config.probe_interval, context.rng);
        }
        if (timing.gossip_interval != before.gossip_interval) {
            gossip_ticker.change(now, config.gossip_interval, context.rng);
        }
        if (timing.push_pull_interval != before.push_pull_interval) {
            push_pull_ticker.change(now, time_to_push_pull(), context.rng);
        }
    }

    void handle_timeout(Time now, Outbox& out) {
        const Config& config = context.config;
        send_watch.check(now, context.stats.packets_sent - link_tests.pings_sent(),
                         config.probe_interval, out);
        if (!stuck.blocked) prober.handle_timeout(now, out);
        if (!stuck.blocked) relays.handle_timeout(now, out);
        while (const auto silent = relays.pop_silent()) vigils.watch(now, *silent, out);
        if (!stuck.blocked) vigils.handle_timeout(now, out);
        beliefs.expire_suspicions(now, out);
        beliefs.decide_takeovers(now, out);
        if (!stuck.blocked) strangers.handle_timeout(now, out);
        if (!stuck.blocked) streams.handle_timeout(now, out);
        waiters.handle_timeout(now, out);
        link_tests.handle_timeout(now, out);
        if (!stuck.blocked) move.handle_timeout(now, out);
        if (!stuck.gossip && gossip_ticker.due(now, config.gossip_interval)) {
            const std::uint64_t sent = context.stats.packets_sent;
            gossip.round(now, out);
            beliefs.leave_notifier().round(out);
            stuck.gossip = stuck.blocked && context.stats.packets_sent > sent;
        }
        if (!stuck.push_pull && push_pull_ticker.due(now, config.push_pull_interval)) {
            stuck.push_pull = stuck.blocked;
            if (const auto peer = push_pulls.choose_peer(unnoticed(now))) {
                streams.open_push_pull(now, peer->endpoint(), false, out);
            }
            push_pull_ticker.set(now + time_to_push_pull());
        }
        // The last one was set for a cluster with the invented members.
        if (floods_seen != context.hearsay.flood_changes()) {
            floods_seen = context.hearsay.flood_changes();
            push_pull_ticker.no_later_than(now + time_to_push_pull());
        }
        if (const auto doubtful = beliefs.doubtful_member(now)) {
            streams.open_push_pull(now, *doubtful, false, out);
        }
        if (beliefs.contested(now) || unnoticed(now))
            push_pull_ticker.no_later_than(now + kFastPushPull);
        if (!probe_is_stuck() && probe_ticker.due(now, config.probe_interval) &&
            now >= quiet_until) {
            prober.start_next(now, out);
        }
        merges.handle_timeout(now, out);
    }

    [[nodiscard]] std::optional<Time> next_deadline() const {
        std::optional<Time> next = waiters.next_deadline();
        next = earlier(next, link_tests.next_deadline());
        next = earlier(next, beliefs.next_deadline());
        next = earlier(next, merges.next_deadline(last_now));
        // A blocked loop finds one tick waiting when it is unblocked, however many passed.
        if (!probe_is_stuck()) next = earlier(next, probe_ticker.next());
        if (broadcasts_waiting && !stuck.gossip) next = earlier(next, gossip_ticker.next());
        if (!stuck.push_pull) next = earlier(next, push_pull_ticker.next());
        if (stuck.blocked) return next;
        next = earlier(next, prober.next_deadline());
        next = earlier(next, strangers.next_deadline());
        next = earlier(next, relays.next_deadline());
        next = earlier(next, vigils.next_deadline(last_now));
        next = earlier(next, move.next_deadline());
        return earlier(next, streams.next_deadline());
    }

    // --- packets -------------------------------------------------------------------------------

    void message(wire::MessageType type, Bytes body) override {
        ++context.stats.messages_received[static_cast<std::size_t>(type)];
        context.gate.received(packet.now, packet.from);
        if (is_gossip(type) && link_tests.ignores(packet.now, packet.from)) {
            ++context.stats.ignored_of_tests;
            return;
        }
        switch (type) {
            case wire::MessageType::ping:
                return with(wire::decode_ping(body), [&](auto& m) {
                    ping_answers.answer(packet.now, packet.from, m, *packet.out);
                });
            case wire::MessageType::indirect_ping:
                return with(wire::decode_indirect_ping(body), [&](auto& m) {
                    ping_answers.answer(packet.now, packet.from, m, *packet.out);
                });
            case wire::MessageType::ack:
                return with(wire::decode_ack(body), [&](auto& m) { acked(m); });
            case wire::MessageType::nack:
                return with(wire::decode_nack(body), [&](auto& m) {
                    const bool known = prober.nack_arrived(m.sequence, packet.from) ||
                                       vigils.nack_arrived(m.sequence, packet.from) ||
                                       link_tests.nack_arrived(m.sequence);
                    if (!known) ++context.stats.acks_unknown;
                });
            case wire::MessageType::alive:
                return with(wire::decode_alive(body),
                            [&](auto& m) { beliefs.alive(packet.now, m, origin(), *packet.out); });
            case wire::MessageType::suspect:
                return with(wire::decode_accusation(body), [&](auto& m) {
                    beliefs.suspect(packet.now, m, origin(), *packet.out);
                    vigils.accusation_arrived(m);
                });
            case wire::MessageType::dead:
                return with(wire::decode_accusation(body),
                            [&](auto& m) { beliefs.dead(packet.now, m, origin(), *packet.out); });
            case wire::MessageType::user:
                count_plain_text();
                return context.app.user_message(packet.now, body, *packet.out);
            default:
                return rejected(wire::DecodeError::unknown_message);
        }
    }
    [[nodiscard]] static bool is_gossip(wire::MessageType type) {
        return type == wire::MessageType::alive || type == wire::MessageType::suspect ||
               type == wire::MessageType::dead || type == wire::MessageType::user;
    }
    void in_plain_text() override { packet.in_plain_text = true; }
    void rejected(wire::DecodeError error) override {
        rejects.packet(packet.now, packet.from, error, *packet.out);
        link_tests.packet_rejected(packet.from, error);
    }
    template <class Message, class Use>
    void with(Result<Message, wire::DecodeError> decoded, Use&& use) {
        if (!decoded) return rejected(decoded.error());
        count_plain_text();
        use(*decoded);
    }
    // Only what could be read: sealed with a key that we do not have, one in nine looks plain.
    void count_plain_text() {
        if (std::exchange(packet.in_plain_text, false)) {
            context.plain_text.taken(packet.now, packet.from);
        }
    }
    [[nodiscard]] Origin origin() const { return {Origin::Kind::datagram, packet.from}; }

    void acked(const wire::Ack& ack) {
        const bool known = prober.ack_arrived(packet.now, ack.sequence,
                                              ack.payload.value_or(Bytes{}), *packet.out) ||
                           relays.ack_arrived(ack.sequence, *packet.out) ||
                           vigils.ack_arrived(ack.sequence) || beliefs.ack_arrived(ack.sequence) ||
                           strangers.ack_arrived(packet.now, ack.sequence, *packet.out) ||
                           link_tests.ack_arrived(packet.now, ack.sequence);
        if (!known) ++context.stats.acks_unknown;
    }

    // --- streams -------------------------------------------------------------------------------

    void ping_by_stream(Time now, const Member& target, SequenceNumber sequence, Time deadline,
                        Outbox& out) override {
        streams.open_ping(now, target, sequence, deadline, out);
    }
    void make_state(bool join, std::vector<std::byte>& state) override {
        push_pulls.make_state(last_now, join, state);
    }
    void peer_state(Time now, ArrivedState arrived, Outbox& out) override {
        link_tests.state_exchanged(arrived.peer);
        arrived.answer_to_join =
            joins.asks(arrived.peer) && context.table.size() - context.hearsay.strangers() <= 1;
        merges.start(now, std::move(arrived), out);
    }
    void merge_ended(Time now, const Merged& merged, Outbox& out) override {
        if (merged.asked) push_pull_ended(now, merged, out);
    }
    void application_merged(Time from, Time to) override { streams.count_reading(from, to); }
    void user_message_by_stream(Time now, Bytes bytes, Outbox& out) override {
        context.app.user_message(now, bytes, out);
    }
    void stream_ping_connected(Time now, SequenceNumber sequence) override {
        prober.stream_connected(sequence);
        vigils.stream_connected(now, sequence);
        link_tests.stream_connected(sequence);
    }
    void ping_answered_by_stream(SequenceNumber sequence) override {
        prober.stream_answered(sequence);
        vigils.stream_answered(sequence);
        beliefs.takeovers().stream_answered(sequence);
        link_tests.stream_answered(sequence);
    }
    void stream_ping_refused(SequenceNumber sequence, std::string_view answer) override {
        link_tests.stream_refused(sequence, answer);
    }
    void stream_ping_failed(SequenceNumber sequence, StreamEnd end) override {
        prober.stream_failed(sequence, end);
        vigils.stream_failed(sequence, end);
        link_tests.stream_failed(sequence, end);
    }
    void push_pull_failed(Time now, StreamId id, const Endpoint& peer, const std::string& error,
                          Outbox& out) override {
        push_pull_ended(now, {.stream = id, .peer = peer, .asked = true, .error = error}, out);
    }
    // One that we opened.
    void push_pull_ended(Time now, const Merged& how, Outbox& out) {
        if (!how.error.empty()) ++context.stats.push_pulls_failed;
        joins.ended(
            now, how.stream,
            {.request = {}, .peer = how.peer, .error = how.error, .ourselves = how.ourselves}, out);
    }
    void stream_rejected(Time now, const Endpoint& peer, wire::DecodeError cause,
                         Outbox& out) override {
        rejects.stream(now, peer, cause, out);
        link_tests.stream_rejected(peer, cause);
    }
};

}  // namespace rollcall::membership

// SPDX-License-Identifier: Apache-2.0
#include "membership/streams.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>
#include <system_error>

#include "base/scratch.h"

namespace rollcall::membership {
namespace {

using Side = wire::PacketCodec::StreamSide;

constexpr std::size_t kLongestError = 256;  // of a peer's error text, bytes

Endpoint address_of(Endpoint endpoint) {
    endpoint.port = 0;
    return endpoint;
}

// How long to wait for the budget. It is measured time: near enough.
Duration time_until(WorkClock& clock, const TimeBudget& budget) {
    constexpr Duration kSoon = std::chrono::milliseconds{1};
    return std::max<Duration>(kSoon, budget.ready_at() - clock.now());
}

std::string describe(StreamEnd end) {
    // The system's error text, if any: "Network is unreachable".
    const std::string cause =
        end.number == 0 ? "" : ": " + std::generic_category().message(end.number);
    switch (end.kind) {
        case StreamEnd::finished:
            return "the peer closed the connection without an answer: does it have another label "
                   "or encryption key?";
        case StreamEnd::reset:
            return "the peer reset the connection: does it have another label or encryption key?";
        case StreamEnd::refused:
            return "connection refused";
        case StreamEnd::timed_out:
            return end.number == 0 || end.number == ETIMEDOUT ? "timed out"
                                                              : "cannot reach the peer" + cause;
        case StreamEnd::local:
            return "cannot open a connection" + cause;
    }
    return "?";
}

}  // namespace

StreamId Streams::open_push_pull(Time now, const Endpoint& to, bool join, Outbox& out) {
    return open(now,
                {.purpose = Purpose::push_pull,
                 .peer = to,
                 .deadline = now + context_.config.tcp_timeout,
                 .join = join},
                out);
}

void Streams::open_ping(Time now, const Member& target, SequenceNumber sequence, Time deadline,
                        Outbox& out) {
    open_ping(now, target.endpoint(), std::string{target.name()}, sequence, deadline, out);
}

void Streams::open_ping(Time now, const Endpoint& to, std::string name, SequenceNumber sequence,
                        Time deadline, Outbox& out) {
    open(now,
         {.purpose = Purpose::ping,
          .peer = to,
          .deadline = deadline,
          .sequence = sequence,
          .target = std::move(name)},
         out);
}

StreamId Streams::open(Time now, Session session, Outbox& out) {
    const StreamId id{next_id_++};
    session.opened = session.last_received = now;
    out.open_stream(id, session.peer, session.deadline);
    deadlines_.emplace(session.deadline, id.value());
    sessions_.emplace(id, std::move(session));
    return id;
}

// Rule X3. A new stream is always accepted: the longest silent one is closed.
void Streams::accepted(Time now, StreamId id, const Endpoint& from, Outbox& out) {
    const Config& config = context_.config;
    const Endpoint source = address_of(from);
    if (const auto held = per_source_.find(source);
        held != per_source_.end() && held->second >= config.max_streams_per_source) {
        evict([&](const Session& s) { return address_of(s.peer) == source; }, out);
    }
    if (accepted_ >= config.max_streams_accepted) {
        evict([](const Session&) { return true; }, out);
    }
    ++context_.stats.streams_accepted;
    Session session{.purpose = Purpose::answer,
                    .peer = from,
                    .opened = now,
                    .deadline = now + config.tcp_timeout,
                    .last_received = now};
    session.reader.emplace(context_.codec, Side::acceptor);
    deadlines_.emplace(session.deadline, id.value());
    sessions_.emplace(id, std::move(session));
    ++accepted_;
    ++per_source_[source];
}

void Streams::connected(Time now, StreamId id, Outbox& out) {
    const auto found = sessions_.find(id);
    if (found == sessions_.end()) return;
    Session& session = found->second;
    session.last_received = now;
    session.reader.emplace(context_.codec, Side::dialer);
    if (session.purpose == Purpose::push_pull) {
        send_state(now, {id, {.join = session.join, .side = Side::dialer}}, out);
        return;
    }
    owner_.stream_ping_connected(now, session.sequence);
    const Member me = context_.me();
    std::array<std::byte, 2048> room{};
    ByteWriter writer{room};
    if (wire::encode(wire::Ping{.sequence = session.sequence,
                                .node = session.target,
                                .source_address = me.address(),
                                .source_port = me.port(),
                                .source_node = me.name()},
                     writer)) {
        send(id, writer.written(), Side::dialer, out);
    }
}

void Streams::data(Time now, StreamId id, Bytes bytes, Outbox& out) {
    const auto found = sessions_.find(id);
    if (found == sessions_.end() || !found->second.reader) return;
    Session& session = found->second;
    session.last_received = now;
    session.received += bytes.size();
    if (session.purpose == Purpose::answer && !session.started) {
        if (started_ >= context_.config.max_push_pulls) {
            evict([](const Session& s) { return s.started; }, out);
        }
        session.started = true;
        ++started_;
    }
    if (may_read(session)) {
        read(now, id, session, bytes, out);
    } else {
        read_later(now, id, session, bytes, out);
    }
}

// Rule Y5. What waits already must not be overtaken by later bytes of the same stream.
bool Streams::may_read(const Session& session) const {
    if (session.unread) return false;
    const Duration left = reading_.left(context_.clock.now());
    return left > (session.received <= kShort ? -kMostOwed : Duration{});
}

void Streams::read_later(Time now, StreamId id, Session& session, Bytes bytes, Outbox& out) {
    session.reader->hold(bytes);
    if (!session.unread) {
        session.unread = true;
        unread_.push_back(id);
        ++context_.stats.streams_delayed;
        if (!read_at_) read_at_ = now + time_until(context_.clock, reading_);
    }
    account(now, id, session, out);
}

void Streams::read_unread(Time now, Outbox& out) {
    if (!read_at_ || now < *read_at_) return;
    while (!unread_.empty() && reading_.left(context_.clock.now()) > Duration{}) {
        const StreamId id = unread_.front();
        unread_.pop_front();
        const auto found = sessions_.find(id);
        if (found == sessions_.end()) continue;
        found->second.unread = false;
        read(now, id, found->second, {}, out);
    }
    read_at_.reset();
    if (!unread_.empty()) read_at_ = now + time_until(context_.clock, reading_);
}

void Streams::read(Time now, StreamId id, Session& session, Bytes bytes, Outbox& out) {
    const Time from = context_.clock.now();
    const wire::StreamReader::Status status = session.reader->feed(bytes);
    reading_.spend(from, context_.clock.now());
    switch (status) {
        case wire::StreamReader::Status::need_more:
            account(now, id, session, out);
            return;
        case wire::StreamReader::Status::failed:
            reader_failed(now, id, session, out);
            return;
        case wire::StreamReader::Status::complete:
            if (session.reader->in_plain_text())
                context_.plain_text.taken(now, address_of(session.peer));
            if (session.purpose == Purpose::answer) {
                request_complete(now, id, session, out);
            } else {
                reply_complete(now, id, session, out);
            }
            return;
    }
}

void Streams::closed(Time now, StreamId id, StreamEnd end, Outbox& out) {
    auto found = sessions_.find(id);
    if (found == sessions_.end()) return;
    if (found->second.unread && found->second.purpose != Purpose::answer) {
        // A peer ends the stream after its answer: it is there, and not read yet.
        found->second.unread = false;
        read(now, id, found->second, {}, out);
        found = sessions_.find(id);
        if (found == sessions_.end()) return;
    }
    if (found->second.purpose == Purpose::answer) {
        // The peer may only have closed its sending side: we must still close ours.
        if (end == StreamEnd::finished) out.close(id);
        forget(id);
        return;
    }
    if (found->second.purpose == Purpose::ping) {
        owner_.stream_ping_failed(found->second.sequence, end);
    }
    failed(now, id, describe(end), end == StreamEnd::finished, out);
}

void Streams::handle_timeout(Time now, Outbox& out) {
    while (!deadlines_.empty() && deadlines_.begin()->first <= now) {
        const StreamId id{deadlines_.begin()->second};
        ++context_.stats.streams_timed_out;
        if (sessions_.at(id).purpose == Purpose::answer) {
            close(id, out);
        } else {
            failed(now, id, "timed out", true, out);
        }
    }
    states_.forget_old(now);
    send_waiting(now, out);
    read_unread(now, out);
}

std::optional<Time> Streams::next_deadline() const {
    std::optional<Time> next;
    if (!deadlines_.empty()) next = deadlines_.begin()->first;
    for (const std::optional<Time>& at : {read_at_, send_at_}) {
        if (at && (!next || *at < *next)) next = at;
    }
    return next;
}

// The acceptor's half of an exchange. The answer to a push/pull is our state before the merge.
void Streams::request_complete(Time now, StreamId id, Session& session, Outbox& out) {
    wire::StreamReader reader = std::move(*session.reader);
    const Endpoint peer = session.peer;
    const wire::StreamMessage& message = reader.message();
    if (const auto* ping = std::get_if<wire::Ping>(&message)) {
        if (ping->node.empty() || ping->node == context_.config.name) {
            std::array<std::byte, 64> room{};
            ByteWriter writer{room};
            wire::encode(wire::Ack{.sequence = ping->sequence, .payload = std::nullopt}, writer);
            send(id, writer.written(), Side::acceptor, out);
        } else {
            ++context_.stats.pings_misaddressed;
        }
        close(id, out);
    } else if (const auto* state = std::get_if<wire::ReceivedPushPull>(&message)) {
        context_.stats.push_pull_bytes_received += session.received;
        const bool join = state->join;
        if (!send_state(now, {id, {.join = join, .side = Side::acceptor}}, out)) {
            session.reader.reset();
            memory_ -= std::exchange(session.memory, 0);
        }
        owner_.peer_state(now, {.peer = peer, .join = join, .reader = std::move(reader)}, out);
    } else if (const auto* user = std::get_if<wire::UserMessage>(&message)) {
        close(id, out);
        owner_.user_message_by_stream(now, user->payload, out);
    } else {
        close(id, out);
        owner_.stream_rejected(now, peer, wire::DecodeError::unknown_message, out);
    }
}

bool Streams::send_state(Time now, const WantsState& who, Outbox& out) {
    if (send_state(who, states_.request(now, who.kind, source_of(who)), out)) return true;
    unsent_.push_back(who);
    ++context_.stats.states_delayed;
    send_at_ = std::min(send_at_.value_or(Time::max()), states_.ready_at(now));
    return false;
}

bool Streams::send_state(const WantsState& who, PackedStates::Answer answer, Outbox& out) {
    if (answer.verdict == PackedStates::Verdict::wait) return false;
    if (answer.verdict == PackedStates::Verdict::ready) {
        context_.stats.push_pull_bytes_sent += answer.bytes->size();
        out.write(who.id, std::move(answer.bytes));
    }
    if (who.kind.side == Side::acceptor) close(who.id, out);
    return true;
}

// Rule Y5. Works on the state that is being made. All that wait for one of its kind get that one.
void Streams::send_waiting(Time now, Outbox& out) {
    if (!send_at_ || now < *send_at_) return;
    const auto made = states_.work();
    if (made || !states_.working()) {
        std::erase_if(unsent_, [&](const WantsState& who) {
            if (!sessions_.contains(who.id)) return true;
            const auto source = source_of(who);
            return send_state(who,
                              made && made->kind == who.kind
                                  ? states_.deliver(now, made->bytes, source)
                                  : states_.request(now, who.kind, source),
                              out);
        });
    }
    send_at_.reset();
    if (!unsent_.empty() || states_.working()) send_at_ = states_.ready_at(now);
}

std::optional<Endpoint> Streams::source_of(const WantsState& who) const {
    if (who.kind.side == Side::dialer) return {};
    return sessions_.at(who.id).peer;
}

// The dialer's half.
void Streams::reply_complete(Time now, StreamId id, Session& session, Outbox& out) {
    wire::StreamReader reader = std::move(*session.reader);
    const wire::StreamMessage& message = reader.message();
    const Endpoint peer = session.peer;
    if (const auto* error = std::get_if<wire::ErrorReply>(&message)) {
        const std::string_view text = error->text.substr(0, kLongestError);
        if (session.purpose == Purpose::ping) owner_.stream_ping_refused(session.sequence, text);
        return failed(now, id, "the peer answered: " + std::string{text}, true, out);
    }
    if (session.purpose == Purpose::ping) {
        const auto* ack = std::get_if<wire::Ack>(&message);
        if (ack != nullptr && ack->sequence == session.sequence) {
            owner_.ping_answered_by_stream(ack->sequence);
        }
        close(id, out);
        return;
    }
    const auto* state = std::get_if<wire::ReceivedPushPull>(&message);
    if (state == nullptr) {
        return failed(now, id, "the peer answered with an unexpected message", true, out);
    }
    context_.stats.push_pull_bytes_received += session.received;
    context_.stats.push_pulls_took.add(now - session.opened, kPushPullBounds);
    const bool join = session.join;
    close(id, out);
    owner_.peer_state(
        now, {.stream = id, .peer = peer, .join = join, .asked = true, .reader = std::move(reader)},
        out);
}

void Streams::reader_failed(Time now, StreamId id, Session& session, Outbox& out) {
    const wire::DecodeError cause = session.reader->error();
    const Endpoint peer = session.peer;
    owner_.stream_rejected(now, peer, cause, out);
    if (session.purpose == Purpose::ping) {
        owner_.stream_ping_refused(session.sequence, to_string(cause));
    }
    if (session.purpose != Purpose::answer) {
        return failed(now, id, "the peer's answer was refused: " + std::string{to_string(cause)},
                      true, out);
    }
    const std::string_view text = wire::error_reply_text(cause, !context_.codec.keyring().empty());
    if (!text.empty()) {
        std::array<std::byte, 512> room{};
        ByteWriter writer{room};
        if (wire::encode(wire::ErrorReply{.text = text}, writer)) {
            send(id, writer.written(), Side::acceptor, out);
        }
    }
    close(id, out);
}

void Streams::send(StreamId id, Bytes message, Side side, Outbox& out) {
    out.write(id, seal(message, side));
    give_back(sealed_);
}

Bytes Streams::seal(Bytes message, Side side) {
    context_.codec.seal_stream(message, side, sealed_);
    return sealed_;
}

void Streams::failed(Time now, StreamId id, const std::string& error, bool close_it, Outbox& out) {
    const Session& session = sessions_.at(id);
    const bool push_pull = session.purpose == Purpose::push_pull;
    const Endpoint peer = session.peer;
    if (push_pull) context_.stats.push_pulls_took.add(now - session.opened, kPushPullBounds);
    if (close_it) {
        close(id, out);
    } else {
        forget(id);
    }
    if (push_pull) owner_.push_pull_failed(now, id, peer, error, out);
}

// Rule X2: memory follows bytes that arrived; over the cap the largest request is refused.
void Streams::account(Time now, StreamId id, Session& session, Outbox& out) {
    memory_ -= session.memory;
    session.memory = session.reader->memory();
    memory_ += session.memory;
    if (memory_ <= context_.config.max_stream_memory) return;
    StreamId largest = id;
    std::size_t most = session.memory;
    for (const auto& [other, candidate] : sessions_) {
        if (candidate.memory > most ||
            (candidate.memory == most && other.value() < largest.value())) {
            largest = other;
            most = candidate.memory;
        }
    }
    const Session& loser = sessions_.at(largest);
    owner_.stream_rejected(now, loser.peer, wire::DecodeError::too_large, out);
    if (loser.purpose == Purpose::answer) {
        close(largest, out);
    } else {
        failed(now, largest, "stream memory limit reached", true, out);
    }
}

template <class Test>
bool Streams::evict(Test&& test, Outbox& out) {
    const Sessions::value_type* idlest = nullptr;
    for (const auto& entry : sessions_) {
        const Session& s = entry.second;
        if (s.purpose != Purpose::answer || !test(s)) continue;
        if (idlest == nullptr || s.last_received < idlest->second.last_received ||
            (s.last_received == idlest->second.last_received &&
             entry.first.value() < idlest->first.value())) {
            idlest = &entry;
        }
    }
    if (idlest == nullptr) return false;
    ++context_.stats.streams_evicted;
    close(idlest->first, out);
    return true;
}

void Streams::close(StreamId id, Outbox& out) {
    out.close(id);
    forget(id);
}

void Streams::forget(StreamId id) {
    const auto found = sessions_.find(id);
    const Session& session = found->second;
    memory_ -= session.memory;
    deadlines_.erase({session.deadline, id.value()});
    if (session.purpose == Purpose::answer) {
        --accepted_;
        if (session.started) --started_;
        const auto held = per_source_.find(address_of(session.peer));
        if (--held->second == 0) per_source_.erase(held);
    }
    sessions_.erase(found);
}

}  // namespace rollcall::membership

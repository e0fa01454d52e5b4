// SPDX-License-Identifier: Apache-2.0
#include "membership/streams.h"

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
        send_push_pull(id, session.join, Side::dialer, out);
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
    switch (session.reader->feed(bytes)) {
        case wire::StreamReader::Status::need_more:
            account(now, id, session, out);
            return;
        case wire::StreamReader::Status::failed:
            reader_failed(now, id, session, out);
            return;
        case wire::StreamReader::Status::complete:
            if (session.purpose == Purpose::answer) {
                request_complete(now, id, session, out);
            } else {
                reply_complete(now, id, session, out);
            }
            return;
    }
}

void Streams::closed(Time now, StreamId id, StreamEnd end, Outbox& out) {
    const auto found = sessions_.find(id);
    if (found == sessions_.end()) return;
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
}

std::optional<Time> Streams::next_deadline() const {
    if (deadlines_.empty()) return {};
    return deadlines_.begin()->first;
}

// The acceptor's half of an exchange. The answer to a push/pull is our state before the merge.
void Streams::request_complete(Time now, StreamId id, Session& session, Outbox& out) {
    const wire::StreamReader reader = std::move(*session.reader);
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
        send_push_pull(id, state->join, Side::acceptor, out);
        close(id, out);
        std::string error;
        owner_.peer_state(now, peer, *state, state->join, error, out);
    } else if (const auto* user = std::get_if<wire::UserMessage>(&message)) {
        close(id, out);
        owner_.user_message_by_stream(now, user->payload, out);
    } else {
        close(id, out);
        owner_.stream_rejected(now, peer, wire::DecodeError::unknown_message, out);
    }
}

// The dialer's half.
void Streams::reply_complete(Time now, StreamId id, Session& session, Outbox& out) {
    const wire::StreamReader reader = std::move(*session.reader);
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
    std::string error;
    owner_.peer_state(now, peer, *state, join, error, out);
    owner_.push_pull_ended(now, id, peer, error, out);
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

void Streams::send_push_pull(StreamId id, bool join, Side side, Outbox& out) {
    owner_.make_state(join, message_);
    const Bytes sealed = seal(message_, side);
    context_.stats.push_pull_bytes_sent += sealed.size();
    out.write(id, sealed);
    give_back(sealed_);
    give_back(message_);
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
    if (push_pull) owner_.push_pull_ended(now, id, peer, error, out);
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

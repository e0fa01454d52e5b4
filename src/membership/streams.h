// SPDX-License-Identifier: Apache-2.0
//
// The streams of one node, both ways: their number, duration, memory and messages (rules X2, X3,
// Y3). One message per stream and direction; the owner handles its content. No stream outlives its
// deadline, and no peer can keep others out by opening many: when a cap is reached, the longest
// idle stream is closed.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/endpoint.h"
#include "base/ids.h"
#include "base/time.h"
#include "membership/context.h"
#include "membership/core.h"
#include "membership/outbox.h"
#include "wire/stream.h"

namespace rollcall::membership {

// Handles the messages of streams. Calls come from inside a call into Streams.
class StreamOwner {
public:
    virtual ~StreamOwner() = default;
    // A push/pull to send, with its type byte, appended to `message`.
    virtual void make_state(bool join, std::vector<std::byte>& message) = 0;
    // A peer's state; `error` is set when it is refused as a whole.
    virtual void peer_state(Time now, const Endpoint& peer, const wire::ReceivedPushPull& state,
                            bool join, std::string& error, Outbox& out) = 0;
    virtual void user_message_by_stream(Time now, Bytes message, Outbox& out) = 0;
    // The target's host took the connection: rule F4.
    virtual void stream_ping_connected(Time now, SequenceNumber sequence) = 0;
    virtual void ping_answered_by_stream(SequenceNumber sequence) = 0;
    // The peer answered with an error, or its answer was refused.
    virtual void stream_ping_refused(SequenceNumber sequence, std::string_view answer) = 0;
    virtual void stream_ping_failed(SequenceNumber sequence, StreamEnd end) = 0;
    // A push/pull that we opened ended; `error` is "" when the peer's state was merged.
    virtual void push_pull_ended(Time now, StreamId id, const Endpoint& peer,
                                 const std::string& error, Outbox& out) = 0;
    virtual void stream_rejected(Time now, const Endpoint& peer, wire::DecodeError cause,
                                 Outbox& out) = 0;
};

class Streams {
public:
    Streams(Context& context, StreamOwner& owner) : context_{context}, owner_{owner} {}

    StreamId open_push_pull(Time now, const Endpoint& to, bool join, Outbox& out);
    void open_ping(Time now, const Member& target, SequenceNumber sequence, Time deadline,
                   Outbox& out);
    // `name` may be "" (any node there).
    void open_ping(Time now, const Endpoint& to, std::string name, SequenceNumber sequence,
                   Time deadline, Outbox& out);

    void accepted(Time now, StreamId id, const Endpoint& from, Outbox& out);
    void connected(Time now, StreamId id, Outbox& out);
    void data(Time now, StreamId id, Bytes bytes, Outbox& out);
    void closed(Time now, StreamId id, StreamEnd end, Outbox& out);
    void handle_timeout(Time now, Outbox& out);
    [[nodiscard]] std::optional<Time> next_deadline() const;

    [[nodiscard]] std::size_t accepted_count() const { return accepted_; }

private:
    enum class Purpose : std::uint8_t { answer, ping, push_pull };
    struct Session {
        Purpose purpose = Purpose::answer;
        Endpoint peer;
        Time opened{};
        Time deadline{};
        Time last_received{};
        std::uint64_t received = 0;  // bytes
        bool join = false;           // push_pull
        bool started = false;        // answer: a request is arriving
        SequenceNumber sequence;     // ping
        std::string target;          // ping: the member that we expect there
        std::optional<wire::StreamReader> reader;
        std::size_t memory = 0;  // of the reader, at the last count
    };
    using Sessions = std::unordered_map<StreamId, Session>;

    StreamId open(Time now, Session session, Outbox& out);
    void request_complete(Time now, StreamId id, Session& session, Outbox& out);
    void reply_complete(Time now, StreamId id, Session& session, Outbox& out);
    void reader_failed(Time now, StreamId id, Session& session, Outbox& out);
    void send(StreamId id, Bytes message, wire::PacketCodec::StreamSide side, Outbox& out);
    [[nodiscard]] Bytes seal(Bytes message, wire::PacketCodec::StreamSide side);
    void send_push_pull(StreamId id, bool join, wire::PacketCodec::StreamSide side, Outbox& out);
    // Ends a stream of ours that failed.
    void failed(Time now, StreamId id, const std::string& error, bool close, Outbox& out);
    void account(Time now, StreamId id, Session& session, Outbox& out);
    // Closes the longest idle accepted stream for which test(session) holds.
    template <class Test>
    bool evict(Test&& test, Outbox& out);
    void close(StreamId id, Outbox& out);
    void forget(StreamId id);

    Context& context_;
    StreamOwner& owner_;
    Sessions sessions_;
    std::set<std::pair<Time, std::uint64_t>> deadlines_;
    std::unordered_map<Endpoint, std::size_t, EndpointHash> per_source_;  // by address, port 0
    std::uint64_t next_id_ = 1;
    std::size_t accepted_ = 0;
    std::size_t started_ = 0;
    std::size_t memory_ = 0;
    std::vector<std::byte> message_;  // scratch
    std::vector<std::byte> sealed_;   // scratch
};

}  // namespace rollcall::membership

// SPDX-License-Identifier: Apache-2.0
//
// The streams of one node, both ways: their number, duration, memory and messages (rules X2, X3,
// Y3, Y5). One message per stream and direction; the owner handles its content. No stream outlives
// its deadline, and no peer can keep others out by opening many: when a cap is reached, the longest
// idle stream is closed. To open and unpack messages takes a share of the loop's time; beyond it
// all but short ones wait.
#pragma once

#include <cstdint>
#include <deque>
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
#include "base/time_budget.h"
#include "membership/context.h"
#include "membership/core.h"
#include "membership/merges.h"
#include "membership/outbox.h"
#include "membership/packed_states.h"
#include "wire/stream.h"

namespace rollcall::membership {

// Handles the messages of streams. Calls come from inside a call into Streams.
class StreamOwner : public StateMaker {
public:
    // A peer's state.
    virtual void peer_state(Time now, ArrivedState arrived, Outbox& out) = 0;
    virtual void user_message_by_stream(Time now, Bytes message, Outbox& out) = 0;
    // The target's host took the connection: rule F4.
    virtual void stream_ping_connected(Time now, SequenceNumber sequence) = 0;
    virtual void ping_answered_by_stream(SequenceNumber sequence) = 0;
    // The peer answered with an error, or its answer was refused.
    virtual void stream_ping_refused(SequenceNumber sequence, std::string_view answer) = 0;
    virtual void stream_ping_failed(SequenceNumber sequence, StreamEnd end) = 0;
    // A push/pull that we opened failed, before a state of the peer arrived.
    virtual void push_pull_failed(Time now, StreamId id, const Endpoint& peer,
                                  const std::string& error, Outbox& out) = 0;
    virtual void stream_rejected(Time now, const Endpoint& peer, wire::DecodeError cause,
                                 Outbox& out) = 0;
};

class Streams {
public:
    static constexpr Duration kReadAtOnce = std::chrono::milliseconds{50};
    static constexpr int kReadRests = 3;  // a quarter of the loop's time
    // Streams of so many bytes are read at once, unless that much time is owed: even they may
    // unpack to megabytes.
    static constexpr std::size_t kShort = 4096;
    static constexpr Duration kMostOwed = std::chrono::milliseconds{100};

    Streams(Context& context, StreamOwner& owner)
        : context_{context}, owner_{owner}, states_{context, owner} {}

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

    // Work that a message caused later counts as if it was done when the message was read.
    void count_reading(Time from, Time to) { reading_.spend(from, to); }

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
        bool unread = false;         // bytes wait until there is time to read them
        SequenceNumber sequence;     // ping
        std::string target;          // ping: the member that we expect there
        std::optional<wire::StreamReader> reader;
        std::size_t memory = 0;  // of the reader, at the last count
    };
    using Sessions = std::unordered_map<StreamId, Session>;

    StreamId open(Time now, Session session, Outbox& out);
    [[nodiscard]] bool may_read(const Session& session) const;
    void read(Time now, StreamId id, Session& session, Bytes bytes, Outbox& out);
    void read_later(Time now, StreamId id, Session& session, Bytes bytes, Outbox& out);
    void read_unread(Time now, Outbox& out);
    struct WantsState {
        StreamId id;
        PackedStates::Kind kind;
    };
    // Sends our state, which ends an answer. False: the stream waits for it.
    bool send_state(Time now, const WantsState& who, Outbox& out);
    bool send_state(const WantsState& who, PackedStates::Answer answer, Outbox& out);
    void send_waiting(Time now, Outbox& out);
    [[nodiscard]] std::optional<Endpoint> source_of(const WantsState& who) const;
    void request_complete(Time now, StreamId id, Session& session, Outbox& out);
    void reply_complete(Time now, StreamId id, Session& session, Outbox& out);
    void reader_failed(Time now, StreamId id, Session& session, Outbox& out);
    void send(StreamId id, Bytes message, wire::PacketCodec::StreamSide side, Outbox& out);
    [[nodiscard]] Bytes seal(Bytes message, wire::PacketCodec::StreamSide side);
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
    PackedStates states_;
    TimeBudget reading_{kReadAtOnce, kReadRests};
    Sessions sessions_;
    std::deque<StreamId> unread_;     // some may have ended
    std::optional<Time> read_at_;     // while there are any
    std::vector<WantsState> unsent_;  // likewise
    std::optional<Time> send_at_;     // while there are any, or a state is being made
    std::set<std::pair<Time, std::uint64_t>> deadlines_;
    std::unordered_map<Endpoint, std::size_t, EndpointHash> per_source_;  // by address, port 0
    std::uint64_t next_id_ = 1;
    std::size_t accepted_ = 0;
    std::size_t started_ = 0;
    std::size_t memory_ = 0;
    std::vector<std::byte> sealed_;  // scratch
};

}  // namespace rollcall::membership

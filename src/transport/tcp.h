// SPDX-License-Identifier: Apache-2.0
//
// All streams of one node by id, and the socket that accepts more. The core assigns the ids of
// opened streams, this class those of accepted ones (StreamId's top bit). A call for an id that has
// ended is not an error: its end may not have reached the caller yet. One thread.
//
// After stream_closed(finished) the stream is still written to within that call and then closed, so
// that a peer that closed its sending side gets its answer; after any other end it is gone.
#pragma once

#include <cstddef>
#include <memory>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/result.h"
#include "transport/stream.h"
#include "transport/uv_timer.h"

namespace rollcall::transport {

class TcpStreams : private StreamOwner {
public:
    struct Limits {
        StreamLimits stream;
        // Accepted streams, including closing ones. A backstop for descriptors: the core keeps
        // fewer (rule X3) and selects which to close. Beyond it connections are closed at once.
        std::size_t max_accepted = 1024;
    };

    TcpStreams(uv_loop_t& loop, const Limits& limits, TcpStats& stats);
    ~TcpStreams() override;
    TcpStreams(const TcpStreams&) = delete;
    TcpStreams& operator=(const TcpStreams&) = delete;

    // Libuv errors, or 0. Accepting starts with start(); until then connections wait.
    [[nodiscard]] int bind(const Endpoint& at);
    [[nodiscard]] Result<Endpoint, int> local() const;
    [[nodiscard]] int listen();
    [[nodiscard]] int descriptor() const;  // of the listening socket
    void start(Inputs& inputs);

    void open(StreamId id, const Endpoint& to, Time deadline);
    void write(StreamId id, Bytes bytes, const SharedBytes& owner);
    void close(StreamId id);

    // True when something was accepted or read since the last call: more may follow at once.
    [[nodiscard]] bool take_activity() { return std::exchange(active_, false); }
    // Opened or accepted, closing ones included.
    [[nodiscard]] bool has_streams() const { return !streams_.empty(); }
    // Closes all at once; unsent bytes are lost.
    void close_all(const std::function<void()>& closed);

    // Accepted in a row: then the loop looks at its other sockets, for a millisecond.
    static constexpr unsigned kAcceptedInARow = 16;

private:
    using Listener = UvHandle<uv_tcp_t, TcpStreams>;

    void connection_waiting(int status);
    void accept_again();
    void refuse_one();
    [[nodiscard]] Stream* find(StreamId id);
    Stream& add(StreamId id);

    void connected(Stream& stream) override;
    void data(Stream& stream, Bytes bytes) override;
    void ended(Stream& stream, membership::StreamEnd end) override;
    void gone(Stream& stream) override;
    MutableBytes read_buffer() override;

    uv_loop_t& loop_;
    const Limits limits_;
    TcpStats& stats_;
    Inputs* inputs_ = nullptr;
    Listener listener_;
    std::unordered_map<StreamId, std::unique_ptr<Stream>> streams_;
    std::size_t accepted_ = 0;  // of streams_
    std::uint64_t next_accepted_ = 1;
    std::uint32_t scope_ = 0;
    std::vector<std::byte> buffer_;
    bool active_ = false;
    bool waiting_ = false;  // a connection came before start(), or too many came at once
    unsigned in_a_row_ = 0;
    Timer<TcpStreams> pause_;
};

}  // namespace rollcall::transport

// SPDX-License-Identifier: Apache-2.0
//
// One TCP connection: connecting -> open -> closing -> gone. Every state has a deadline, so an idle
// peer uses a descriptor for a bounded time; the write queue is bounded too. Independent of ids and
// the core: it reports to a StreamOwner, which may destroy it inside any of those calls. Failures
// found while writing or connecting are reported later, from the loop.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>

#include "base/result.h"
#include "base/shared_bytes.h"
#include "base/time.h"
#include "transport/addresses.h"
#include "transport/inputs.h"
#include "transport/stats.h"
#include "transport/uv_handle.h"
#include "transport/uv_timer.h"

namespace rollcall::transport {

struct StreamLimits {
    // No byte in either direction for this long ends an open stream. The core has shorter limits
    // for whole exchanges; this one is a backstop.
    Duration idle_timeout = std::chrono::seconds{60};
    // After close: cut when sending the write queue makes no progress for this long.
    Duration flush_timeout = std::chrono::seconds{10};
    // After close, all sent: how long to wait for the peer's end. Closing a socket with unread
    // bytes resets it, and a reset may overtake our last answer.
    Duration linger_timeout = std::chrono::seconds{2};
    std::size_t max_linger_bytes = 1u << 20;  // discarded in that time; beyond, cut
    // Bytes written and not yet accepted by the system. Above the largest legal message (20 MiB
    // state, compressed or not, with its members); a peer that does not read is cut.
    std::size_t max_write_queue = 64u << 20;
};

class Stream;

class StreamOwner {
public:
    virtual ~StreamOwner() = default;
    virtual void connected(Stream& stream) = 0;
    virtual void data(Stream& stream, Bytes bytes) = 0;
    // The stream ended, because of the peer or of us. Not called after close().
    virtual void ended(Stream& stream, membership::StreamEnd end) = 0;
    // After close(): flushed, or cut. Destroy it now.
    virtual void gone(Stream& stream) = 0;
    // The read buffer, shared by all streams: each read is consumed before the next.
    [[nodiscard]] virtual MutableBytes read_buffer() = 0;
};

class Stream {
public:
    Stream(StreamOwner& owner, uv_loop_t& loop, const StreamLimits& limits, TcpStats& stats)
        : owner_{owner}, loop_{loop}, limits_{limits}, stats_{stats} {}
    ~Stream();
    Stream(const Stream&) = delete;
    Stream& operator=(const Stream&) = delete;

    StreamId id;

    // Ends in connected() or ended(), never inside this call.
    void connect(const Endpoint& to, Time deadline, std::uint32_t default_scope);
    // Accepts a waiting connection: its address, or a libuv error; then only destruction is
    // allowed.
    [[nodiscard]] Result<Endpoint, int> accept(uv_stream_t* listener);
    // What the system does not accept at once is copied, unless `owner` keeps the bytes alive.
    void write(Bytes bytes, const SharedBytes& owner = {});
    // Flush, then close. gone() follows, possibly inside this call.
    void close();
    [[nodiscard]] bool closing() const { return state_ == State::closing; }
    // Closes at once: unsent bytes are lost.
    void abandon(const std::function<void()>& closed);

private:
    enum class State : std::uint8_t { fresh, connecting, open, failing, closing };
    using Tcp = UvHandle<uv_tcp_t, Stream>;

    [[nodiscard]] int init(unsigned family);
    [[nodiscard]] int start_reading();
    [[nodiscard]] uv_stream_t* raw() const { return reinterpret_cast<uv_stream_t*>(tcp_.get()); }
    void connect_done(int status);
    void read_done(ssize_t count, const uv_buf_t& buffer);
    void write_done(int status);
    void write_failed(int error);
    void shutdown_done();
    void fail_later(membership::StreamEnd end);
    void expire_at(Time deadline);
    void arm(Time deadline);
    void timer_fired();

    StreamOwner& owner_;
    uv_loop_t& loop_;
    const StreamLimits& limits_;
    TcpStats& stats_;
    Tcp tcp_;
    Timer<Stream> timer_;
    Time deadline_{};
    std::size_t last_queue_ = 0;  // closing: to detect progress
    std::size_t discarded_ = 0;   // closing: bytes read and dropped
    State state_ = State::fresh;
    membership::StreamEnd failure_ = membership::StreamEnd::local;  // failing
    bool peer_finished_ = false;
    bool broken_ = false;  // a write failed: only reading is left
    bool shut_ = false;    // our side is closed and everything was sent
};

// The StreamEnd of an error of connect, read or write.
[[nodiscard]] membership::StreamEnd end_of_error(int uv_error);

}  // namespace rollcall::transport

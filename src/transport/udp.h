// SPDX-License-Identifier: Apache-2.0
//
// Datagrams in and out of one bound socket. Reads in batches into one buffer that lives as long as
// the handle, and sends the answers to a batch at its end, in one call. Other datagrams are sent at
// once. Nothing is queued beyond that: a datagram that does not fit into the socket buffer is
// counted, dropped and reported as a local failure. "Port unreachable" answers are read from
// the socket's error queue, since they name the peer only there. No SO_REUSEADDR: a second process
// would take the port over silently. One thread.
//
// ICMP errors about an unreachable network or host are counted and ignored: a dead host is detected
// by its silence. Errors of this host while sending are reported at once (rule P3).
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "transport/addresses.h"
#include "transport/inputs.h"
#include "transport/send_batch.h"
#include "transport/stats.h"
#include "transport/uv_handle.h"

namespace rollcall::transport {

class UdpSocket {
public:
    static constexpr std::size_t kBatch = 20;              // libuv's own limit of one recvmmsg
    static constexpr std::size_t kSlot = 64 * 1024;        // no UDP payload is larger
    static constexpr std::size_t kMaxPendingErrors = 256;  // reported per turn; others are counted

    struct Failure {
        Endpoint to;
        membership::SendError error = membership::SendError::local;
    };

    UdpSocket(uv_loop_t& loop, UdpStats& stats) : loop_{loop}, stats_{stats} {}
    ~UdpSocket() { close({}); }

    // A libuv error, or 0. port 0 takes any; `::` takes IPv4 too. Asks for `receive_buffer` bytes
    // of socket buffer and takes half, a quarter... when that is refused.
    [[nodiscard]] int bind(const Endpoint& at, int receive_buffer);
    [[nodiscard]] Result<Endpoint, int> local() const;
    // `failures_waiting` is called (maybe inside send()) when take_failures() has something new.
    [[nodiscard]] int start(Inputs& inputs, std::function<void()> failures_waiting);

    void send(const Endpoint& to, Bytes bytes);
    [[nodiscard]] int descriptor() const { return descriptor_; }
    // Inside packet() of a batch: packets_read() follows, before anything else of the loop.
    [[nodiscard]] bool in_batch() const { return in_batch_; }
    // Failed sends and unreachable answers since the last call, oldest first.
    void take_failures(std::vector<Failure>& into);

    // True when the last read round stopped for fairness and not because the socket was empty.
    [[nodiscard]] bool may_hold_more() const { return may_hold_more_; }
    void forget_last_round() { may_hold_more_ = false; }

    void close(std::function<void()> closed);

private:
    [[nodiscard]] uv_buf_t next_buffer();
    void send_now(const Endpoint& to, const SocketAddress& address, Bytes bytes);
    void send_batch();
    void received(ssize_t count, const uv_buf_t& buffer, const sockaddr* from, unsigned flags);
    bool read_error_queue();
    void failed(const Endpoint& to, membership::SendError error);
    void not_sent(const Endpoint& to, int uv_error);

    uv_loop_t& loop_;
    UdpStats& stats_;
    UvHandle<uv_udp_t, UdpSocket> handle_;
    std::shared_ptr<std::byte[]> buffer_;
    Inputs* inputs_ = nullptr;
    std::function<void()> failures_waiting_;
    std::vector<Failure> failures_;
    SendBatch batch_;
    Family family_ = Family::v4;
    std::uint32_t scope_ = 0;
    int descriptor_ = -1;
    std::size_t since_empty_ = 0;  // datagrams read since the socket was last seen empty
    bool in_batch_ = false;
    bool may_hold_more_ = false;
    bool emptied_ = false;  // by the last batch: no other read in this turn
};

// The SendError of a failed send (rule P3): no route to that peer, or a local
// failure.
[[nodiscard]] membership::SendError send_error_of(int uv_error);

}  // namespace rollcall::transport

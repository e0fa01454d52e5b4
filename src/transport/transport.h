// SPDX-License-Identifier: Apache-2.0
//
// The sockets of one node, UDP and TCP on one port, and its one timer. Independent of the core: it
// reports to Inputs. Bound first and started later, since a core must know its port when it is
// constructed. One thread.
//
// Input before deadlines. At a deadline, everything that already waits in the sockets is read
// first: after a pause of the process the refutation of a suspicion may be there, and must win.
// "Everything" is bounded, so that a flood cannot delay a deadline indefinitely: kDrainPackets
// datagrams, kDrainTime, kStreamRounds read rounds of streams.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "transport/after_poll.h"
#include "transport/inputs.h"
#include "transport/stats.h"
#include "transport/tcp.h"
#include "transport/udp.h"

namespace rollcall::transport {

struct Options {
    Endpoint bind;  // port 0: one that is free for both. `::` takes IPv4 as well
    TcpStreams::Limits streams;
    int receive_buffer = 2 << 20;  // bytes of socket buffer; halved while the system refuses
};

class Transport {
public:
    // A full socket buffer of the smallest datagrams, as Linux accounts them: 4 MiB / 768.
    static constexpr std::uint64_t kDrainPackets = 8192;
    static constexpr Duration kDrainTime = std::chrono::milliseconds{100};
    static constexpr unsigned kStreamRounds = 8;

    // The error names the protocol, the address and the cause.
    [[nodiscard]] static Result<std::unique_ptr<Transport>, std::string> bind(
        uv_loop_t& loop, const Options& options);
    explicit Transport(uv_loop_t& loop, const Options& options);
    ~Transport();
    Transport(const Transport&) = delete;
    Transport& operator=(const Transport&) = delete;

    [[nodiscard]] const Endpoint& local() const { return local_; }
    // Starts reporting to `inputs`. An error is text like bind()'s.
    [[nodiscard]] std::optional<std::string> start(Inputs& inputs);

    void send(const Endpoint& to, Bytes bytes) { udp_.send(to, bytes); }
    // packets_read() follows within this turn of the loop, before anything else of it.
    [[nodiscard]] bool in_batch() const { return udp_.in_batch(); }
    void open_stream(StreamId id, const Endpoint& to, Time deadline) {
        tcp_.open(id, to, deadline);
    }
    // `owner` keeps `bytes` alive, so that they need not be copied; nullptr: copy what must wait.
    void write(StreamId id, Bytes bytes, const SharedBytes& owner = {}) {
        tcp_.write(id, bytes, owner);
    }
    void close_stream(StreamId id) { tcp_.close(id); }
    // deadline_reached() is called at this time or later; replaces the previous deadline.
    void set_deadline(std::optional<Time> deadline);

    // None of the calls above may follow close().
    [[nodiscard]] bool is_open() const { return static_cast<bool>(timer_); }
    // Closes everything; unsent bytes are lost. `closed` is called by the loop, once none of our
    // handles is left in it. No input is reported after this call.
    // May be called from within an input; destroying may not.
    void close(std::function<void()> closed);
    [[nodiscard]] const Stats& stats() const { return stats_; }

private:
    [[nodiscard]] std::optional<std::string> bind_at(const Endpoint& at, bool& port_taken);
    void arm(Time deadline);
    void timer_fired();
    void polled();
    [[nodiscard]] bool nothing_waits() const;
    void report_deadline();
    void count_deadline();
    [[nodiscard]] bool input_left();

    uv_loop_t& loop_;
    const Options options_;
    Stats stats_;
    UdpSocket udp_;
    TcpStreams tcp_;
    Timer<Transport> timer_;
    AfterPoll after_poll_;
    Endpoint local_;
    Inputs* inputs_ = nullptr;
    std::optional<Time> deadline_;
    std::optional<Time> armed_for_;  // never later than deadline_; an early firing only arms again
    std::vector<UdpSocket::Failure> failures_;
    bool in_timer_ = false;
    bool due_ = false;  // draining the input before the deadline is reported
    Time due_since_{};
    std::uint64_t due_packets_ = 0;  // received when it became due
    unsigned rounds_ = 0;
};

}  // namespace rollcall::transport

// SPDX-License-Identifier: Apache-2.0
#include "transport/transport.h"

#include <poll.h>

#include <algorithm>
#include <array>
#include <utility>

#include "transport/clock.h"

namespace rollcall::transport {
namespace {

// With port 0 the kernel picks a port for TCP that UDP may find taken. Each try is another port.
constexpr int kPortTries = 32;

// A timer that fires in vain costs more than to arm it again. After an ack the next deadline is
// that of the next probe, not that of the answer.
constexpr Duration kFarLater = std::chrono::milliseconds{20};

// libuv fires a timer that is due at once again before it polls. A core whose deadline has passed
// already would never get its input.
constexpr Duration kAfterTimer = std::chrono::milliseconds{1};

std::string cannot(const char* what, const Endpoint& at, int error) {
    std::string text =
        std::string{"cannot "} + what + ' ' + at.to_string() + ": " + uv_strerror(error);
    if (error == UV_EADDRINUSE) text += " (is another agent running? --bind sets another port)";
    if (error == UV_EADDRNOTAVAIL) text += " (no interface of this host has that address)";
    return text;
}

}  // namespace

Result<std::unique_ptr<Transport>, std::string> Transport::bind(uv_loop_t& loop,
                                                                const Options& options) {
    const int tries = options.bind.port == 0 ? kPortTries : 1;
    std::string error;
    for (int i = 0; i < tries; ++i) {
        auto transport = std::make_unique<Transport>(loop, options);
        bool port_taken = false;
        const auto failure = transport->bind_at(options.bind, port_taken);
        if (!failure) return transport;
        error = *failure;
        if (!port_taken) break;
    }
    return error;
}

Transport::Transport(uv_loop_t& loop, const Options& options)
    : loop_{loop},
      options_{options},
      udp_{loop, stats_.udp},
      tcp_{loop, options_.streams, stats_.tcp} {}

Transport::~Transport() {
    close({});
}

std::optional<std::string> Transport::bind_at(const Endpoint& at, bool& port_taken) {
    int error = tcp_.bind(at);
    if (error != 0) return cannot("bind TCP", at, error);
    // libuv reports a failed bind only here.
    if (error = tcp_.listen(); error != 0) return cannot("listen on TCP", at, error);
    const auto tcp = tcp_.local();
    if (!tcp) return cannot("read back the TCP port of", at, tcp.error());
    Endpoint same_port = at;
    same_port.port = tcp->port;
    if (error = udp_.bind(same_port, options_.receive_buffer); error != 0) {
        port_taken = error == UV_EADDRINUSE;
        return cannot("bind UDP", same_port, error);
    }
    const auto udp = udp_.local();
    if (!udp) return cannot("read back the UDP port of", at, udp.error());
    local_ = *udp;
    timer_.init(*this, loop_);
    error = after_poll_.init(loop_, [this] { polled(); });
    if (error != 0) return cannot("prepare the loop for", at, error);
    return {};
}

std::optional<std::string> Transport::start(Inputs& inputs) {
    inputs_ = &inputs;
    const int error = udp_.start(inputs, [this] { after_poll_.request(); });
    if (error != 0) return cannot("read from UDP", local_, error);
    tcp_.start(inputs);
    return {};
}

void Transport::set_deadline(std::optional<Time> deadline) {
    deadline_ = deadline;
    if (!deadline || due_) return;
    // Almost every packet leaves the deadline where it was, or moves it a little: then the timer
    // stays, and finds when it fires that it is too early. Only an ack moves it by much.
    if (armed_for_ && *armed_for_ <= *deadline && *deadline < *armed_for_ + kFarLater) return;
    arm(*deadline);
}

void Transport::arm(Time deadline) {
    armed_for_ = deadline;
    const Duration wait = deadline - clock_now();
    timer_.start<&Transport::timer_fired>(in_timer_ ? std::max(wait, kAfterTimer) : wait);
}

void Transport::timer_fired() {
    armed_for_.reset();
    if (!deadline_) return;
    const Time now = clock_now();
    if (now < *deadline_) return arm(*deadline_);
    if (!after_poll_.is_requested() && nothing_waits()) {
        in_timer_ = true;
        report_deadline();
        in_timer_ = false;
        return;
    }
    due_ = true;
    due_since_ = now;
    due_packets_ = stats_.udp.received;
    rounds_ = 0;
    udp_.forget_last_round();
    static_cast<void>(tcp_.take_activity());
    after_poll_.request();
}

// The loop has polled since this was requested: waiting input is read, except for truncated rounds.
void Transport::polled() {
    udp_.take_failures(failures_);
    // By index, and from a copy: the core's answer may send and fail again; that is reported in the
    // next turn.
    const auto failures = std::exchange(failures_, {});
    for (const UdpSocket::Failure& failure : failures) {
        inputs_->send_error(failure.to, failure.error);
        if (!is_open()) return;
    }
    if (!due_) return;
    ++rounds_;
    if (input_left()) {
        if (rounds_ == 1) ++stats_.loop.deadlines_deferred;
        udp_.forget_last_round();
        return after_poll_.request();
    }
    due_ = false;
    report_deadline();
}

// In most cases: the loop has just polled. Open streams are left to the loop.
bool Transport::nothing_waits() const {
    if (tcp_.has_streams()) return false;
    std::array<pollfd, 2> sockets{pollfd{.fd = udp_.descriptor(), .events = POLLIN, .revents = 0},
                                  pollfd{.fd = tcp_.descriptor(), .events = POLLIN, .revents = 0}};
    return ::poll(sockets.data(), sockets.size(), 0) == 0;
}

void Transport::report_deadline() {
    count_deadline();
    inputs_->deadline_reached();
    // The core set its next deadline within the call; if it kept the old one, it is called again.
    if (is_open() && deadline_ && !armed_for_) arm(*deadline_);
}

// A deadline that was moved or removed while input was read was not late.
void Transport::count_deadline() {
    ++stats_.loop.deadlines;
    if (!deadline_) return;
    const Duration late = clock_now() - *deadline_;
    if (late > Duration{}) stats_.loop.late_ns += static_cast<std::uint64_t>(late.count());
    for (std::size_t i = 0; i < kLateBounds.size() && late > kLateBounds[i]; ++i) {
        ++stats_.loop.late[i];
    }
}

bool Transport::input_left() {
    const bool streams = tcp_.take_activity() && rounds_ < kStreamRounds;
    if (!udp_.may_hold_more() && !streams) return false;
    const bool bound = stats_.udp.received - due_packets_ >= kDrainPackets ||
                       clock_now() - due_since_ >= kDrainTime;
    if (bound) ++stats_.loop.drains_cut;
    return !bound;
}

void Transport::close(std::function<void()> closed) {
    due_ = false;
    deadline_.reset();
    // The last owner calls it: each handle's close callback holds a share.
    std::function<void()> each;
    if (closed) {
        const std::shared_ptr<void> last{nullptr,
                                         [closed = std::move(closed)](void*) { closed(); }};
        each = [last] {};
    }
    udp_.close(each);
    tcp_.close_all(each);
    timer_.close(each);
    after_poll_.close(each);
}

}  // namespace rollcall::transport

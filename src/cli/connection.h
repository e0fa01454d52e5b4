// SPDX-License-Identifier: Apache-2.0
//
// One connection, TCP or Unix socket, with a blocking interface: starts an operation and runs the
// loop with pump() until it is done or times out. Received bytes are passed to `on_bytes` at once,
// unsealed if there is TLS.
// Independent of the protocol. One connection, one thread.
#pragma once

#include <uv.h>

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "tls/session.h"

namespace rollcall::cli {

class Connection {
public:
    using Milliseconds = std::chrono::milliseconds;
    enum class Wait : std::uint8_t { done, timed_out, interrupted, woken };

    explicit Connection(std::function<void(std::string_view)> on_bytes);
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;
    // Does not wait for a name lookup that hangs in the system's resolver and cannot be stopped:
    // its loop is leaked. See lookup_left_behind().
    ~Connection();

    // Each returns "" or the text of the error.
    [[nodiscard]] std::string resolve(const std::string& host, std::uint16_t port,
                                      Milliseconds limit);
    [[nodiscard]] std::string connect(Milliseconds limit_per_address);  // to the resolved addresses
    [[nodiscard]] std::string connect_unix(const std::string& path, Milliseconds limit);
    // The handshake of TLS, once after connect(); `name` is what the server's certificate is for.
    [[nodiscard]] std::string secure(std::shared_ptr<const tls::Credentials> credentials,
                                     const std::string& name, Milliseconds limit);
    [[nodiscard]] std::string write(std::string bytes, Milliseconds limit);

    // Runs the loop until done() is true or nothing arrived for `limit`.
    [[nodiscard]] Wait pump(const std::function<bool()>& done, std::optional<Milliseconds> limit);
    // The same, but a descriptor of wake_on() that is readable ends it, too.
    [[nodiscard]] Wait pump_or_wake(const std::function<bool()>& done,
                                    std::optional<Milliseconds> limit);
    void wake_on(int descriptor);
    // Makes SIGINT end pump() with Wait::interrupted, again and again.
    void catch_interrupt();
    // Set when the peer has closed or reset the connection.
    [[nodiscard]] const std::optional<std::string>& ended() const { return ended_; }
    // Why TLS ended it, "" if that is not what happened.
    [[nodiscard]] const std::string& tls_error() const;
    void close();
    [[nodiscard]] bool is_open() const { return socket_ != nullptr; }

private:
    struct ConnectAttempt;
    struct PendingWrite;
    struct Way;
    std::string connect_by(const Way& way, Milliseconds limit);
    void start_reading();
    void received(std::string_view bytes);
    void cut(int error);
    // libuv's result, once there is one.
    using WriteStatus = std::shared_ptr<std::optional<int>>;
    [[nodiscard]] WriteStatus send(std::string bytes);

    std::unique_ptr<uv_loop_t> loop_ = std::make_unique<uv_loop_t>();
    uv_timer_t timer_{};
    uv_signal_t signal_{};
    std::deque<uv_poll_t> wakers_;
    uv_any_handle* socket_ = nullptr;  // TCP or a pipe; freed in its close callback
    addrinfo* addresses_ = nullptr;
    std::function<void(std::string_view)> on_bytes_;
    std::optional<tls::Session> session_;
    std::optional<std::string> ended_;
    std::uint64_t limit_ms_ = 0;  // of the running pump(); 0: none
    bool lookup_stuck_ = false;
    int handles_open_ = 2;  // the timer and the signal
    bool timed_out_ = false;
    bool interrupted_ = false;
    bool woken_ = false;
    char buffer_[64 * 1024];
};

// Whether a lookup of any Connection never ended. An ordinary exit would wait for its thread, so
// the program must use _Exit().
[[nodiscard]] bool lookup_left_behind();

}  // namespace rollcall::cli

// SPDX-License-Identifier: Apache-2.0
//
// One connection, TCP or a Unix socket's, driven as if it blocked: start something, then pump() the
// loop until it happened or its time is over. Bytes that arrive are handed to whoever listens, at
// once. It knows nothing of the protocol. Not for more than one connection, and not for more than
// one thread.
#pragma once

#include <uv.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace rollcall::cli {

class Connection {
public:
    using Milliseconds = std::chrono::milliseconds;
    enum class Wait : std::uint8_t { done, timed_out, interrupted };

    explicit Connection(std::function<void(std::string_view)> on_bytes);
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;
    // Does not wait for a name look-up that is stuck in the system's resolver, which nothing can
    // stop: its loop is left behind for it. See look_up_left_behind().
    ~Connection();

    // Each returns "" or why not, in words.
    [[nodiscard]] std::string resolve(const std::string& host, std::uint16_t port,
                                      Milliseconds limit);
    [[nodiscard]] std::string connect(Milliseconds limit_per_address);  // to what was resolved
    [[nodiscard]] std::string connect_unix(const std::string& path, Milliseconds limit);
    [[nodiscard]] std::string write(std::string bytes, Milliseconds limit);

    // Runs the loop until done() holds or nothing at all arrived for `limit`.
    [[nodiscard]] Wait pump(const std::function<bool()>& done, std::optional<Milliseconds> limit);
    // Makes SIGINT end pump() with Wait::interrupted, again and again.
    void catch_interrupt();
    // The peer finished or reset the connection: nothing more will arrive.
    [[nodiscard]] const std::optional<std::string>& ended() const { return ended_; }
    void close();
    [[nodiscard]] bool is_open() const { return socket_ != nullptr; }

private:
    struct ConnectAttempt;
    struct PendingWrite;
    struct Way;
    std::string connect_by(const Way& way, Milliseconds limit);
    void read_more();

    std::unique_ptr<uv_loop_t> loop_ = std::make_unique<uv_loop_t>();
    uv_timer_t timer_{};
    uv_signal_t signal_{};
    uv_any_handle* socket_ = nullptr;  // TCP or a pipe; freed in its close callback
    addrinfo* addresses_ = nullptr;
    std::function<void(std::string_view)> on_bytes_;
    std::optional<std::string> ended_;
    std::uint64_t limit_ms_ = 0;  // of the pump() under way; 0 is none
    bool look_up_stuck_ = false;
    int handles_open_ = 2;  // the timer and the signal
    bool timed_out_ = false;
    bool interrupted_ = false;
    char buffer_[64 * 1024];
};

// True when a look-up of some Connection never ended. An ordinary exit would wait for its thread,
// so the program then has to end without.
[[nodiscard]] bool look_up_left_behind();

}  // namespace rollcall::cli

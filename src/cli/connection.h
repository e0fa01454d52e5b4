// SPDX-License-Identifier: Apache-2.0
//
// One TCP connection driven as if it blocked: start something, then pump() the loop until it
// happened or its time is over. Bytes that arrive are handed to whoever listens, at once. It knows
// nothing of the protocol. Not for more than one connection, and not for more than one thread.
#pragma once

#include <uv.h>

#include <chrono>
#include <cstdint>
#include <functional>
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
    // Waits for a name look-up that is under way: the system offers no way to abandon it.
    ~Connection();

    // Each returns "" or why not, in words.
    [[nodiscard]] std::string resolve(const std::string& host, std::uint16_t port,
                                      Milliseconds limit);
    [[nodiscard]] std::string connect(Milliseconds limit_per_address);
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
    std::string connect_to(const sockaddr* address, Milliseconds limit);
    void read_more();

    uv_loop_t loop_{};
    uv_timer_t timer_{};
    uv_signal_t signal_{};
    uv_tcp_t* socket_ = nullptr;  // freed in its close callback
    addrinfo* addresses_ = nullptr;
    std::function<void(std::string_view)> on_bytes_;
    std::optional<std::string> ended_;
    std::uint64_t limit_ms_ = 0;  // of the pump() under way; 0 is none
    bool timed_out_ = false;
    bool interrupted_ = false;
    char buffer_[64 * 1024];
};

}  // namespace rollcall::cli

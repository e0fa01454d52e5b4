// SPDX-License-Identifier: Apache-2.0
//
// Notifies the service manager of this agent (systemd) by the protocol of sd_notify(3): that it is
// ready, reloads, stops, its status in a line, and that its loop runs (the watchdog). The loop's
// own timer sends the signs of life, so a loop that hangs sends none and the manager restarts the
// agent. Never waits for the manager: what it cannot take is sent again by a timer, at most
// kMostUnsent messages. Without $NOTIFY_SOCKET nothing happens, and no timer runs. The loop's
// thread.
#pragma once

#include <uv.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "agent/log/logging.h"
#include "agent/service/notify_socket.h"
#include "agent/service/service_environment.h"
#include "base/time.h"
#include "transport/uv_timer.h"

namespace rollcall::agent {

class ServiceNotifier {
public:
    // An agent without an answer of its seeds is ready after this time: it serves, and goes on
    // trying. Shorter than the 90 s that systemd gives to a start; long enough for the first
    // retries.
    static constexpr Duration kJoinWait = std::chrono::seconds{30};
    // From a change to its line of status: many changes at once make one line.
    static constexpr Duration kStatusDelay = std::chrono::seconds{1};
    static constexpr Duration kRetry = std::chrono::milliseconds{250};
    // No watchdog makes the loop run more often than this.
    static constexpr Duration kShortestPeriod = std::chrono::milliseconds{10};
    static constexpr std::size_t kMostUnsent = 16;

    struct Parts {
        uv_loop_t& loop;
        Log& log;
        ServiceEnvironment environment;
        std::function<bool()> joined;
        std::function<std::string()> status;  // of the members, one line
        Duration join_wait = kJoinWait;
    };
    explicit ServiceNotifier(Parts parts) : parts_{std::move(parts)} {}

    // The agent listens. It is ready now, or when it has joined, or after Parts::join_wait.
    void begin();
    // Members may have changed, or a seed was tried. Cheap: called for every event.
    void changed();
    void reload_began();
    void reload_ended(bool taken);
    // Call it again for another reason: only the status changes.
    void stopping(std::string_view why);
    // Signs of life go on until then.
    void close(const std::function<void()>& closed);

private:
    enum class Stage : std::uint8_t { idle, starting, ready, stopping };

    void become_ready();
    void send_status();
    [[nodiscard]] std::string status_line() const;
    void send_sign_of_life();
    void retry();
    // In order, behind what could not be sent before.
    void send(std::string message);
    [[nodiscard]] bool try_to_send(const std::string& message);

    Parts parts_;
    std::optional<NotifySocket> socket_;
    Stage stage_ = Stage::idle;
    std::string last_status_;
    std::deque<std::string> unsent_;
    bool reload_refused_ = false;
    bool status_due_ = false;
    LineGate failures_{std::chrono::minutes{1}};
    transport::Timer<ServiceNotifier> join_timer_, status_timer_, watchdog_timer_, retry_timer_;
};

}  // namespace rollcall::agent

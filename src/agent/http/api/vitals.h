// SPDX-License-Identifier: Apache-2.0
//
// Whether this process works (/healthz) and whether it is a member that others may rely on
// (/readyz). Looks once a second until the view has settled; asking costs nothing. The loop's
// thread.
#pragma once

#include <uv.h>

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "agent/http/api/parts.h"
#include "base/time.h"
#include "transport/uv_timer.h"

namespace rollcall::agent::http {

// What the agent knows about its own membership.
struct Standing {
    bool joined = false;  // a member or a seed has answered, or there is none to wait for
    bool leaving = false;
    std::size_t members = 0;                 // of any status
    std::optional<std::string> not_sending;  // why no datagram leaves this host
};

class Vitals {
public:
    static constexpr Duration kEvery = std::chrono::seconds{1};
    // The loop is late by more than this: it is starved, blocked, or the process was stopped.
    static constexpr Duration kMostLag = std::chrono::seconds{1};
    // No new member for so long after the join, or so long after it in any case.
    static constexpr Duration kQuiet = std::chrono::seconds{2};
    static constexpr Duration kLongestSettling = std::chrono::seconds{30};

    // `lag` says how late the loop is now.
    Vitals(uv_loop_t& loop, std::function<Standing()> standing, std::function<Duration()> lag)
        : loop_{loop}, standing_{std::move(standing)}, lag_{std::move(lag)} {}

    void begin();
    void close(const std::function<void()>& closed);
    [[nodiscard]] std::vector<Check> health() const;
    [[nodiscard]] std::vector<Check> readiness() const;

private:
    void look();
    [[nodiscard]] Check settled() const;

    uv_loop_t& loop_;
    std::function<Standing()> standing_;
    std::function<Duration()> lag_;
    transport::Timer<Vitals> timer_;
    std::optional<Time> joined_;
    std::size_t members_ = 0;
    Time changed_{};
    bool settled_ = false;  // stays: later members are ordinary
    bool closed_ = false;
};

}  // namespace rollcall::agent::http

// SPDX-License-Identifier: Apache-2.0
//
// Checks the token of requests that change something. A wrong one is answered late, each next one
// of the same client later, so that guessing takes as long as it can with the connections that a
// client may have. The loop's thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/time.h"

namespace rollcall::agent::http {

class TokenGuard {
public:
    static constexpr Duration kFirstDelay = std::chrono::milliseconds{100};
    static constexpr Duration kLongestDelay = std::chrono::seconds{5};
    static constexpr Duration kForgotten = std::chrono::minutes{10};  // since the last wrong one
    static constexpr std::size_t kMostClients = 1024;                 // remembered

    explicit TokenGuard(std::string token) : token_{std::move(token)} {}

    [[nodiscard]] bool has_token() const { return !token_.empty(); }
    // `authorization` is the whole header, "Bearer TOKEN".
    [[nodiscard]] bool is_right(std::string_view authorization) const;
    // How late to answer a wrong one.
    [[nodiscard]] Duration wrong(Time now, const std::string& client);
    void right(const std::string& client) { clients_.erase(client); }

private:
    struct Record {
        unsigned failures = 0;
        Time last{};
    };
    void make_room(Time now);

    std::string token_;
    std::unordered_map<std::string, Record> clients_;
};

}  // namespace rollcall::agent::http

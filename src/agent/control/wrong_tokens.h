// SPDX-License-Identifier: Apache-2.0
//
// How long the refusal of a wrong token is held back: longer for each from the same source, so that
// trying many takes long. A right token is accepted at once. Sources are IPv4 addresses, IPv6
// networks of 64 bits, and all Unix sockets together. Bounded; pure: the caller passes the time.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>

#include "base/endpoint.h"
#include "base/time.h"

namespace rollcall::agent {

class WrongTokens {
public:
    static constexpr Duration kFirst = std::chrono::milliseconds{50};  // doubled each time
    static constexpr Duration kLongest = std::chrono::seconds{2};
    static constexpr Duration kForgiven = std::chrono::minutes{1};  // without a wrong one
    static constexpr std::size_t kMostSources = 1024;  // beyond, the one longest silent is dropped

    // Counts one more; nullopt is a Unix socket.
    [[nodiscard]] Duration add(Time now, const std::optional<Endpoint>& source);

private:
    struct Source {
        Duration delay;
        Time last;
    };
    void make_room();

    std::map<std::string, Source, std::less<>> sources_;
};

}  // namespace rollcall::agent

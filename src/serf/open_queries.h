// SPDX-License-Identifier: Apache-2.0
//
// Received queries that the application may still answer: the address and deadline of the answer,
// and whether it was sent (rule E6). Bounded: when full, the oldest is closed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

#include "base/endpoint.h"
#include "base/ids.h"
#include "base/time.h"
#include "serf/events.h"

namespace rollcall::serf {

// Where an answer goes, and the numbers that match it with its query.
struct ReturnPath {
    LamportTime time;
    std::uint32_t id = 0;
    WireAddress address;
    std::uint16_t port = 0;
    std::string node;  // its name
    std::uint8_t relay_factor = 0;
};

class OpenQueries {
public:
    explicit OpenQueries(std::size_t max_open) : max_open_{max_open} {}

    struct Open {
        ReturnPath path;
        Time deadline{};
        bool answered = false;
    };
    QueryHandle open(Time now, Time deadline, ReturnPath path);
    // nullptr: unknown or closed.
    [[nodiscard]] Open* find(QueryHandle handle);
    [[nodiscard]] std::size_t size() const { return open_.size(); }
    // Queries that were closed while they could still be answered.
    [[nodiscard]] std::uint64_t closed_early() const { return closed_early_; }

private:
    std::size_t max_open_;
    std::map<std::uint64_t, Open> open_;  // in the order in which they were reported
    std::uint64_t last_ = 0;
    std::uint64_t closed_early_ = 0;
};

}  // namespace rollcall::serf

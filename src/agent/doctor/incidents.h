// SPDX-License-Identifier: Apache-2.0
//
// What went wrong lately, as the core's events report it: bytes refused by address and cause,
// refused states, name conflicts, pauses. An examination asks for those of one address or of all.
// Bounded: the oldest is forgotten. One thread.
#pragma once

#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <vector>

#include "base/endpoint.h"
#include "base/time.h"
#include "membership/events.h"

namespace rollcall::agent {

struct Incident {
    enum class Kind : std::uint8_t { rejected, merge_refused, name_conflict, paused };
    Kind kind = Kind::rejected;
    Endpoint from;                                           // rejected, merge_refused
    wire::DecodeError cause = wire::DecodeError::truncated;  // rejected
    bool stream = false;                                     // rejected
    std::string text;  // why; the name and the other address; ""
    Duration gap{};    // paused: the longest
    std::uint64_t count = 0;
    Time last{};
};

class Incidents {
public:
    static constexpr std::size_t kMost = 128;

    void handle(Time now, const membership::Event& event);
    // Since then, the newest first.
    [[nodiscard]] std::vector<Incident> since(Time then) const;

private:
    void add(Time now, Incident incident);

    std::list<Incident> list_;  // the newest first
};

}  // namespace rollcall::agent

// SPDX-License-Identifier: Apache-2.0
//
// The items of the rings of rules E1 and E2. User events are kept whole, since push/pulls repeat
// them; for a query its number is enough. The coalesce flag is not part of an event's identity.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "serf/push_pull_state.h"
#include "serf/recent_ring.h"

namespace rollcall::serf {

class RecentEvent {
public:
    explicit RecentEvent(const StateEvent& event)
        : name_{event.name},
          payload_{as_text(event.payload.value_or(Bytes{}))},
          has_payload_{event.payload.has_value()} {}

    [[nodiscard]] bool same(const StateEvent& event) const {
        const std::string_view payload = as_text(event.payload.value_or(Bytes{}));
        return name_ == event.name && payload_ == payload;
    }
    [[nodiscard]] std::size_t bytes() const { return name_.capacity() + payload_.capacity(); }
    [[nodiscard]] StateEvent view() const {
        return {.name = name_,
                .payload = has_payload_ ? std::optional{as_bytes(payload_)} : std::nullopt};
    }

private:
    std::string name_;
    std::string payload_;
    bool has_payload_;
};

class RecentQuery {
public:
    explicit RecentQuery(std::uint32_t id) : id_{id} {}
    [[nodiscard]] bool same(std::uint32_t id) const { return id_ == id; }
    [[nodiscard]] static std::size_t bytes() { return 0; }

private:
    std::uint32_t id_;
};

}  // namespace rollcall::serf

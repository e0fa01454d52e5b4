// SPDX-License-Identifier: Apache-2.0
//
// The Serf layer's user state in a push/pull, beside memberlist's own table: clocks, the newest
// intent about each member, left members, and recent user events (rule I3). Decoded as a whole
// before anything is applied; views are borrowed. Bounded: counts beyond the limits below are
// refused, so that memory stays within a small multiple of the bytes that arrived.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/ids.h"
#include "base/result.h"
#include "wire/errors.h"

namespace rollcall::serf {

inline constexpr std::size_t kMaxStateMembers = std::size_t{1} << 20;  // as in a push/pull's table
inline constexpr std::size_t kMaxStateSlots = std::size_t{1} << 16;    // peers send 512
inline constexpr std::size_t kMaxStateEvents = std::size_t{1} << 18;

struct MemberTime {
    std::string_view name;
    LamportTime time;
};
struct StateEvent {
    std::string_view name;
    std::optional<Bytes> payload;
};
// One slot of the sender's ring: events of one Lamport time. Peers send empty slots too, as nil.
struct StateSlot {
    bool used = false;
    LamportTime time;
    std::size_t first = 0, count = 0;  // in PushPullState::events
};

struct PushPullState {
    // The sender's next unused times.
    LamportTime time, event_time, query_time;
    std::vector<MemberTime> status_times;  // encoded in this order
    std::vector<std::string_view> left;
    std::vector<StateSlot> slots;
    std::vector<StateEvent> events;
};

// With the type byte, appended to `out`.
void encode_push_pull_state(const PushPullState& state, std::vector<std::byte>& out);

// `state` is the whole user state, with the type byte.
[[nodiscard]] Result<PushPullState, wire::DecodeError> decode_push_pull_state(Bytes state);

}  // namespace rollcall::serf

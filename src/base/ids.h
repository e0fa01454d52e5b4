// SPDX-License-Identifier: Apache-2.0
//
// The numbers and names of the protocol. Each has a type of its own, so they cannot be mixed up.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>

#include "base/strong.h"

namespace rollcall {

// The version number of a member's state. Only that member raises it, so "newer" is a plain <.
struct Incarnation : Strong<struct IncarnationTag, std::uint32_t> {
    using Strong::Strong;
    [[nodiscard]] constexpr Incarnation next() const { return Incarnation{value() + 1}; }
    friend constexpr auto operator<=>(Incarnation a, Incarnation b) {
        return a.value() <=> b.value();
    }
    friend constexpr bool operator==(Incarnation, Incarnation) = default;
};

// Pairs an ack with its ping. It wraps around, so it has == and no order at all.
struct SequenceNumber : Strong<struct SequenceNumberTag, std::uint32_t> {
    using Strong::Strong;
};

// A moment of a Lamport clock (Lamport 1978): ordered, and unrelated to any wall clock.
struct LamportTime : Strong<struct LamportTimeTag, std::uint64_t> {
    using Strong::Strong;
    friend constexpr auto operator<=>(LamportTime a, LamportTime b) {
        return a.value() <=> b.value();
    }
    friend constexpr bool operator==(LamportTime, LamportTime) = default;
};

// A member inside one node's table: a slot and the slot's generation. An id kept by an old timer
// finds no member once the slot is reused. Never crosses the wire.
struct MemberId : Strong<struct MemberIdTag, std::uint32_t> {
    using Strong::Strong;
    static constexpr unsigned kSlotBits = 20;  // 1 048 576 members, the wire's own limit
    static constexpr std::uint32_t kSlotMask = (1u << kSlotBits) - 1;
    [[nodiscard]] static constexpr MemberId make(std::uint32_t slot, std::uint32_t generation) {
        return MemberId{(generation << kSlotBits) | slot};
    }
    [[nodiscard]] constexpr std::uint32_t slot() const { return value() & kSlotMask; }
    [[nodiscard]] constexpr std::uint32_t generation() const { return value() >> kSlotBits; }
};

// A stream between two nodes. The core numbers those it opens, the driver those it accepts; the top
// bit keeps the two ranges apart.
struct StreamId : Strong<struct StreamIdTag, std::uint64_t> {
    using Strong::Strong;
    static constexpr std::uint64_t kAcceptedBit = 1ull << 63;
    [[nodiscard]] constexpr bool accepted() const { return (value() & kAcceptedBit) != 0; }
};

// Identifies one request (a join, a leave, an update) from the command to the event that ends it.
struct RequestId : Strong<struct RequestIdTag, std::uint64_t> {
    using Strong::Strong;
};

// Looks a name up by the string_view that still points into the packet: no std::string is made.
struct NameHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view name) const {
        return std::hash<std::string_view>{}(name);
    }
};

}  // namespace rollcall

template <>
struct std::hash<rollcall::StreamId> {
    std::size_t operator()(rollcall::StreamId id) const noexcept {
        return std::hash<std::uint64_t>{}(id.value());
    }
};
template <>
struct std::hash<rollcall::RequestId> {
    std::size_t operator()(rollcall::RequestId id) const noexcept {
        return std::hash<std::uint64_t>{}(id.value());
    }
};

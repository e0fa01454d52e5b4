// SPDX-License-Identifier: Apache-2.0
#include "serf/push_pull_state.h"

#include <array>
#include <cstdint>

#include "base/check.h"
#include "serf/messages.h"
#include "wire/msgpack_reader.h"
#include "wire/msgpack_writer.h"

namespace rollcall::serf {
namespace {

using wire::DecodeError;
using wire::MsgpackReader;

constexpr std::array<std::string_view, 6> kStateFields{"EventLTime",  "Events",     "LTime",
                                                       "LeftMembers", "QueryLTime", "StatusLTimes"};
constexpr std::array<std::uint8_t, 6> kStateOrder{2, 5, 3, 0, 1, 4};
constexpr std::array<std::string_view, 2> kSlotFields{"Events", "LTime"};
constexpr std::array<std::uint8_t, 2> kSlotOrder{1, 0};
constexpr std::array<std::string_view, 2> kSlotEventFields{"Name", "Payload"};
constexpr std::array<std::uint8_t, 2> kSlotEventOrder{0, 1};

// Heads and names of fields, rounded up.
constexpr std::size_t kStateOverhead = 128;
constexpr std::size_t kPerName = 16;   // head of the name and a 9-byte number
constexpr std::size_t kPerSlot = 32;   // "Events", "LTime" and their heads
constexpr std::size_t kPerEvent = 32;  // "Name", "Payload" and their heads

// Upper bound of the encoded size.
std::size_t state_room(const PushPullState& state) {
    std::size_t room = kStateOverhead + state.slots.size() * kPerSlot;
    for (const MemberTime& m : state.status_times) room += kPerName + m.name.size();
    for (const std::string_view name : state.left) room += kPerName + name.size();
    for (const StateEvent& e : state.events) {
        room += kPerEvent + e.name.size() + e.payload.value_or(Bytes{}).size();
    }
    return room;
}

// Reads a count and refuses one above `max`.
std::uint32_t bounded(MsgpackReader& in, std::uint32_t count, std::size_t max) {
    if (count > max) in.fail(DecodeError::too_large);
    return in.failed() ? 0 : count;
}

// An invalid name is skipped. Peers accept and forward such members; if one of them failed the
// whole state, a single bad member could cut us off from the cluster.
bool can_be_a_name(std::string_view name) {
    return !name.empty() && name.size() <= kMaxNodeName;
}

void read_slot(MsgpackReader& in, PushPullState& state) {
    StateSlot slot;
    if (!in.take_nil()) {
        slot.used = true;
        read_struct(in, kSlotFields, kSlotOrder, [&](std::size_t field) {
            if (field == 1) {
                slot.time = LamportTime{in.unsigned_integer()};
                return;
            }
            state.events.resize(state.events.size() - slot.count);  // of a repeated key, the last
            slot.first = state.events.size();
            slot.count = bounded(in, in.array(), kMaxStateEvents - state.events.size());
            for (std::size_t i = 0; i < slot.count && !in.failed(); ++i) {
                StateEvent event;
                read_struct(in, kSlotEventFields, kSlotEventOrder, [&](std::size_t part) {
                    if (part == 0) event.name = in.text();
                    if (part == 1) event.payload = in.bytes();
                });
                state.events.push_back(event);
            }
        });
    }
    state.slots.push_back(slot);
}

}  // namespace

void encode_push_pull_state(const PushPullState& state, std::vector<std::byte>& out) {
    const std::size_t before = out.size();
    out.resize(before + state_room(state));
    ByteWriter writer{MutableBytes{out}.subspan(before)};
    writer.u8(static_cast<std::uint8_t>(MessageType::push_pull));
    wire::MsgpackWriter w{writer};
    w.map(6);
    w.field("EventLTime", state.event_time.value());
    w.text("Events");
    w.array(static_cast<std::uint32_t>(state.slots.size()));
    for (const StateSlot& slot : state.slots) {
        if (!slot.used) {
            w.nil();
            continue;
        }
        w.map(2);
        w.text("Events");
        w.array(static_cast<std::uint32_t>(slot.count));
        for (std::size_t i = 0; i < slot.count; ++i) {
            const StateEvent& event = state.events[slot.first + i];
            w.map(2);
            w.field("Name", event.name);
            w.field("Payload", event.payload);
        }
        w.field("LTime", slot.time.value());
    }
    w.field("LTime", state.time.value());
    w.text("LeftMembers");
    w.array(static_cast<std::uint32_t>(state.left.size()));
    for (const std::string_view name : state.left) w.text(name);
    w.field("QueryLTime", state.query_time.value());
    w.text("StatusLTimes");
    w.map(static_cast<std::uint32_t>(state.status_times.size()));
    for (const MemberTime& member : state.status_times) w.field(member.name, member.time.value());
    ROLLCALL_CHECK(!writer.failed());
    out.resize(before + writer.size());
}

Result<PushPullState, DecodeError> decode_push_pull_state(Bytes bytes) {
    if (bytes.empty()) return DecodeError::empty_message;
    if (bytes.front() != std::byte{static_cast<std::uint8_t>(MessageType::push_pull)}) {
        return DecodeError::unknown_message;
    }
    MsgpackReader in{bytes.subspan(1)};
    PushPullState state;
    read_struct(in, kStateFields, kStateOrder, [&](std::size_t field) {
        switch (field) {
            case 0:
                state.event_time = LamportTime{in.unsigned_integer()};
                break;
            case 1: {
                state.slots.clear();
                state.events.clear();
                const std::uint32_t slots = bounded(in, in.array(), kMaxStateSlots);
                for (std::uint32_t i = 0; i < slots && !in.failed(); ++i) read_slot(in, state);
                break;
            }
            case 2:
                state.time = LamportTime{in.unsigned_integer()};
                break;
            case 3: {
                state.left.clear();
                const std::uint32_t names = bounded(in, in.array(), kMaxStateMembers);
                for (std::uint32_t i = 0; i < names && !in.failed(); ++i) {
                    const std::string_view name = in.text();
                    if (can_be_a_name(name)) state.left.push_back(name);
                }
                break;
            }
            case 4:
                state.query_time = LamportTime{in.unsigned_integer()};
                break;
            default: {
                state.status_times.clear();
                const std::uint32_t names = bounded(in, in.map(), kMaxStateMembers);
                for (std::uint32_t i = 0; i < names && !in.failed(); ++i) {
                    const std::string_view name = in.text();
                    const LamportTime time{in.unsigned_integer()};
                    if (can_be_a_name(name)) state.status_times.push_back({name, time});
                }
                break;
            }
        }
    });
    if (in.failed()) return in.error();
    return state;
}

}  // namespace rollcall::serf

// SPDX-License-Identifier: Apache-2.0
#include "serf/messages.h"

#include <array>
#include <limits>
#include <utility>

#include "wire/msgpack_reader.h"
#include "wire/msgpack_writer.h"

namespace rollcall::serf {
namespace {

using wire::DecodeError;
using wire::MsgpackReader;
using wire::MsgpackWriter;
using Names = std::string_view;
using Order = std::uint8_t;

constexpr std::uint64_t kMaxU32 = std::numeric_limits<std::uint32_t>::max();
constexpr std::uint64_t kMaxU16 = std::numeric_limits<std::uint16_t>::max();

// Field names in the order of their bytes, and the order in which peers declare them.
constexpr std::array<Names, 2> kJoinFields{"LTime", "Node"};
constexpr std::array<Order, 2> kJoinOrder{0, 1};
constexpr std::array<Names, 3> kLeaveFields{"LTime", "Node", "Prune"};
constexpr std::array<Order, 3> kLeaveOrder{0, 1, 2};
constexpr std::array<Names, 4> kUserEventFields{"CC", "LTime", "Name", "Payload"};
constexpr std::array<Order, 4> kUserEventOrder{1, 2, 3, 0};
constexpr std::array<Names, 11> kQueryFields{"Addr",        "Filters",    "Flags",   "ID",
                                             "LTime",       "Name",       "Payload", "Port",
                                             "RelayFactor", "SourceNode", "Timeout"};
constexpr std::array<Order, 11> kQueryOrder{4, 3, 0, 7, 9, 1, 2, 8, 10, 5, 6};
constexpr std::array<Names, 5> kResponseFields{"Flags", "From", "ID", "LTime", "Payload"};
constexpr std::array<Order, 5> kResponseOrder{3, 2, 1, 0, 4};
constexpr std::array<Names, 2> kRelayFields{"DestAddr", "DestName"};
constexpr std::array<Order, 2> kRelayOrder{0, 1};
constexpr std::array<Names, 3> kRelayAddressFields{"IP", "Port", "Zone"};
constexpr std::array<Order, 3> kRelayAddressOrder{0, 1, 2};

LamportTime read_time(MsgpackReader& in) {
    return LamportTime{in.unsigned_integer()};
}
std::uint16_t read_u16(MsgpackReader& in) {
    return static_cast<std::uint16_t>(in.unsigned_integer(kMaxU16));
}
std::uint32_t read_u32(MsgpackReader& in) {
    return static_cast<std::uint32_t>(in.unsigned_integer(kMaxU32));
}

WireAddress read_address(MsgpackReader& in) {
    const auto address = WireAddress::from_bytes(in.bytes().value_or(Bytes{}));
    if (!address) in.fail(DecodeError::bad_field);
    return address.value_or(WireAddress{});
}

std::string_view read_name(MsgpackReader& in) {
    const std::string_view name = in.text();
    if (name.size() > kMaxNodeName) in.fail(DecodeError::too_large);
    return name;
}

std::optional<std::vector<Bytes>> read_filters(MsgpackReader& in) {
    if (in.take_nil()) return {};
    const std::uint32_t count = in.array();
    if (count > kMaxFilters) {
        in.fail(DecodeError::too_large);
        return {};
    }
    std::vector<Bytes> filters;
    for (std::uint32_t i = 0; i < count && !in.failed(); ++i) {
        filters.push_back(in.bytes().value_or(Bytes{}));
    }
    return filters;
}

template <class Message>
Result<Message, DecodeError> decoded(const MsgpackReader& in, Message message) {
    if (in.failed()) return in.error();
    return message;
}

void write_type(MessageType type, ByteWriter& out) {
    out.u8(static_cast<std::uint8_t>(type));
}

}  // namespace

bool encode(const JoinIntent& message, ByteWriter& out) {
    write_type(MessageType::join, out);
    MsgpackWriter w{out};
    w.map(2);
    w.field("LTime", message.time.value());
    w.field("Node", message.node);
    return !out.failed();
}

bool encode(const LeaveIntent& message, ByteWriter& out) {
    write_type(MessageType::leave, out);
    MsgpackWriter w{out};
    w.map(3);
    w.field("LTime", message.time.value());
    w.field("Node", message.node);
    w.field("Prune", message.prune);
    return !out.failed();
}

bool encode(const UserEvent& message, ByteWriter& out) {
    write_type(MessageType::user_event, out);
    MsgpackWriter w{out};
    w.map(4);
    w.field("CC", message.coalesce);
    w.field("LTime", message.time.value());
    w.field("Name", message.name);
    w.field("Payload", message.payload);
    return !out.failed();
}

bool encode(const Query& message, ByteWriter& out) {
    write_type(MessageType::query, out);
    MsgpackWriter w{out};
    w.map(11);
    w.field("Addr", message.address.bytes());
    w.text("Filters");
    if (message.filters) {
        w.array(static_cast<std::uint32_t>(message.filters->size()));
        for (const Bytes filter : *message.filters) w.bytes(filter);
    } else {
        w.nil();
    }
    w.field("Flags", message.flags);
    w.field("ID", message.id);
    w.field("LTime", message.time.value());
    w.field("Name", message.name);
    w.field("Payload", message.payload);
    w.field("Port", message.port);
    w.field("RelayFactor", message.relay_factor);
    w.field("SourceNode", message.source_node);
    w.field("Timeout", std::int64_t{message.timeout.count()});
    return !out.failed();
}

bool encode(const QueryResponse& message, ByteWriter& out) {
    write_type(MessageType::query_response, out);
    MsgpackWriter w{out};
    w.map(5);
    w.field("Flags", message.flags);
    w.field("From", message.from);
    w.field("ID", message.id);
    w.field("LTime", message.time.value());
    w.field("Payload", message.payload);
    return !out.failed();
}

bool encode(const Relay& message, ByteWriter& out) {
    write_type(MessageType::relay, out);
    MsgpackWriter w{out};
    w.map(2);
    w.text("DestAddr");
    w.map(3);
    w.field("IP", message.address.bytes());
    w.field("Port", message.port);
    w.field("Zone", message.zone);
    w.field("DestName", message.node);
    out.append(message.message);
    return !out.failed();
}

Result<JoinIntent, DecodeError> decode_join(Bytes body) {
    MsgpackReader in{body};
    JoinIntent m;
    read_struct(in, kJoinFields, kJoinOrder, [&](std::size_t field) {
        field == 0 ? static_cast<void>(m.time = read_time(in))
                   : static_cast<void>(m.node = read_name(in));
    });
    if (m.node.empty()) in.fail(DecodeError::bad_field);
    return decoded(in, m);
}

Result<LeaveIntent, DecodeError> decode_leave(Bytes body) {
    MsgpackReader in{body};
    LeaveIntent m;
    read_struct(in, kLeaveFields, kLeaveOrder, [&](std::size_t field) {
        if (field == 0) m.time = read_time(in);
        if (field == 1) m.node = read_name(in);
        if (field == 2) m.prune = in.boolean();
    });
    if (m.node.empty()) in.fail(DecodeError::bad_field);
    return decoded(in, m);
}

Result<UserEvent, DecodeError> decode_user_event(Bytes body) {
    MsgpackReader in{body};
    UserEvent m;
    read_struct(in, kUserEventFields, kUserEventOrder, [&](std::size_t field) {
        if (field == 0) m.coalesce = in.boolean();
        if (field == 1) m.time = read_time(in);
        if (field == 2) m.name = in.text();
        if (field == 3) m.payload = in.bytes();
    });
    return decoded(in, m);
}

Result<Query, DecodeError> decode_query(Bytes body) {
    MsgpackReader in{body};
    Query m;
    read_struct(in, kQueryFields, kQueryOrder, [&](std::size_t field) {
        switch (field) {
            case 0:
                m.address = read_address(in);
                break;
            case 1:
                m.filters = read_filters(in);
                break;
            case 2:
                m.flags = read_u32(in);
                break;
            case 3:
                m.id = read_u32(in);
                break;
            case 4:
                m.time = read_time(in);
                break;
            case 5:
                m.name = in.text();
                break;
            case 6:
                m.payload = in.bytes();
                break;
            case 7:
                m.port = read_u16(in);
                break;
            case 8:
                m.relay_factor = static_cast<std::uint8_t>(in.unsigned_integer(255));
                break;
            case 9:
                m.source_node = read_name(in);
                break;
            default:
                m.timeout = Duration{in.signed_integer()};
                break;
        }
    });
    return decoded(in, std::move(m));
}

Result<QueryResponse, DecodeError> decode_query_response(Bytes body) {
    MsgpackReader in{body};
    QueryResponse m;
    read_struct(in, kResponseFields, kResponseOrder, [&](std::size_t field) {
        if (field == 0) m.flags = read_u32(in);
        if (field == 1) m.from = read_name(in);
        if (field == 2) m.id = read_u32(in);
        if (field == 3) m.time = read_time(in);
        if (field == 4) m.payload = in.bytes();
    });
    return decoded(in, m);
}

Result<Relay, DecodeError> decode_relay(Bytes body) {
    MsgpackReader in{body};
    Relay m;
    read_struct(in, kRelayFields, kRelayOrder, [&](std::size_t outer) {
        if (outer == 1) {
            m.node = read_name(in);
            return;
        }
        read_struct(in, kRelayAddressFields, kRelayAddressOrder, [&](std::size_t field) {
            if (field == 0) m.address = read_address(in);
            if (field == 1) m.port = read_u16(in);
            if (field == 2) m.zone = in.text();
        });
    });
    m.message = in.rest();
    if (m.message.empty()) in.fail(DecodeError::truncated);
    return decoded(in, m);
}

}  // namespace rollcall::serf

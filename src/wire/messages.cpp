// SPDX-License-Identifier: Apache-2.0
#include "wire/messages.h"

#include <array>
#include <limits>

#include "wire/msgpack_reader.h"
#include "wire/msgpack_writer.h"

namespace rollcall::wire {
namespace {

// --- fields that several messages share ----------------------------------------------------------

std::uint32_t take_u32(MsgpackReader& in) {
    return static_cast<std::uint32_t>(
        in.unsigned_integer(std::numeric_limits<std::uint32_t>::max()));
}

std::uint16_t take_u16(MsgpackReader& in) {
    return static_cast<std::uint16_t>(
        in.unsigned_integer(std::numeric_limits<std::uint16_t>::max()));
}

WireAddress take_address(MsgpackReader& in) {
    const auto address = WireAddress::from_bytes(in.bytes().value_or(Bytes{}));
    if (!address) in.fail(DecodeError::bad_field);
    return address.value_or(WireAddress{});
}

Versions versions_from(Bytes bytes) {
    const auto at = [&](std::size_t i) { return std::to_integer<std::uint8_t>(bytes[i]); };
    return {at(0), at(1), at(2), at(3), at(4), at(5)};
}

std::array<std::byte, 6> versions_bytes(const Versions& v) {
    return {std::byte{v.pmin}, std::byte{v.pmax}, std::byte{v.pcur},
            std::byte{v.dmin}, std::byte{v.dmax}, std::byte{v.dcur}};
}

void put_versions(MsgpackWriter& out, const std::optional<Versions>& versions) {
    out.text("Vsn");
    if (versions) {
        const auto bytes = versions_bytes(*versions);
        out.bytes(Bytes{bytes});
    } else {
        out.nil();
    }
}

void put_type(ByteWriter& out, MessageType type) {
    out.u8(static_cast<std::uint8_t>(type));
}

// The three optional fields about the requester: omitted when empty.
template <class Message>
std::uint32_t source_fields(const Message& m) {
    return static_cast<std::uint32_t>(!m.source_address.empty()) +
           static_cast<std::uint32_t>(!m.source_node.empty()) +
           static_cast<std::uint32_t>(m.source_port != 0);
}

template <class Message>
void put_source(MsgpackWriter& out, const Message& m) {
    if (!m.source_address.empty()) out.field("SourceAddr", m.source_address.bytes());
    if (!m.source_node.empty()) out.field("SourceNode", m.source_node);
    if (m.source_port != 0) out.field("SourcePort", m.source_port);
}

// --- the names of the fields, in the order of their bytes ----------------------------------------
// Each table is followed by the declaration order of the peers' structs, for the array form.

constexpr std::array<std::string_view, 5> kPingFields = {"Node", "SeqNo", "SourceAddr",
                                                         "SourceNode", "SourcePort"};
constexpr std::array<std::uint8_t, 5> kPingDeclared = {1, 0, 2, 4, 3};

constexpr std::array<std::string_view, 8> kIndirectFields = {
    "Nack", "Node", "Port", "SeqNo", "SourceAddr", "SourceNode", "SourcePort", "Target"};
constexpr std::array<std::uint8_t, 8> kIndirectDeclared = {3, 7, 2, 1, 0, 4, 6, 5};

constexpr std::array<std::string_view, 2> kAckFields = {"Payload", "SeqNo"};
constexpr std::array<std::uint8_t, 2> kAckDeclared = {1, 0};

constexpr std::array<std::string_view, 1> kNackFields = {"SeqNo"};
constexpr std::array<std::string_view, 1> kErrorFields = {"Error"};
constexpr std::array<std::string_view, 1> kUserFields = {"UserMsgLen"};
constexpr std::array<std::uint8_t, 1> kSingleDeclared = {0};

constexpr std::array<std::string_view, 3> kAccusationFields = {"From", "Incarnation", "Node"};
constexpr std::array<std::uint8_t, 3> kAccusationDeclared = {1, 2, 0};

constexpr std::array<std::string_view, 6> kAliveFields = {"Addr", "Incarnation", "Meta",
                                                          "Node", "Port",        "Vsn"};
constexpr std::array<std::uint8_t, 6> kAliveDeclared = {1, 3, 0, 4, 2, 5};

constexpr std::array<std::string_view, 3> kHeaderFields = {"Join", "Nodes", "UserStateLen"};
constexpr std::array<std::uint8_t, 3> kHeaderDeclared = {1, 2, 0};

constexpr std::array<std::string_view, 7> kNodeFields = {"Addr", "Incarnation", "Meta", "Name",
                                                         "Port", "State",       "Vsn"};
constexpr std::array<std::uint8_t, 7> kNodeDeclared = {3, 0, 4, 2, 1, 5, 6};

// --- the bodies ----------------------------------------------------------------------------------

void read(MsgpackReader& in, Ping& m) {
    read_struct(in, kPingFields, kPingDeclared, [&](std::size_t field) {
        switch (field) {
            case 0:
                m.node = in.text();
                break;
            case 1:
                m.sequence = SequenceNumber{take_u32(in)};
                break;
            case 2:
                m.source_address = take_address(in);
                break;
            case 3:
                m.source_node = in.text();
                break;
            default:
                m.source_port = take_u16(in);
        }
    });
}

void read(MsgpackReader& in, IndirectPing& m) {
    read_struct(in, kIndirectFields, kIndirectDeclared, [&](std::size_t field) {
        switch (field) {
            case 0:
                m.nack = in.boolean();
                break;
            case 1:
                m.node = in.text();
                break;
            case 2:
                m.port = take_u16(in);
                break;
            case 3:
                m.sequence = SequenceNumber{take_u32(in)};
                break;
            case 4:
                m.source_address = take_address(in);
                break;
            case 5:
                m.source_node = in.text();
                break;
            case 6:
                m.source_port = take_u16(in);
                break;
            default:
                m.target = take_address(in);
        }
    });
}

void read(MsgpackReader& in, Ack& m) {
    read_struct(in, kAckFields, kAckDeclared, [&](std::size_t field) {
        if (field == 0) {
            m.payload = in.bytes();
        } else {
            m.sequence = SequenceNumber{take_u32(in)};
        }
    });
}

void read(MsgpackReader& in, Nack& m) {
    read_struct(in, kNackFields, kSingleDeclared,
                [&](std::size_t) { m.sequence = SequenceNumber{take_u32(in)}; });
}

void read(MsgpackReader& in, ErrorReply& m) {
    read_struct(in, kErrorFields, kSingleDeclared, [&](std::size_t) { m.text = in.text(); });
}

void read(MsgpackReader& in, Accusation& m) {
    read_struct(in, kAccusationFields, kAccusationDeclared, [&](std::size_t field) {
        switch (field) {
            case 0:
                m.from = in.text();
                break;
            case 1:
                m.incarnation = Incarnation{take_u32(in)};
                break;
            default:
                m.node = in.text();
        }
    });
}

// Six bytes or none: an announcement with a partial version crashes old peers, so we neither accept
// nor forward it.
void read(MsgpackReader& in, Alive& m) {
    read_struct(in, kAliveFields, kAliveDeclared, [&](std::size_t field) {
        switch (field) {
            case 0:
                m.address = take_address(in);
                break;
            case 1:
                m.incarnation = Incarnation{take_u32(in)};
                break;
            case 2:
                m.meta = in.bytes();
                break;
            case 3:
                m.node = in.text();
                break;
            case 4:
                m.port = take_u16(in);
                break;
            default: {
                const Bytes versions = in.bytes().value_or(Bytes{});
                m.versions.reset();
                if (versions.size() == 6) {
                    m.versions = versions_from(versions);
                } else if (!versions.empty()) {
                    in.fail(DecodeError::bad_field);
                }
            }
        }
    });
}

void read(MsgpackReader& in, PushPullHeader& m) {
    read_struct(in, kHeaderFields, kHeaderDeclared, [&](std::size_t field) {
        switch (field) {
            case 0:
                m.join = in.boolean();
                break;
            case 1:
                m.nodes = take_u32(in);
                break;
            default:
                m.user_state_size = take_u32(in);
        }
    });
    if (m.nodes > kMaxPushPullNodes || m.user_state_size > kMaxStreamPayload) {
        in.fail(DecodeError::too_large);
    }
}

void read(MsgpackReader& in, PushPullNode& m) {
    read_struct(in, kNodeFields, kNodeDeclared, [&](std::size_t field) {
        switch (field) {
            case 0:
                m.address = take_address(in);
                break;
            case 1:
                m.incarnation = Incarnation{take_u32(in)};
                break;
            case 2:
                m.meta = in.bytes();
                break;
            case 3:
                m.name = in.text();
                break;
            case 4:
                m.port = take_u16(in);
                break;
            case 5:
                m.state = static_cast<NodeState>(in.unsigned_integer(3));
                break;
            default: {
                const Bytes versions = in.bytes().value_or(Bytes{});
                m.versions.reset();
                if (versions.size() == 6) m.versions = versions_from(versions);
            }
        }
    });
}

void read(MsgpackReader& in, UserStreamHeader& m) {
    read_struct(in, kUserFields, kSingleDeclared, [&](std::size_t) { m.size = take_u32(in); });
    if (m.size > kMaxStreamPayload) in.fail(DecodeError::too_large);
}

template <class Message>
Result<Message, DecodeError> decode_whole(Bytes body) {
    MsgpackReader in{body};
    Message message;
    read(in, message);
    if (in.failed()) return in.error();
    return message;
}

template <class Message>
Result<Consumed<Message>, DecodeError> decode_part(Bytes body) {
    MsgpackReader in{body};
    Consumed<Message> part;
    read(in, part.value);
    if (in.failed()) return in.error();
    part.size = in.consumed();
    return part;
}

bool encode_accusation(MessageType type, const Accusation& m, ByteWriter& out) {
    put_type(out, type);
    MsgpackWriter body{out};
    body.map(3);
    body.field("From", m.from);
    body.field("Incarnation", m.incarnation.value());
    body.field("Node", m.node);
    return !out.failed();
}

}  // namespace

bool encode(const Ping& m, ByteWriter& out) {
    put_type(out, MessageType::ping);
    MsgpackWriter body{out};
    body.map(2 + source_fields(m));
    body.field("Node", m.node);
    body.field("SeqNo", m.sequence.value());
    put_source(body, m);
    return !out.failed();
}

bool encode(const IndirectPing& m, ByteWriter& out) {
    put_type(out, MessageType::indirect_ping);
    MsgpackWriter body{out};
    body.map(5 + source_fields(m));
    body.field("Nack", m.nack);
    body.field("Node", m.node);
    body.field("Port", m.port);
    body.field("SeqNo", m.sequence.value());
    put_source(body, m);
    body.field("Target", m.target.bytes());
    return !out.failed();
}

bool encode(const Ack& m, ByteWriter& out) {
    put_type(out, MessageType::ack);
    MsgpackWriter body{out};
    body.map(2);
    body.field("Payload", m.payload);
    body.field("SeqNo", m.sequence.value());
    return !out.failed();
}

bool encode(const Nack& m, ByteWriter& out) {
    put_type(out, MessageType::nack);
    MsgpackWriter body{out};
    body.map(1);
    body.field("SeqNo", m.sequence.value());
    return !out.failed();
}

bool encode(const ErrorReply& m, ByteWriter& out) {
    put_type(out, MessageType::err);
    MsgpackWriter body{out};
    body.map(1);
    body.field("Error", m.text);
    return !out.failed();
}

bool encode(const Alive& m, ByteWriter& out) {
    put_type(out, MessageType::alive);
    MsgpackWriter body{out};
    body.map(6);
    body.field("Addr", m.address.bytes());
    body.field("Incarnation", m.incarnation.value());
    body.field("Meta", m.meta);
    body.field("Node", m.node);
    body.field("Port", m.port);
    put_versions(body, m.versions);
    return !out.failed();
}

bool encode_suspect(const Accusation& m, ByteWriter& out) {
    return encode_accusation(MessageType::suspect, m, out);
}

bool encode_dead(const Accusation& m, ByteWriter& out) {
    return encode_accusation(MessageType::dead, m, out);
}

bool encode(const PushPullHeader& m, ByteWriter& out) {
    put_type(out, MessageType::push_pull);
    MsgpackWriter body{out};
    body.map(3);
    body.field("Join", m.join);
    body.field("Nodes", m.nodes);
    body.field("UserStateLen", m.user_state_size);
    return !out.failed();
}

bool encode(const PushPullNode& m, ByteWriter& out) {
    MsgpackWriter body{out};
    body.map(7);
    body.field("Addr", m.address.bytes());
    body.field("Incarnation", m.incarnation.value());
    body.field("Meta", m.meta);
    body.field("Name", m.name);
    body.field("Port", m.port);
    body.field("State", static_cast<std::uint8_t>(m.state));
    put_versions(body, m.versions);
    return !out.failed();
}

bool encode(const UserStreamHeader& m, ByteWriter& out) {
    put_type(out, MessageType::user);
    MsgpackWriter body{out};
    body.map(1);
    body.field("UserMsgLen", m.size);
    return !out.failed();
}

Result<Ping, DecodeError> decode_ping(Bytes body) {
    return decode_whole<Ping>(body);
}
Result<IndirectPing, DecodeError> decode_indirect_ping(Bytes body) {
    return decode_whole<IndirectPing>(body);
}
Result<Ack, DecodeError> decode_ack(Bytes body) {
    return decode_whole<Ack>(body);
}
Result<Nack, DecodeError> decode_nack(Bytes body) {
    return decode_whole<Nack>(body);
}
Result<ErrorReply, DecodeError> decode_error_reply(Bytes body) {
    return decode_whole<ErrorReply>(body);
}
Result<Alive, DecodeError> decode_alive(Bytes body) {
    return decode_whole<Alive>(body);
}
Result<Accusation, DecodeError> decode_accusation(Bytes body) {
    return decode_whole<Accusation>(body);
}
Result<Consumed<PushPullHeader>, DecodeError> decode_push_pull_header(Bytes body) {
    return decode_part<PushPullHeader>(body);
}
Result<Consumed<PushPullNode>, DecodeError> decode_push_pull_node(Bytes body) {
    return decode_part<PushPullNode>(body);
}
Result<Consumed<UserStreamHeader>, DecodeError> decode_user_stream_header(Bytes body) {
    return decode_part<UserStreamHeader>(body);
}

}  // namespace rollcall::wire

// SPDX-License-Identifier: Apache-2.0
#include "serf/answers.h"

#include <array>
#include <limits>
#include <string>
#include <utility>

#include "serf/tags.h"
#include "wire/msgpack_reader.h"
#include "wire/msgpack_writer.h"

namespace rollcall::serf {
namespace {

using wire::DecodeError;
using wire::MsgpackReader;
using wire::MsgpackWriter;

constexpr std::array<std::string_view, 11> kMemberFields{
    "Addr",        "DelegateCur", "DelegateMax", "DelegateMin", "Name", "Port",
    "ProtocolCur", "ProtocolMax", "ProtocolMin", "Status",      "Tags"};
constexpr std::array<std::uint8_t, 11> kMemberOrder{4, 0, 5, 10, 9, 8, 7, 6, 3, 2, 1};
constexpr std::array<std::string_view, 1> kKeyRequestFields{"Key"};
constexpr std::array<std::uint8_t, 1> kKeyRequestOrder{0};
constexpr std::array<std::string_view, 4> kKeyResponseFields{"Keys", "Message", "PrimaryKey",
                                                             "Result"};
constexpr std::array<std::uint8_t, 4> kKeyResponseOrder{3, 1, 0, 2};

std::uint8_t read_version(MsgpackReader& in) {
    return static_cast<std::uint8_t>(in.unsigned_integer(255));
}

void read_member(MsgpackReader& in, MemberAnswer& m) {
    read_struct(in, kMemberFields, kMemberOrder, [&](std::size_t field) {
        switch (field) {
            case 0: {
                const auto address = WireAddress::from_bytes(in.bytes().value_or(Bytes{}));
                if (!address) in.fail(DecodeError::bad_field);
                m.address = address.value_or(WireAddress{});
                break;
            }
            case 1:
                m.versions.dcur = read_version(in);
                break;
            case 2:
                m.versions.dmax = read_version(in);
                break;
            case 3:
                m.versions.dmin = read_version(in);
                break;
            case 4:
                m.name = in.text();
                break;
            case 5:
                m.port = static_cast<std::uint16_t>(
                    in.unsigned_integer(std::numeric_limits<std::uint16_t>::max()));
                break;
            case 6:
                m.versions.pcur = read_version(in);
                break;
            case 7:
                m.versions.pmax = read_version(in);
                break;
            case 8:
                m.versions.pmin = read_version(in);
                break;
            case 9:
                m.status = static_cast<Status>(
                    in.unsigned_integer(static_cast<std::uint64_t>(Status::failed)));
                break;
            default:
                m.tags = read_tag_map(in);
                break;
        }
    });
}

}  // namespace

bool encode(const ConflictResponse& message, ByteWriter& out) {
    out.u8(static_cast<std::uint8_t>(MessageType::conflict_response));
    MsgpackWriter w{out};
    if (!message.member) {
        w.nil();
        return !out.failed();
    }
    const MemberAnswer& m = *message.member;
    w.map(11);
    w.field("Addr", m.address.bytes());
    w.field("DelegateCur", m.versions.dcur);
    w.field("DelegateMax", m.versions.dmax);
    w.field("DelegateMin", m.versions.dmin);
    w.field("Name", m.name);
    w.field("Port", m.port);
    w.field("ProtocolCur", m.versions.pcur);
    w.field("ProtocolMax", m.versions.pmax);
    w.field("ProtocolMin", m.versions.pmin);
    w.field("Status", static_cast<std::uint8_t>(m.status));
    w.text("Tags");
    write_tag_map(m.tags, w);
    return !out.failed();
}

bool encode(const KeyRequest& message, ByteWriter& out) {
    out.u8(static_cast<std::uint8_t>(MessageType::key_request));
    MsgpackWriter w{out};
    w.map(1);
    w.field("Key", message.key);
    return !out.failed();
}

bool encode(const KeyResponse& message, ByteWriter& out) {
    out.u8(static_cast<std::uint8_t>(MessageType::key_response));
    MsgpackWriter w{out};
    w.map(4);
    w.text("Keys");
    if (message.keys) {
        w.array(static_cast<std::uint32_t>(message.keys->size()));
        for (const std::string_view key : *message.keys) w.text(key);
    } else {
        w.nil();
    }
    w.field("Message", message.message);
    w.field("PrimaryKey", message.primary_key);
    w.field("Result", message.result);
    return !out.failed();
}

Result<ConflictResponse, DecodeError> decode_conflict_response(Bytes body) {
    MsgpackReader in{body};
    ConflictResponse m;
    if (in.take_nil()) return m;
    read_member(in, m.member.emplace());
    if (in.failed()) return in.error();
    return m;
}

Result<KeyRequest, DecodeError> decode_key_request(Bytes body) {
    MsgpackReader in{body};
    KeyRequest m;
    read_struct(in, kKeyRequestFields, kKeyRequestOrder, [&](std::size_t) { m.key = in.bytes(); });
    if (in.failed()) return in.error();
    return m;
}

Result<KeyResponse, DecodeError> decode_key_response(Bytes body) {
    MsgpackReader in{body};
    KeyResponse m;
    read_struct(in, kKeyResponseFields, kKeyResponseOrder, [&](std::size_t field) {
        if (field == 0) {
            m.keys.reset();
            if (in.take_nil()) return;
            const std::uint32_t count = in.array();
            m.keys.emplace();
            for (std::uint32_t i = 0; i < count && !in.failed(); ++i) m.keys->push_back(in.text());
        }
        if (field == 1) m.message = in.text();
        if (field == 2) m.primary_key = in.text();
        if (field == 3) m.result = in.boolean();
    });
    if (in.failed()) return in.error();
    return m;
}

}  // namespace rollcall::serf

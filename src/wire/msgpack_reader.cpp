// SPDX-License-Identifier: Apache-2.0
#include "wire/msgpack_reader.h"

#include <array>
#include <bit>

namespace rollcall::wire {

// The first bytes of a value: its kind, and its number, count or length.
//   00..7f e0..ff      small integers         c0 nil        c2 c3 bool
//   80..8f de df       map of n pairs         90..9f dc dd  array of n values
//   a0..bf da db       raw, n bytes           d9 c4 c5 c6   the same, in the newer spelling
//   cc..cf d0..d3      integers               ca cb         floating point
//   d4..d8 c7 c8 c9    extension: a type byte and n bytes
struct MsgpackReader::Head {
    MsgpackKind kind;
    bool negative;         // of an integer
    std::uint64_t number;  // value (two's complement when negative), bool, count, or length
};

namespace {

template <std::size_t kBytes>
std::uint64_t msgpack_load(const std::byte* at) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < kBytes; ++i) {
        value = value << 8 | std::to_integer<std::uint64_t>(at[i]);
    }
    return value;
}
// `width` is 0, 1, 2, 4 or 8.
std::uint64_t msgpack_load(const std::byte* at, std::size_t width) {
    switch (width) {
        case 1:
            return msgpack_load<1>(at);
        case 2:
            return msgpack_load<2>(at);
        case 4:
            return msgpack_load<4>(at);
        case 8:
            return msgpack_load<8>(at);
        default:
            return 0;
    }
}

constexpr MsgpackKind msgpack_kind(std::uint8_t tag) {
    if (tag <= 0x7f || tag >= 0xe0) return MsgpackKind::integer;
    if (tag <= 0x8f) return MsgpackKind::map;
    if (tag <= 0x9f) return MsgpackKind::array;
    if (tag <= 0xbf) return MsgpackKind::raw;
    switch (tag) {
        case 0xc0:
            return MsgpackKind::nil;
        case 0xc2:
        case 0xc3:
            return MsgpackKind::boolean;
        case 0xca:
        case 0xcb:
            return MsgpackKind::real;
        case 0xc4:
        case 0xc5:
        case 0xc6:
        case 0xd9:
        case 0xda:
        case 0xdb:
            return MsgpackKind::raw;
        case 0xdc:
        case 0xdd:
            return MsgpackKind::array;
        case 0xde:
        case 0xdf:
            return MsgpackKind::map;
        case 0xc1:
            return MsgpackKind::none;
        default:
            return tag >= 0xcc && tag <= 0xd3 ? MsgpackKind::integer : MsgpackKind::ext;
    }
}

// Bytes of number, count or length after the tag.
constexpr std::uint8_t msgpack_width(std::uint8_t tag) {
    switch (tag) {
        case 0xc4:
        case 0xc7:
        case 0xcc:
        case 0xd0:
        case 0xd9:
            return 1;
        case 0xc5:
        case 0xc8:
        case 0xcd:
        case 0xd1:
        case 0xda:
        case 0xdc:
        case 0xde:
            return 2;
        case 0xc6:
        case 0xc9:
        case 0xca:
        case 0xce:
        case 0xd2:
        case 0xdb:
        case 0xdd:
        case 0xdf:
            return 4;
        case 0xcb:
        case 0xcf:
        case 0xd3:
            return 8;
        default:
            return 0;
    }
}

// Bytes of an extension after its head: a type byte, and `length` or what the tag says.
std::uint64_t msgpack_ext_size(std::uint8_t tag, std::uint64_t length) {
    return (tag >= 0xd4 ? std::uint64_t{1} << (tag - 0xd4) : length) + 1;
}

// Both of every tag, so that reading a value costs no switch over 256 of them.
struct HeadForm {
    MsgpackKind kind;
    std::uint8_t width;
};
constexpr std::array<HeadForm, 256> kHeadForms = [] {
    std::array<HeadForm, 256> forms{};
    for (unsigned tag = 0; tag < forms.size(); ++tag) {
        const auto byte = static_cast<std::uint8_t>(tag);
        forms[tag] = {msgpack_kind(byte), msgpack_width(byte)};
    }
    return forms;
}();

}  // namespace

MsgpackKind MsgpackReader::peek() const {
    return at_ == end_ ? MsgpackKind::none : kHeadForms[std::to_integer<std::uint8_t>(*at_)].kind;
}

bool MsgpackReader::take_nil() {
    if (at_ == end_ || *at_ != std::byte{0xc0}) return false;
    ++at_;
    return true;
}

// Nearly everything peers send is a small integer, a short text or a small map or array: short
// enough to be inlined wherever a value is read.
bool MsgpackReader::take_head(Head& head) {
    if (at_ == end_) {
        fail(DecodeError::truncated);
        return false;
    }
    const auto tag = std::to_integer<std::uint8_t>(*at_);
    if (tag <= 0x7f) {
        head = {MsgpackKind::integer, false, tag};
    } else if (tag >= 0xa0 && tag <= 0xbf) {
        head = {MsgpackKind::raw, false, tag & 0x1fu};
    } else if (tag <= 0x9f) {
        head = {tag <= 0x8f ? MsgpackKind::map : MsgpackKind::array, false, tag & 0x0fu};
    } else {
        return take_long_head(tag, head);
    }
    ++at_;
    return true;
}

bool MsgpackReader::take_long_head(std::uint8_t tag, Head& head) {
    const auto [kind, width] = kHeadForms[tag];
    if (end_ - at_ < 1 + width) {
        fail(DecodeError::truncated);
        return false;
    }
    head = {kind, false, msgpack_load(at_ + 1, width)};
    switch (head.kind) {
        case MsgpackKind::none:
            fail(DecodeError::bad_msgpack);
            return false;
        case MsgpackKind::boolean:
            head.number = tag & 1u;
            break;
        case MsgpackKind::ext:  // the type byte counts as part of the payload
            head.number = msgpack_ext_size(tag, head.number);
            break;
        case MsgpackKind::integer: {
            std::int64_t value = 0;
            if (tag >= 0xe0) value = std::int64_t{tag} - 0x100;
            if (tag == 0xd0 && head.number >= 0x80) {
                value = static_cast<std::int64_t>(head.number) - 0x100;
            }
            if (tag == 0xd1) value = static_cast<std::int16_t>(head.number);
            if (tag == 0xd2) value = static_cast<std::int32_t>(head.number);
            if (tag == 0xd3) value = static_cast<std::int64_t>(head.number);
            if (value < 0) head = {head.kind, true, static_cast<std::uint64_t>(value)};
            break;
        }
        case MsgpackKind::real:
            head.negative = width == 8;  // stands for "double" here
            break;
        case MsgpackKind::nil:
        case MsgpackKind::raw:
        case MsgpackKind::array:
        case MsgpackKind::map:
            break;
    }
    at_ += 1 + width;
    return true;
}

Bytes MsgpackReader::take_raw() {
    Head head;
    if (!take_head(head)) return {};
    if (head.kind != MsgpackKind::raw) {
        fail(DecodeError::bad_msgpack);
        return {};
    }
    if (head.number > static_cast<std::uint64_t>(end_ - at_)) {
        fail(DecodeError::truncated);
        return {};
    }
    const Bytes raw{at_, static_cast<std::size_t>(head.number)};
    at_ += head.number;
    return raw;
}

std::string_view MsgpackReader::text() {
    return take_nil() ? std::string_view{} : as_text(take_raw());
}

std::optional<Bytes> MsgpackReader::bytes() {
    if (take_nil()) return {};
    return take_raw();
}

bool MsgpackReader::boolean() {
    Head head;
    if (!take_head(head) || head.kind == MsgpackKind::nil) return false;
    if (head.kind != MsgpackKind::boolean) fail(DecodeError::bad_msgpack);
    return !failed_ && head.number != 0;
}

std::uint64_t MsgpackReader::unsigned_integer(std::uint64_t max) {
    Head head;
    if (!take_head(head) || head.kind == MsgpackKind::nil) return 0;
    if (head.kind != MsgpackKind::integer) {
        fail(DecodeError::bad_msgpack);
        return 0;
    }
    if (head.negative || head.number > max) {
        fail(DecodeError::bad_field);
        return 0;
    }
    return head.number;
}

std::int64_t MsgpackReader::signed_integer() {
    Head head;
    if (!take_head(head) || head.kind == MsgpackKind::nil) return 0;
    if (head.kind != MsgpackKind::integer) {
        fail(DecodeError::bad_msgpack);
        return 0;
    }
    const auto value = static_cast<std::int64_t>(head.number);
    if (!head.negative && value < 0) {  // beyond 2^63 - 1
        fail(DecodeError::bad_field);
        return 0;
    }
    return value;
}

double MsgpackReader::real() {
    Head head;
    if (!take_head(head) || head.kind == MsgpackKind::nil) return 0;
    if (head.kind == MsgpackKind::integer) {
        return head.negative ? static_cast<double>(static_cast<std::int64_t>(head.number))
                             : static_cast<double>(head.number);
    }
    if (head.kind != MsgpackKind::real) {
        fail(DecodeError::bad_msgpack);
        return 0;
    }
    return head.negative
               ? std::bit_cast<double>(head.number)
               : static_cast<double>(std::bit_cast<float>(static_cast<std::uint32_t>(head.number)));
}

std::uint32_t MsgpackReader::array() {
    Head head;
    if (!take_head(head) || head.kind == MsgpackKind::nil) return 0;
    if (head.kind != MsgpackKind::array) {
        fail(DecodeError::bad_msgpack);
        return 0;
    }
    if (head.number > static_cast<std::uint64_t>(end_ - at_)) {
        fail(DecodeError::truncated);
        return 0;
    }
    return static_cast<std::uint32_t>(head.number);
}

std::uint32_t MsgpackReader::map() {
    Head head;
    if (!take_head(head) || head.kind == MsgpackKind::nil) return 0;
    if (head.kind != MsgpackKind::map) {
        fail(DecodeError::bad_msgpack);
        return 0;
    }
    if (head.number * 2 > static_cast<std::uint64_t>(end_ - at_)) {
        fail(DecodeError::truncated);
        return 0;
    }
    return static_cast<std::uint32_t>(head.number);
}

void MsgpackReader::skip() {
    MsgpackSkipper skipper;
    switch (skipper.advance(rest())) {
        case MsgpackSkipper::Status::complete:
            at_ += skipper.position();
            return;
        case MsgpackSkipper::Status::need_more:
            fail(DecodeError::truncated);
            return;
        case MsgpackSkipper::Status::bad:
            fail(DecodeError::bad_msgpack);
            return;
        case MsgpackSkipper::Status::too_large:  // not without a cap
            fail(DecodeError::too_large);
            return;
    }
}

MsgpackSkipper::Status MsgpackSkipper::advance(Bytes bytes) {
    while (pending_ > 0) {
        const Bytes rest = bytes.subspan(position_);
        if (rest.empty()) return Status::need_more;
        const auto tag = std::to_integer<std::uint8_t>(rest.front());
        // Most values are short texts and small numbers: their sizes wait for no table.
        const bool small_number = tag <= 0x7f;
        if (small_number || (tag >= 0xa0 && tag <= 0xbf)) {
            const std::uint64_t size = small_number ? 1u : 1u + (tag & 0x1fu);
            if (position_ + size + pending_ - 1 > cap_) return Status::too_large;
            if (size > rest.size()) return Status::need_more;
            position_ += size;
            --pending_;
            continue;
        }
        const auto [kind, width] = kHeadForms[tag];
        if (kind == MsgpackKind::none) return Status::bad;
        const std::uint64_t head = 1u + width;
        if (rest.size() < head) return Status::need_more;

        std::uint64_t body = 0;    // bytes
        std::uint64_t inside = 0;  // values
        switch (kind) {
            case MsgpackKind::raw:
                body = width == 0 ? tag & 0x1fu : msgpack_load(&rest[1], width);
                break;
            case MsgpackKind::ext:
                body = msgpack_ext_size(tag, msgpack_load(&rest[1], width));
                break;
            case MsgpackKind::array:
                inside = width == 0 ? tag & 0x0fu : msgpack_load(&rest[1], width);
                break;
            case MsgpackKind::map:
                inside = 2 * (width == 0 ? tag & 0x0fu : msgpack_load(&rest[1], width));
                break;
            default:
                break;
        }
        if (position_ + head + body + inside + pending_ - 1 > cap_) return Status::too_large;
        // The head is read again when the body is there.
        if (body > rest.size() - head) return Status::need_more;
        position_ += head + body;
        pending_ += inside - 1;
    }
    return Status::complete;
}

}  // namespace rollcall::wire

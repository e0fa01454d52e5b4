// SPDX-License-Identifier: Apache-2.0
#include "wire/msgpack_reader.h"

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

template <class T>
std::uint64_t msgpack_load(const std::byte* at) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < sizeof(T); ++i) {
        value = value << 8 | std::to_integer<std::uint64_t>(at[i]);
    }
    return value;
}

MsgpackKind msgpack_kind(std::uint8_t tag) {
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
std::size_t msgpack_width(std::uint8_t tag) {
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

}  // namespace

MsgpackKind MsgpackReader::peek() const {
    return at_ == end_ ? MsgpackKind::none : msgpack_kind(std::to_integer<std::uint8_t>(*at_));
}

bool MsgpackReader::take_nil() {
    if (at_ == end_ || *at_ != std::byte{0xc0}) return false;
    ++at_;
    return true;
}

bool MsgpackReader::take_head(Head& head) {
    if (at_ == end_) {
        fail(DecodeError::truncated);
        return false;
    }
    const auto tag = std::to_integer<std::uint8_t>(*at_);
    // Nearly everything peers send is one of these three; the tables handle the rest.
    if (tag <= 0x7f) {
        head = {MsgpackKind::integer, false, tag};
        ++at_;
        return true;
    }
    if (tag >= 0xa0 && tag <= 0xbf) {
        head = {MsgpackKind::raw, false, tag & 0x1fu};
        ++at_;
        return true;
    }
    if (tag <= 0x9f) {
        head = {tag <= 0x8f ? MsgpackKind::map : MsgpackKind::array, false, tag & 0x0fu};
        ++at_;
        return true;
    }
    const std::size_t width = msgpack_width(tag);
    if (static_cast<std::size_t>(end_ - at_) < 1 + width) {
        fail(DecodeError::truncated);
        return false;
    }
    const std::byte* const number = at_ + 1;
    head = {msgpack_kind(tag), false, 0};
    switch (width) {
        case 1:
            head.number = msgpack_load<std::uint8_t>(number);
            break;
        case 2:
            head.number = msgpack_load<std::uint16_t>(number);
            break;
        case 4:
            head.number = msgpack_load<std::uint32_t>(number);
            break;
        case 8:
            head.number = msgpack_load<std::uint64_t>(number);
            break;
        default:
            break;
    }
    switch (head.kind) {
        case MsgpackKind::none:
            fail(DecodeError::bad_msgpack);
            return false;
        case MsgpackKind::boolean:
            head.number = tag & 1u;
            break;
        case MsgpackKind::ext:  // the type byte counts as part of the payload
            head.number = width == 0 ? (std::uint64_t{1} << (tag - 0xd4)) + 1 : head.number + 1;
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
    MsgpackReader in{bytes.subspan(position_)};
    const std::size_t start = position_;
    while (pending_ > 0) {
        MsgpackReader::Head head;
        if (!in.take_head(head)) {
            return in.error() == DecodeError::truncated ? Status::need_more : Status::bad;
        }
        std::uint64_t inside = 0;  // values
        std::uint64_t body = 0;    // bytes
        if (head.kind == MsgpackKind::raw || head.kind == MsgpackKind::ext) body = head.number;
        if (head.kind == MsgpackKind::array) inside = head.number;
        if (head.kind == MsgpackKind::map) inside = 2 * head.number;
        if (start + in.consumed() + body + inside + pending_ - 1 > cap_) return Status::too_large;
        if (body > static_cast<std::uint64_t>(in.end_ - in.at_)) {
            return Status::need_more;  // the head is read again when the body is there
        }
        in.at_ += body;
        pending_ += inside - 1;
        position_ = start + in.consumed();
    }
    return Status::complete;
}

}  // namespace rollcall::wire

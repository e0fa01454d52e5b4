// SPDX-License-Identifier: Apache-2.0
//
// Reads msgpack values from a span, one after another. It builds no tree, does not allocate, throw
// or recurse, so a hostile input costs at most one pass over its bytes. After an error a reader
// stays failed and returns zero values: check once, after the last field. It is as lenient as peers
// are (docs/wire.md, "msgpack dialect"): raw, str and bin are one kind, nil is the zero value of
// any field, an integer may have any width. Refused: negative or too large numbers, numbers where
// text is expected, bool from anything but bool.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string_view>

#include "base/bytes.h"
#include "wire/errors.h"

namespace rollcall::wire {

enum class MsgpackKind : std::uint8_t { nil, boolean, integer, real, raw, ext, array, map, none };

class MsgpackReader {
public:
    explicit MsgpackReader(Bytes bytes)
        : begin_{bytes.data()}, at_{bytes.data()}, end_{bytes.data() + bytes.size()} {}

    [[nodiscard]] bool failed() const { return failed_; }
    [[nodiscard]] DecodeError error() const { return error_; }  // of a failed reader
    // Bytes taken so far, and those not yet taken.
    [[nodiscard]] std::size_t consumed() const { return static_cast<std::size_t>(at_ - begin_); }
    [[nodiscard]] Bytes rest() const { return {at_, end_}; }

    // What comes next, without taking it. none: the end, a failed reader, or the unused byte c1.
    [[nodiscard]] MsgpackKind peek() const;
    // Takes a nil if one comes next.
    bool take_nil();

    // Each takes one value, and nil as zero. Borrowed views point into the span.
    std::string_view text();
    std::optional<Bytes> bytes();  // nil is nullopt
    bool boolean();
    std::uint64_t unsigned_integer(std::uint64_t max = std::numeric_limits<std::uint64_t>::max());
    std::int64_t signed_integer();
    double real();  // float32, float64 or any integer
    // Number of elements, or of key-value pairs, that follow. A count that the remaining bytes
    // cannot hold is truncated at once.
    std::uint32_t array();
    std::uint32_t map();
    // Takes one value of any kind with all that is in it.
    void skip();

    // Marks the input as refused, e.g. for a value that is well formed but out of range.
    void fail(DecodeError error) {
        if (!failed_) error_ = error;
        failed_ = true;
        at_ = end_;
    }

private:
    struct Head;
    bool take_head(Head& head);
    bool take_long_head(std::uint8_t tag, Head& head);  // of more than its tag
    Bytes take_raw();

    const std::byte* begin_;
    const std::byte* at_;
    const std::byte* end_;
    bool failed_ = false;
    DecodeError error_ = DecodeError::truncated;
};

// Finds the end of a value that arrives in pieces: each byte is examined once, however small the
// pieces. Call it with all bytes so far; it keeps its position. The result does not depend on how
// the input is split.
class MsgpackSkipper {
public:
    MsgpackSkipper() = default;
    // Values that declare more than `cap` bytes are too_large.
    explicit MsgpackSkipper(std::uint64_t cap) : cap_{cap} {}

    enum class Status : std::uint8_t { need_more, complete, bad, too_large };
    // `bytes` starts where the value starts, and only grows between calls.
    Status advance(Bytes bytes);
    [[nodiscard]] std::size_t position() const { return position_; }

private:
    std::uint64_t cap_ = std::numeric_limits<std::uint64_t>::max();
    std::uint64_t pending_ = 1;  // values still to skip; each takes a byte at least
    std::size_t position_ = 0;
};

// Reads a struct: a map with its field names as keys in any order, nil, or an array of the values
// in declaration order. on_field(i) is called for each field that is present, i counting in
// `fields`, and must take exactly one value. Unknown keys are skipped; of a repeated key the last
// one counts.
//   fields:      names in the order in which peers emit them, which is the order of the bytes
//   declaration: declaration[k] is the index in `fields` of the k-th element of the array form
template <class OnField>
void read_struct(MsgpackReader& in, std::span<const std::string_view> fields,
                 std::span<const std::uint8_t> declaration, OnField&& on_field) {
    if (in.peek() == MsgpackKind::array) {
        const std::uint32_t count = in.array();
        for (std::uint32_t k = 0; k < count && !in.failed(); ++k) {
            if (k < declaration.size()) {
                on_field(declaration[k]);
            } else {
                in.skip();
            }
        }
        return;
    }
    const std::uint32_t pairs = in.map();
    std::size_t expected = 0;  // peers emit keys in order, so the next name is mostly the next key
    for (std::uint32_t pair = 0; pair < pairs && !in.failed(); ++pair) {
        const std::string_view key = in.text();
        std::size_t found = fields.size();
        for (std::size_t tried = 0; tried < fields.size(); ++tried) {
            if (expected >= fields.size()) expected = 0;
            if (fields[expected] == key) {
                found = expected;
                ++expected;
                break;
            }
            ++expected;
        }
        if (in.failed()) return;
        if (found == fields.size()) {
            in.skip();
        } else {
            on_field(found);
        }
    }
}

}  // namespace rollcall::wire

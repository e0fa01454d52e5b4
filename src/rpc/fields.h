// SPDX-License-Identifier: Apache-2.0
//
// Writes and reads one field of a control message, by its C++ type. Included by messages.cpp only,
// where each message is a table of fields; the leniency that messages.h promises is implemented
// here, so that it is the same for every message.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <msgpack.hpp>
#include <tuple>
#include <type_traits>
#include <utility>

#include "rpc/messages.h"

namespace rollcall::agent::rpc::fields {

// msgpack-c writes into anything with write(const char*, size_t).
struct StringSink {
    std::string& out;
    void write(const char* data, std::size_t size) { out.append(data, size); }
};
using Packer = msgpack::packer<StringSink>;

template <class Message, class Value>
struct Field {
    std::string_view name;
    Value Message::*value;
};
// clang 14 does not deduce aggregates.
template <class Message, class Value>
Field(std::string_view, Value Message::*) -> Field<Message, Value>;

// Specialised for every message: `static constexpr auto fields`, in declaration order.
template <class Message>
struct Describe;

template <class Message>
inline constexpr std::size_t kFieldCount =
    std::tuple_size_v<std::remove_cvref_t<decltype(Describe<Message>::fields)>>;

template <class Message>
constexpr auto field_names() {
    return std::apply([](const auto&... field) { return std::array{field.name...}; },
                      Describe<Message>::fields);
}

// The indices of the fields in ascending order of their names: the order on the wire.
template <class Message>
constexpr auto wire_order() {
    constexpr auto names = field_names<Message>();
    std::array<std::size_t, kFieldCount<Message>> order{};
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::sort(order.begin(), order.end(),
              [&](std::size_t a, std::size_t b) { return names[a] < names[b]; });
    return order;
}

// --- writing ----------------------------------------------------------------------------------

inline void pack_text(Packer& packer, std::string_view text) {
    packer.pack_str(static_cast<std::uint32_t>(text.size()));
    packer.pack_str_body(text.data(), static_cast<std::uint32_t>(text.size()));
}
inline void pack_bytes(Packer& packer, Bytes bytes) {
    packer.pack_bin(static_cast<std::uint32_t>(bytes.size()));
    packer.pack_bin_body(as_text(bytes).data(), static_cast<std::uint32_t>(bytes.size()));
}
template <class Message>
void write_message(Packer& packer, const Message& message);

inline void write(Packer& packer, const std::string& text) {
    pack_text(packer, text);
}
template <std::integral Number>
void write(Packer& packer, Number number) {
    packer.pack(number);
}
// Always as a float of 64 bits: the packer would write 1.0 as the integer 1, which Serf never does.
inline void write(Packer& packer, double number) {
    const auto bits = std::bit_cast<std::uint64_t>(number);
    std::array<char, 9> bytes{'\xcb'};
    for (std::size_t i = 1; i < bytes.size(); ++i) {
        bytes[i] = static_cast<char>(bits >> (64 - 8 * i) & 0xff);
    }
    packer.pack_str_body(bytes.data(), bytes.size());  // as it is
}
inline void write(Packer& packer, const Payload& payload) {
    if (!payload) {
        packer.pack_nil();
    } else {
        pack_bytes(packer, *payload);
    }
}
inline void write(Packer& packer, const WireAddress& address) {
    pack_bytes(packer, address.bytes());
}
inline void write(Packer& packer, const StringMap& map) {
    packer.pack_map(static_cast<std::uint32_t>(map.size()));
    for (const auto& [key, value] : map) {
        pack_text(packer, key);
        pack_text(packer, value);
    }
}
inline void write(Packer& packer, const std::vector<std::string>& list) {
    packer.pack_array(static_cast<std::uint32_t>(list.size()));
    for (const std::string& item : list) pack_text(packer, item);
}
template <class Message>
concept InAList = std::is_same_v<Message, Member> || std::is_same_v<Message, NodeKeys> ||
    std::is_same_v<Message, MemberDetails> || std::is_same_v<Message, DoctorFinding>;
template <InAList Message>
void write(Packer& packer, const std::vector<Message>& list) {
    packer.pack_array(static_cast<std::uint32_t>(list.size()));
    for (const Message& item : list) write_message(packer, item);
}
inline void write(Packer& packer, const Member& member) {
    write_message(packer, member);
}
inline void write(Packer& packer, const MemberDetails& member) {
    write_message(packer, member);
}
inline void write(Packer& packer,
                  const std::optional<std::map<std::string, std::uint64_t>>& counts) {
    if (!counts) {
        packer.pack_nil();
        return;
    }
    packer.pack_map(static_cast<std::uint32_t>(counts->size()));
    for (const auto& [key, count] : *counts) {
        pack_text(packer, key);
        packer.pack(count);
    }
}
inline void write(Packer& packer, const std::vector<double>& numbers) {
    if (numbers.empty()) {
        packer.pack_nil();
        return;
    }
    packer.pack_array(static_cast<std::uint32_t>(numbers.size()));
    for (const double number : numbers) write(packer, number);
}
inline void write(Packer& packer, const Coordinate& coordinate) {
    write_message(packer, coordinate);
}

template <class Message>
void write_message(Packer& packer, const Message& message) {
    packer.pack_map(static_cast<std::uint32_t>(kFieldCount<Message>));
    static constexpr auto order = wire_order<Message>();
    [&]<std::size_t... I>(std::index_sequence<I...>) {
        const auto one = [&](const auto& field) {
            pack_text(packer, field.name);
            write(packer, message.*field.value);
        };
        (one(std::get<order[I]>(Describe<Message>::fields)), ...);
    }
    (std::make_index_sequence<kFieldCount<Message>>{});
}

// --- reading ----------------------------------------------------------------------------------
// Each read() returns whether the object fits the type. nil never comes here: it is the zero.

inline std::optional<std::string_view> text_of(const msgpack::object& object) {
    if (object.type == msgpack::type::STR) return {{object.via.str.ptr, object.via.str.size}};
    if (object.type == msgpack::type::BIN) return {{object.via.bin.ptr, object.via.bin.size}};
    return std::nullopt;
}
template <class Message>
[[nodiscard]] std::optional<BadField> read_message(const msgpack::object& object, Message& message);

// Go's codec reads a map in place of a list as its keys and values in turn, and some encoders
// write byte strings as lists of small integers (Rust's rmp, for a slice of u8). `read` gets each
// element; false: it is neither list nor map, or `read` returned false.
template <class Read>
bool read_elements(const msgpack::object& object, Read&& read) {
    if (object.type == msgpack::type::ARRAY) {
        return std::ranges::all_of(object.via.array, read);
    }
    if (object.type != msgpack::type::MAP) return false;
    return std::ranges::all_of(object.via.map,
                               [&](const auto& pair) { return read(pair.key) && read(pair.val); });
}
[[nodiscard]] inline std::size_t elements_of(const msgpack::object& object) {
    if (object.type == msgpack::type::MAP) return std::size_t{2} * object.via.map.size;
    return object.type == msgpack::type::ARRAY ? object.via.array.size : 0;
}

template <std::integral Integer>
bool read(const msgpack::object& object, Integer& number);

// One byte for each element; nil is 0, as for every field.
template <class Container>
bool read_small_integers(const msgpack::object& object, Container& bytes) {
    bytes.clear();
    return read_elements(object, [&](const msgpack::object& element) {
        std::uint8_t byte = 0;
        if (!element.is_nil() && !read(element, byte)) return false;
        bytes.push_back(static_cast<typename Container::value_type>(byte));
        return true;
    });
}

inline bool read(const msgpack::object& object, std::string& text) {
    if (const auto view = text_of(object)) {
        text = *view;
        return true;
    }
    // Not a map: Go's decoder takes one for bytes alone.
    return object.type == msgpack::type::ARRAY && read_small_integers(object, text);
}
template <std::integral Integer>
bool read(const msgpack::object& object, Integer& number) {
    if (object.type == msgpack::type::POSITIVE_INTEGER) {
        if (!std::in_range<Integer>(object.via.u64)) return false;
        number = static_cast<Integer>(object.via.u64);
        return true;
    }
    if (object.type == msgpack::type::NEGATIVE_INTEGER) {
        if (!std::in_range<Integer>(object.via.i64)) return false;
        number = static_cast<Integer>(object.via.i64);
        return true;
    }
    return false;
}
inline bool read(const msgpack::object& object, double& number) {
    switch (object.type) {
        case msgpack::type::FLOAT32:
        case msgpack::type::FLOAT64:
            number = object.via.f64;
            return true;
        case msgpack::type::POSITIVE_INTEGER:
            number = static_cast<double>(object.via.u64);
            return true;
        case msgpack::type::NEGATIVE_INTEGER:
            number = static_cast<double>(object.via.i64);
            return true;
        default:
            return false;
    }
}
inline bool read(const msgpack::object& object, Coordinate& coordinate) {
    return !read_message(object, coordinate);
}
inline bool read(const msgpack::object& object, Member& member) {
    return !read_message(object, member);
}
inline bool read(const msgpack::object& object, MemberDetails& member) {
    return !read_message(object, member);
}
inline bool read(const msgpack::object& object, bool& flag) {
    if (object.type == msgpack::type::POSITIVE_INTEGER && object.via.u64 <= 1) {
        flag = object.via.u64 == 1;
        return true;
    }
    if (object.type != msgpack::type::BOOLEAN) return false;
    flag = object.via.boolean;
    return true;
}
inline bool read(const msgpack::object& object, Payload& payload) {
    const auto view = text_of(object);
    if (!view) return read_small_integers(object, payload.emplace());
    const Bytes bytes = as_bytes(*view);
    payload.emplace(bytes.begin(), bytes.end());
    return true;
}
inline bool read(const msgpack::object& object, WireAddress& address) {
    Payload bytes;
    if (!read(object, bytes)) return false;
    const auto parsed = WireAddress::from_bytes(*bytes);
    if (parsed) address = *parsed;
    return parsed.has_value();
}
template <class Value>
bool read(const msgpack::object& object, std::map<std::string, Value>& map) {
    if (object.type != msgpack::type::MAP) return false;
    for (const auto& [key, value] : object.via.map) {
        std::string name;
        if (!key.is_nil() && !read(key, name)) return false;
        Value decoded{};
        if (!value.is_nil() && !read(value, decoded)) return false;
        map.insert_or_assign(std::move(name), std::move(decoded));
    }
    return true;
}
template <class Value>
bool read(const msgpack::object& object, std::optional<std::map<std::string, Value>>& map) {
    return read(object, map.emplace());
}
template <class Item>
bool read(const msgpack::object& object, std::vector<Item>& list) {
    list.reserve(elements_of(object));  // parsed elements, not a declared number
    return read_elements(object, [&](const msgpack::object& element) {
        Item item{};
        if constexpr (InAList<Item>) {
            if (!element.is_nil() && read_message(element, item)) return false;
        } else {
            if (!element.is_nil() && !read(element, item)) return false;
        }
        list.push_back(std::move(item));
        return true;
    });
}

// Reads the field with this index; true also when there is no such field.
template <class Message>
bool read_field(std::size_t index, const msgpack::object& object, Message& message) {
    bool fits = true;
    std::size_t at = 0;
    std::apply(
        [&](const auto&... field) {
            const auto one = [&](const auto& f) {
                if (at++ != index) return;
                auto& value = message.*f.value;
                value = {};  // a repeated key: the last one counts
                if (!object.is_nil()) fits = read(object, value);
            };
            (one(field), ...);
        },
        Describe<Message>::fields);
    return fits;
}

template <class Message>
std::optional<BadField> read_message(const msgpack::object& object, Message& message) {
    static constexpr auto names = field_names<Message>();
    if (object.type == msgpack::type::ARRAY) {
        const std::size_t count = std::min<std::size_t>(object.via.array.size, names.size());
        for (std::size_t i = 0; i < count; ++i) {
            if (!read_field(i, object.via.array.ptr[i], message)) return BadField{names[i]};
        }
        return std::nullopt;
    }
    if (object.type != msgpack::type::MAP) return BadField{};
    for (const auto& [key, value] : object.via.map) {
        const auto name = text_of(key);
        if (!name) return BadField{};
        const auto found = std::find(names.begin(), names.end(), *name);
        if (found == names.end()) continue;
        const auto index = static_cast<std::size_t>(found - names.begin());
        if (!read_field(index, value, message)) return BadField{*found};
    }
    return std::nullopt;
}

}  // namespace rollcall::agent::rpc::fields

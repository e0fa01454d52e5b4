// SPDX-License-Identifier: Apache-2.0
//
// Splits the byte stream of a control connection into msgpack objects, for server and client. There
// are no frames: it finds the end of each object, in any segmentation. It knows no messages;
// messages.h interprets the objects. It throws nothing, every limit is always on, and once broken
// it stays broken.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <msgpack/object_fwd.hpp>
#include <string_view>

namespace rollcall::agent::rpc {

struct ReaderLimits {
    // Bytes of one object. A larger one breaks the stream as soon as its size is known.
    std::size_t object_bytes;
    // Elements of one array or one map. An object of 16 or 24 bytes is reserved per declared
    // element, so this also bounds what five hostile bytes can cost.
    std::uint32_t elements;
    std::uint32_t depth;
};

// Requests are small. Objects before authentication are smaller still: see
// set_object_bytes.
inline constexpr ReaderLimits kServerLimits{
    .object_bytes = std::size_t{1} << 20, .elements = 16384, .depth = 8};
inline constexpr std::size_t kObjectBytesBeforeAuth = 4096;
// Replies may list a very large cluster: about 200 bytes a member.
inline constexpr ReaderLimits kClientLimits{
    .object_bytes = std::size_t{256} << 20, .elements = std::uint32_t{1} << 20, .depth = 8};

class ObjectReader {
public:
    enum class Status : std::uint8_t {
        need_more,  // no whole object yet
        object,     // object() is the next one
        broken,     // not msgpack, too large or too deep: close the connection
    };

    explicit ObjectReader(const ReaderLimits& limits);
    ObjectReader(ObjectReader&&) noexcept;
    ObjectReader& operator=(ObjectReader&&) noexcept;
    ~ObjectReader();

    // Bytes as they arrived.
    void feed(std::string_view bytes);
    [[nodiscard]] Status next();
    // Valid after Status::object, until the next call of next().
    [[nodiscard]] const msgpack::object& object() const;
    // Bytes of an incomplete next object: more than 0 when the peer is in the middle of
    // one.
    [[nodiscard]] std::size_t buffered() const;
    // From the next object on.
    void set_object_bytes(std::size_t limit);

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace rollcall::agent::rpc

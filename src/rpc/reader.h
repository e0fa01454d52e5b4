// SPDX-License-Identifier: Apache-2.0
//
// Cuts the byte stream of a control connection into msgpack objects, for the server and the client
// alike. It has no frames to go by: an object ends where it ends, in any segmentation. It knows no
// message; rpc_messages.h gives objects a meaning. Nothing is thrown out of it, no limit is off,
// and once broken it stays broken.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <msgpack/object_fwd.hpp>
#include <string_view>

namespace rollcall::agent::rpc {

struct ReaderLimits {
    // One object, in bytes. A larger one breaks the stream as soon as that is known.
    std::size_t object_bytes;
    // Elements of one array or one map. An object of 16 or 24 bytes is reserved per declared
    // element, so this also bounds what five hostile bytes can cost.
    std::uint32_t elements;
    std::uint32_t depth;
};

// Requests are small. Objects before the peer proved who it is are smaller still: see
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
    // Bytes of the next object that are here already: more than 0 when the peer is in the middle of
    // one.
    [[nodiscard]] std::size_t buffered() const;
    // From the next object on.
    void set_object_bytes(std::size_t limit);

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace rollcall::agent::rpc

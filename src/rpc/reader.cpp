// SPDX-License-Identifier: Apache-2.0
#include "rpc/reader.h"

#include <cstring>
#include <exception>
#include <msgpack.hpp>

namespace rollcall::agent::rpc {

namespace {

constexpr std::size_t kReaderInitialBytes = 4096;

msgpack::unpack_limit to_unpack_limit(const ReaderLimits& limits) {
    return {limits.elements, limits.elements, limits.object_bytes, limits.object_bytes, 0,
            limits.depth};
}

}  // namespace

struct ObjectReader::Impl {
    explicit Impl(const ReaderLimits& limits)
        : unpacker{nullptr, nullptr, kReaderInitialBytes, to_unpack_limit(limits)},
          object_bytes{limits.object_bytes} {}

    msgpack::unpacker unpacker;
    msgpack::object_handle current;
    std::size_t object_bytes;
    bool broken = false;
};

ObjectReader::ObjectReader(const ReaderLimits& limits) : impl_{std::make_unique<Impl>(limits)} {}
ObjectReader::ObjectReader(ObjectReader&&) noexcept = default;
ObjectReader& ObjectReader::operator=(ObjectReader&&) noexcept = default;
ObjectReader::~ObjectReader() = default;

void ObjectReader::feed(std::string_view bytes) {
    if (impl_->broken || bytes.empty()) return;
    try {
        impl_->unpacker.reserve_buffer(bytes.size());
        std::memcpy(impl_->unpacker.buffer(), bytes.data(), bytes.size());
        impl_->unpacker.buffer_consumed(bytes.size());
    } catch (const std::exception&) {
        impl_->broken = true;
    }
}

ObjectReader::Status ObjectReader::next() {
    if (impl_->broken) return Status::broken;
    try {
        const std::size_t before = impl_->unpacker.nonparsed_size();
        const std::size_t parsed = impl_->unpacker.parsed_size();
        if (impl_->unpacker.next(impl_->current)) {
            // Complete: check its size. Its bytes are those parsed in earlier calls, and those that
            // this call took from the buffer.
            const std::size_t size = parsed + before - impl_->unpacker.nonparsed_size();
            if (size <= impl_->object_bytes) return Status::object;
        } else if (impl_->unpacker.message_size() <= impl_->object_bytes) {
            return Status::need_more;
        }
    } catch (const std::exception&) {  // msgpack's, or out of memory: the peer asked for too much
    }
    impl_->broken = true;
    return Status::broken;
}

const msgpack::object& ObjectReader::object() const {
    return impl_->current.get();
}

std::size_t ObjectReader::buffered() const {
    return impl_->unpacker.message_size();
}

void ObjectReader::set_object_bytes(std::size_t limit) {
    impl_->object_bytes = limit;
}

}  // namespace rollcall::agent::rpc

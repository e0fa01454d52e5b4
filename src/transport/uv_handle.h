// SPDX-License-Identifier: Apache-2.0
//
// A libuv handle owned by a C++ object. libuv uses a handle's memory until the close callback,
// which usually comes after the owner is destroyed. So the handle is allocated separately and freed
// there, and a late callback finds no owner. Not movable, as the owner's address is stored; one
// thread, the loop's. It wraps no libuv call but uv_close: call libuv with
// get().
#pragma once

#include <uv.h>

#include <functional>
#include <memory>
#include <utility>

#include "base/check.h"

namespace rollcall::transport {

template <class Handle, class Owner>
class UvHandle {
public:
    UvHandle() = default;
    ~UvHandle() { close(); }
    UvHandle(const UvHandle&) = delete;
    UvHandle& operator=(const UvHandle&) = delete;

    // init(Handle*) is one of libuv's uv_*_init; what it returns is returned. An error leaves
    // nothing.
    template <class Init>
    [[nodiscard]] int init(Owner& owner, Init&& init) {
        ROLLCALL_CHECK(block_ == nullptr);
        auto block = std::make_unique<Block>();
        const int error = init(&block->handle);
        if (error != 0) return error;
        // Not by a member: uv_any_handle, one of several kinds, has none.
        uv_handle_set_data(reinterpret_cast<uv_handle_t*>(&block->handle), block.get());
        block->owner = &owner;
        block_ = block.release();
        return 0;
    }

    [[nodiscard]] Handle* get() const { return &block_->handle; }
    [[nodiscard]] explicit operator bool() const { return block_ != nullptr; }

    // No callback reaches the owner after this call. `closed` is called when libuv has released the
    // handle, at once when there was none. Both, handle and callback, are freed before it is
    // called: it may destroy any object.
    void close(const std::function<void()>& closed = {}) {
        if (block_ == nullptr) {
            if (closed) closed();
            return;
        }
        Block* block = std::exchange(block_, nullptr);
        block->owner = nullptr;
        block->closed = closed;
        uv_close(reinterpret_cast<uv_handle_t*>(&block->handle), [](uv_handle_t* handle) {
            const std::unique_ptr<Block> freed{static_cast<Block*>(handle->data)};
            const auto then = std::move(freed->closed);
            if (then) then();
        });
    }

    // In a callback: the owner, or nullptr when it closed the handle.
    [[nodiscard]] static Owner* owner_of(const Handle* handle) {
        return static_cast<Block*>(handle->data)->owner;
    }
    template <class Derived>
    [[nodiscard]] static Owner* owner_of_base(const Derived* handle) {
        return static_cast<Block*>(handle->data)->owner;
    }

private:
    struct Block {
        Handle handle{};
        Owner* owner = nullptr;
        std::function<void()> closed;
    };
    Block* block_ = nullptr;
};

}  // namespace rollcall::transport

// SPDX-License-Identifier: Apache-2.0
//
// Lets other threads wake the loop. What they hold outlives the waker: after close() it does
// nothing. One thread, the loop's, but for from_any_thread().
#pragma once

#include <uv.h>

#include <functional>
#include <memory>
#include <mutex>
#include <utility>

#include "transport/uv_handle.h"

namespace rollcall::agent {

class LoopWaker {
public:
    LoopWaker() = default;
    ~LoopWaker() { close({}); }
    LoopWaker(const LoopWaker&) = delete;
    LoopWaker& operator=(const LoopWaker&) = delete;

    // `woken` is called by the loop, once for several calls in a row. A libuv error, or 0.
    [[nodiscard]] int init(uv_loop_t& loop, std::function<void()> woken) {
        woken_ = std::move(woken);
        const int error = handle_.init(*this, [&](uv_async_t* async) {
            return uv_async_init(&loop, async, [](uv_async_t* of) {
                if (LoopWaker* owner = Handle::owner_of(of)) owner->woken_();
            });
        });
        if (error == 0) bell_->async = handle_.get();
        return error;
    }
    // Its call wakes the loop.
    [[nodiscard]] std::function<void()> from_any_thread() const {
        return [bell = bell_] {
            const std::lock_guard lock{bell->mutex};
            if (bell->async != nullptr) uv_async_send(bell->async);
        };
    }
    void close(const std::function<void()>& closed) {
        {
            const std::lock_guard lock{bell_->mutex};
            bell_->async = nullptr;
        }
        handle_.close(closed);
    }

private:
    using Handle = transport::UvHandle<uv_async_t, LoopWaker>;
    struct Bell {
        std::mutex mutex;
        uv_async_t* async = nullptr;  // null: closed
    };
    Handle handle_;
    std::function<void()> woken_;
    std::shared_ptr<Bell> bell_ = std::make_shared<Bell>();
};

}  // namespace rollcall::agent

// SPDX-License-Identifier: Apache-2.0
#include "transport/after_poll.h"

namespace rollcall::transport {

int AfterPoll::init(uv_loop_t& loop, std::function<void()> polled) {
    polled_ = std::move(polled);
    const int error = idle_.init(*this, [&](uv_idle_t* h) { return uv_idle_init(&loop, h); });
    if (error != 0) return error;
    return check_.init(*this, [&](uv_check_t* h) { return uv_check_init(&loop, h); });
}

void AfterPoll::request() {
    if (requested_ || !idle_) return;
    requested_ = true;
    uv_idle_start(idle_.get(), [](uv_idle_t*) {});
    uv_check_start(check_.get(), [](uv_check_t* handle) {
        auto* owner = UvHandle<uv_check_t, AfterPoll>::owner_of(handle);
        if (owner != nullptr) owner->polled();
    });
}

// Stopped first: the callback may request again or destroy this object, so it comes last.
void AfterPoll::polled() {
    requested_ = false;
    uv_idle_stop(idle_.get());
    uv_check_stop(check_.get());
    polled_();
}

void AfterPoll::close(const std::function<void()>& closed) {
    idle_.close(closed);
    check_.close(closed);
}

}  // namespace rollcall::transport

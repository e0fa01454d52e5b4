// SPDX-License-Identifier: Apache-2.0
//
// Runs work that may block on a disk on the thread pool, and delivers the result on the loop. One
// at a time. If the owner is destroyed before, the result is dropped, but the work cannot be
// stopped: what it refers to must outlive it. The loop's thread.
#pragma once

#include <uv.h>

#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "base/check.h"
#include "base/time.h"
#include "transport/clock.h"

namespace rollcall::agent {

template <class T>
class OffLoop {
public:
    explicit OffLoop(uv_loop_t& loop) : loop_{loop} {}
    ~OffLoop() { give_up(); }
    OffLoop(const OffLoop&) = delete;
    OffLoop& operator=(const OffLoop&) = delete;

    [[nodiscard]] bool busy() const { return running_ != nullptr; }
    // Zero while it is not busy.
    [[nodiscard]] Duration busy_for() const {
        return busy() ? transport::clock_now() - began_ : Duration{};
    }
    // Not while busy. `done` may call run().
    void run(std::function<T()> work, std::function<void(T)> done) {
        ROLLCALL_CHECK(!busy());
        auto job = std::make_unique<Job>();
        job->owner = this;
        job->work = std::move(work);
        job->done = std::move(done);
        job->request.data = job.get();
        running_ = job.release();
        began_ = transport::clock_now();
        // Fails only without a function to run.
        static_cast<void>(uv_queue_work(
            &loop_, &running_->request,
            [](uv_work_t* request) {
                Job& begun = *static_cast<Job*>(request->data);
                begun.result.emplace(begun.work());
            },
            [](uv_work_t* request, int) {
                const std::unique_ptr<Job> ended{static_cast<Job*>(request->data)};
                if (ended->owner == nullptr) return;
                ended->owner->running_ = nullptr;
                ended->done(std::move(*ended->result));
            }));
    }
    // Drops the result of the running work, or cancels it if it has not begun.
    void give_up() {
        if (running_ == nullptr) return;
        running_->owner = nullptr;
        uv_cancel(reinterpret_cast<uv_req_t*>(&running_->request));
        running_ = nullptr;
    }

private:
    struct Job {
        uv_work_t request{};
        OffLoop* owner = nullptr;
        std::function<T()> work;
        std::function<void(T)> done;
        std::optional<T> result;
    };
    uv_loop_t& loop_;
    Job* running_ = nullptr;  // owned by libuv until it ends
    Time began_{};
};

}  // namespace rollcall::agent

// SPDX-License-Identifier: Apache-2.0
#include "agent/log/line_writer.h"

#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

namespace rollcall::agent {

struct LineWriter::Shared {
    explicit Shared(Parts its_parts) : parts{std::move(its_parts)}, lines{parts.limits} {}

    // A task comes after so many of the lines.
    struct Task {
        std::uint64_t after;
        std::function<void()> call;
    };

    Parts parts;  // the thread's
    std::mutex mutex;
    std::condition_variable work_there, all_done;
    LineQueue lines;
    std::deque<Task> tasks;
    std::uint64_t pushed = 0, popped = 0;
    bool busy = false;
    bool ended = false;

    [[nodiscard]] bool idle() const { return lines.empty() && tasks.empty() && !busy; }
};

std::unique_ptr<LineWriter> LineWriter::start(Parts parts) {
    auto shared = std::make_shared<Shared>(std::move(parts));
    try {
        std::thread{[shared] { work(*shared); }}.detach();
    } catch (const std::system_error&) {
        return nullptr;
    }
    return std::unique_ptr<LineWriter>{new LineWriter{std::move(shared)}};
}

// The thread is not waited for: it may hang in the output.
LineWriter::~LineWriter() {
    const std::lock_guard lock{shared_->mutex};
    shared_->ended = true;
    shared_->work_there.notify_one();
}

void LineWriter::work(Shared& shared) {
    std::unique_lock lock{shared.mutex};
    while (true) {
        shared.work_there.wait(lock, [&] { return shared.ended || !shared.idle(); });
        if (shared.ended) return;
        shared.busy = true;
        if (!shared.tasks.empty() && shared.tasks.front().after <= shared.popped) {
            const auto task = std::move(shared.tasks.front().call);
            shared.tasks.pop_front();
            lock.unlock();
            task();
        } else {
            const std::string line = shared.lines.pop();
            ++shared.popped;
            lock.unlock();
            shared.parts.write(line);
        }
        lock.lock();
        shared.busy = false;
        const bool room = shared.lines.has_room_after_gap();
        if (shared.idle()) shared.all_done.notify_all();
        if (room && shared.parts.room_again) {
            lock.unlock();
            shared.parts.room_again();
            lock.lock();
        }
    }
}

void LineWriter::push(std::string line) {
    const std::lock_guard lock{shared_->mutex};
    if (!shared_->lines.push(std::move(line))) return;
    ++shared_->pushed;
    shared_->work_there.notify_one();
}

bool LineWriter::run(std::function<void()> task) {
    const std::lock_guard lock{shared_->mutex};
    if (shared_->tasks.size() >= kMostTasks) return false;
    shared_->tasks.push_back({.after = shared_->pushed, .call = std::move(task)});
    shared_->work_there.notify_one();
    return true;
}

bool LineWriter::flush(Duration limit) {
    std::unique_lock lock{shared_->mutex};
    return shared_->all_done.wait_for(lock, limit, [&] { return shared_->idle(); });
}

std::uint64_t LineWriter::end_gap() {
    const std::lock_guard lock{shared_->mutex};
    return shared_->lines.end_gap();
}

LineQueue::Dropped LineWriter::dropped() const {
    const std::lock_guard lock{shared_->mutex};
    return shared_->lines.dropped();
}

}  // namespace rollcall::agent

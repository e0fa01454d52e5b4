// SPDX-License-Identifier: Apache-2.0
//
// Writes lines in a thread of its own: an output that blocks (a pipe that no process reads, a
// stopped terminal, a disk that hangs) then blocks this thread and not the loop. What waits is
// bounded (agent/log/line_queue.h). A thread that hangs for good is left behind at the end; what it
// uses belongs to it. push(), run() and flush() never wait for the output. Thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "agent/log/line_queue.h"
#include "base/time.h"

namespace rollcall::agent {

class LineWriter {
public:
    struct Parts {
        // Both are called in the thread.
        std::function<void(const std::string& line)> write;
        std::function<void()> room_again = {};  // after lines were dropped
        LineQueue::Limits limits = {};
    };
    static constexpr std::size_t kMostTasks = 8;

    // Null if the system gives no thread.
    [[nodiscard]] static std::unique_ptr<LineWriter> start(Parts parts);
    // Does not wait for unwritten lines: call flush() before.
    ~LineWriter();
    LineWriter(const LineWriter&) = delete;
    LineWriter& operator=(const LineWriter&) = delete;

    void push(std::string line);
    // Calls `task` in the thread, after the lines before it. False if too many wait.
    [[nodiscard]] bool run(std::function<void()> task);
    // Waits until all is written, but for at most `limit`. False if something is left.
    [[nodiscard]] bool flush(Duration limit);

    // See LineQueue.
    [[nodiscard]] std::uint64_t end_gap();
    [[nodiscard]] LineQueue::Dropped dropped() const;

private:
    struct Shared;
    explicit LineWriter(std::shared_ptr<Shared> shared) : shared_{std::move(shared)} {}
    static void work(Shared& shared);

    std::shared_ptr<Shared> shared_;
};

}  // namespace rollcall::agent

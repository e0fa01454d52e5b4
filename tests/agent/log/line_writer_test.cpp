// SPDX-License-Identifier: Apache-2.0
//
// Outputs that block: the caller never does.
#include "agent/log/line_writer.h"

#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <string>
#include <vector>

namespace rollcall::agent {
namespace {

using namespace std::chrono_literals;

// An output that hangs until the test lets it go.
struct Output {
    std::mutex mutex;
    std::condition_variable changed;
    bool open = true;
    std::vector<std::string> lines;

    void write(const std::string& line) {
        std::unique_lock lock{mutex};
        changed.wait(lock, [&] { return open; });
        lines.push_back(line);
    }
    void set_open(bool now) {
        const std::lock_guard lock{mutex};
        open = now;
        changed.notify_all();
    }
};

class SlowOutput : public testing::Test {
protected:
    std::unique_ptr<LineWriter> start(LineQueue::Limits limits = {}) {
        return LineWriter::start(
            {.write = [out = out](const std::string& line) { out->write(line); },
             .room_again = [calls = calls] { ++*calls; },
             .limits = limits});
    }
    std::shared_ptr<Output> out = std::make_shared<Output>();  // a thread that hangs keeps it
    std::shared_ptr<std::atomic<int>> calls = std::make_shared<std::atomic<int>>(0);
};

TEST_F(SlowOutput, LinesAndTasksAreDoneInTheirOrder) {
    const auto writer = start();
    writer->push("a");
    EXPECT_TRUE(writer->run([out = out] { out->write("task"); }));
    writer->push("b");
    EXPECT_TRUE(writer->flush(1min));
    EXPECT_EQ(out->lines, (std::vector<std::string>{"a", "task", "b"}));
    EXPECT_EQ(*calls, 0);
}

TEST_F(SlowOutput, WhileItHangsLinesWaitAreDroppedAndCountedAndNothingBlocks) {
    out->set_open(false);
    const auto writer = start({.lines = 3, .bytes = 1000});
    for (int i = 0; i < 20; ++i) writer->push(std::to_string(i));
    EXPECT_FALSE(writer->flush(1ms));
    EXPECT_GE(writer->dropped().by_lines, 16u) << "one may be in the output already";
    EXPECT_EQ(writer->end_gap(), 0u);

    out->set_open(true);
    EXPECT_TRUE(writer->flush(1min));
    const std::uint64_t lost = writer->dropped().all();
    EXPECT_EQ(out->lines.size() + lost, 20u);
    EXPECT_EQ(writer->end_gap(), lost);
    writer->push("next");
    EXPECT_TRUE(writer->flush(1min));
    EXPECT_EQ(out->lines.back(), "next");
    EXPECT_GE(*calls, 1) << "there was room again";
}

TEST_F(SlowOutput, AnOutputThatHangsForGoodDoesNotHoldUpTheEnd) {
    out->set_open(false);
    {
        const auto writer = start();
        writer->push("a");
        EXPECT_FALSE(writer->flush(1ms));
        for (std::size_t i = 0; i < LineWriter::kMostTasks; ++i) EXPECT_TRUE(writer->run([] {}));
        EXPECT_FALSE(writer->run([] {})) << "what waits is bounded";
    }
    out->set_open(true);  // the thread that was left behind ends
}

}  // namespace
}  // namespace rollcall::agent

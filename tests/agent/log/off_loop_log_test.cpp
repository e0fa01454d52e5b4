// SPDX-License-Identifier: Apache-2.0
//
// The log of a running agent: no output holds it up, no line changes its place, and what is dropped
// is reported.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <csignal>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "agent/host/loop_waker.h"
#include "agent/log/logging.h"
#include "support/test_folder.h"
#include "support/test_loop.h"

namespace rollcall::agent {
namespace {

using namespace std::chrono_literals;
using rollcall::tests::TestFolder;
using rollcall::tests::TestLoop;
using rollcall::tests::whole_file;
using testing::HasSubstr;

// Standard error is a pipe that the test reads when it likes.
class PipedLog : public testing::Test {
protected:
    PipedLog() {
        EXPECT_EQ(::pipe2(ends_.data(), O_CLOEXEC), 0);
        EXPECT_EQ(waker_.init(loop_, [this] { log_->report(); }), 0);
    }
    ~PipedLog() override {
        ::close(ends_[0]);
        bool closed = false;
        waker_.close([&] { closed = true; });
        EXPECT_TRUE(loop_.run_until([&] { return closed; }));
        log_.reset();
        ::close(ends_[1]);
    }
    void open(const std::string& file = "") {
        log_ = std::move(*Log::open({.file = file, .stderr_descriptor = ends_[1]}));
        log_->write_off_loop(waker_.from_any_thread());
    }
    void write(int from, int to) {
        for (int i = from; i < to; ++i) {
            log_->write(Level::info, "t", "e",
                        "line " + std::to_string(i) + "." + std::string(200, 'x'));
        }
    }
    // What is in the pipe, after the loop has run until the text is there.
    std::string read_until(const std::string& text) {
        EXPECT_TRUE(loop_.run_until([&] {
            pollfd entry{.fd = ends_[0], .events = POLLIN, .revents = 0};
            std::array<char, 65536> part{};
            while (::poll(&entry, 1, 0) == 1) {
                const ssize_t count = ::read(ends_[0], part.data(), part.size());
                if (count <= 0) break;
                read_.append(part.data(), static_cast<std::size_t>(count));
            }
            return read_.find(text) != std::string::npos;
        }));
        return read_;
    }
    std::array<int, 2> ends_{};
    TestLoop loop_;
    LoopWaker waker_;
    std::unique_ptr<Log> log_;
    std::string read_;
};

TEST_F(PipedLog, APipeThatNobodyReadsHoldsNothingUpAndItsGapIsReported) {
    open();
    write(0, 20000);  // 4 MB
    EXPECT_GT(log_->lines_dropped().all(), 0u);
    EXPECT_EQ(log_->lines_lost(), log_->lines_dropped().all());

    const std::string text = read_until("log lines were dropped");
    EXPECT_THAT(text, HasSubstr("line 0."));
    EXPECT_THAT(text, HasSubstr("log: " + std::to_string(log_->lines_dropped().all()) +
                                " log lines were dropped: standard error did not take them"));
    write(20000, 20001);
    read_until("line 20000.");
    // One gap: a row from the first line, the report, and the new line.
    int expected = 0;
    for (std::size_t at = 0; (at = read_.find(": line ", at)) != std::string::npos; ++at) {
        const int number = std::stoi(read_.substr(at + 7));
        if (number == 20000) continue;
        EXPECT_EQ(number, expected++);
    }
    EXPECT_LT(read_.find("were dropped"), read_.find("line 20000."));
}

TEST_F(PipedLog, TheDescriptorStaysBlockingSinceOtherProcessesShareIt) {
    open();
    write(0, 1);
    read_until("line 0.");
    EXPECT_EQ(::fcntl(ends_[1], F_GETFL) & O_NONBLOCK, 0);
}

TEST_F(PipedLog, ANonBlockingPipeLosesNoLine) {
    ::fcntl(ends_[1], F_SETFL, ::fcntl(ends_[1], F_GETFL) | O_NONBLOCK);
    open();
    write(0, 2000);  // 400 kB into a pipe of 64
    read_until("line 1999.");
    EXPECT_EQ(log_->lines_lost(), 0u);
}

TEST_F(PipedLog, APipeWithoutAReaderIsNoReasonToWait) {
    open();
    ::close(ends_[0]);
    ends_[0] = -1;
    std::signal(SIGPIPE, SIG_IGN);
    write(0, 5000);
    log_->flush(1min);
    EXPECT_GT(log_->lines_lost(), 0u);
}

TEST_F(PipedLog, AtTheEndWhatWaitsIsWritten) {
    const TestFolder folder;
    open(folder / "log");
    write(0, 3000);
    log_.reset();
    EXPECT_THAT(whole_file(folder / "log"), HasSubstr("line 2999."));
    open();
}

TEST_F(PipedLog, AReopenedFileGetsExactlyTheLinesAfterTheCall) {
    const TestFolder folder;
    open(folder / "log");
    write(0, 100);
    std::filesystem::rename(folder / "log", folder / "moved");
    bool done = false;
    log_->reopen([&](const std::optional<std::string>& error) {
        EXPECT_FALSE(error);
        done = true;
    });
    write(100, 200);
    EXPECT_TRUE(loop_.run_until([&] { return done; }));
    log_->flush(1min);
    EXPECT_THAT(whole_file(folder / "moved"), HasSubstr("line 99."));
    EXPECT_EQ(whole_file(folder / "moved").find("line 100."), std::string::npos);
    EXPECT_EQ(whole_file(folder / "log").find(": line "),
              whole_file(folder / "log").find(": line 100."));
}

TEST_F(PipedLog, ErrorsOfTheFileAreLoggedAndShownOnStandardError) {
    const TestFolder folder;
    open(folder / "log");
    std::filesystem::rename(folder / "log", folder / "moved");
    std::filesystem::create_directory(folder / "log");
    std::string error;
    log_->reopen([&](const std::optional<std::string>& problem) {
        error = problem.value_or("none");
        log_->write_everywhere(Level::err, "t", "e", error);
    });
    EXPECT_THAT(read_until("Is a directory"), HasSubstr(folder / "log"));
    log_->flush(1min);
    EXPECT_THAT(whole_file(folder / "moved"), HasSubstr("Is a directory"));
}

}  // namespace
}  // namespace rollcall::agent

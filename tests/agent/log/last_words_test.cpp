// SPDX-License-Identifier: Apache-2.0
//
// Internal errors while standard error is a full pipe that no process reads: the process ends
// nevertheless.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <exception>

#include "agent/log/log_outputs.h"
#include "base/check.h"

namespace rollcall::agent {
namespace {

using testing::KilledBySignal;

class LastWordsDeathTest : public testing::Test {
protected:
    // Threads of other tests may run: the child begins from the start.
    LastWordsDeathTest() { testing::GTEST_FLAG(death_test_style) = "threadsafe"; }

    static void fill_standard_error() {
        std::array<int, 2> ends{};
        if (::pipe(ends.data()) != 0) return;
        const int flags = ::fcntl(ends[1], F_GETFL);
        ::fcntl(ends[1], F_SETFL, flags | O_NONBLOCK);
        const std::array<char, 4096> bytes{};
        while (::write(ends[1], bytes.data(), bytes.size()) > 0) {
        }
        ::fcntl(ends[1], F_SETFL, flags);
        ::dup2(ends[1], STDERR_FILENO);
        keep_last_lines();
    }
};

TEST_F(LastWordsDeathTest, AFailedCheckEndsTheProcess) {
    EXPECT_EXIT(
        {
            fill_standard_error();
            ROLLCALL_CHECK(1 + 1 == 3);
        },
        KilledBySignal(SIGABRT), "");
}

TEST_F(LastWordsDeathTest, AnUncaughtExceptionEndsTheProcess) {
    EXPECT_EXIT(
        {
            fill_standard_error();
            std::terminate();
        },
        KilledBySignal(SIGABRT), "");
}

}  // namespace
}  // namespace rollcall::agent

// SPDX-License-Identifier: Apache-2.0
//
// Output that goes nowhere: a full disk, a reader that went away, a stream closed from the start.
#include "cli/standard_streams.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <memory>

#include "cli/captured.h"
#include "cli/command.h"

namespace rollcall::cli {
namespace {

using ::testing::HasSubstr;

struct CloseFile {
    void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, CloseFile>;

// A Context that writes to `out`, and what it complains about.
struct Writer {
    explicit Writer(File to) : out{std::move(to)} {
        context.out = out.get();
        context.err = complaints.file();
        context.environment = [](const std::string&) { return std::nullopt; };
    }
    File out;
    TextFile complaints;
    Context context;
};

File full_disk() {
    return File{std::fopen("/dev/full", "w")};
}
File pipe_without_reader() {
    std::signal(SIGPIPE, SIG_IGN);
    std::array<int, 2> ends{};
    if (pipe(ends.data()) != 0) return {};
    close(ends[0]);
    return File{fdopen(ends[1], "w")};
}

TEST(StandardOutput, AFullDiskIsAnErrorForAnswersAndForWhatGoesOn) {
    Writer whole{full_disk()};
    EXPECT_EQ(answer(whole.context, "text\n"), kExitError);
    EXPECT_THAT(whole.complaints.text(),
                HasSubstr("Error writing the answer: No space left on device\n"));
    Writer part{full_disk()};
    EXPECT_EQ(answer_part(part.context, "text\n"), kExitError);
    EXPECT_THAT(part.complaints.text(), HasSubstr("No space left on device\n"));
}

TEST(StandardOutput, AReaderThatWentAwayGetsNoErrorAndEndsAStream) {
    Writer whole{pipe_without_reader()};
    EXPECT_EQ(answer(whole.context, "text\n"), kExitError);
    EXPECT_EQ(whole.complaints.text(), "");
    Writer part{pipe_without_reader()};
    EXPECT_EQ(answer_part(part.context, "text\n"), kExitOk);
    EXPECT_EQ(part.complaints.text(), "");
}

TEST(StandardOutput, WhatCanBeWrittenIsSuccessOrGoesOn) {
    TextFile out;
    Context context;
    context.out = out.file();
    EXPECT_EQ(answer(context, "a"), kExitOk);
    EXPECT_EQ(answer_part(context, "b"), std::nullopt);
    EXPECT_EQ(out.text(), "ab");
}

// In a child of its own, whose exit code tells what it saw.
TEST(StandardStreams, AClosedOneIsNeverTheNextFileThatIsOpened) {
    EXPECT_EXIT(
        {
            close(STDIN_FILENO);
            close(STDOUT_FILENO);
            occupy_standard_streams();
            const int next = ::open("/dev/null", O_WRONLY);
            const bool writes = write(STDOUT_FILENO, "x", 1) == 1;
            const bool refused = !writes && errno == EBADF;
            _exit(next > STDERR_FILENO && refused ? 42 : 1);
        },
        ::testing::ExitedWithCode(42), "");
}

TEST(StandardStreams, AnOpenOneStaysWhatItIs) {
    EXPECT_EXIT(
        {
            occupy_standard_streams();
            _exit(write(STDERR_FILENO, "heard", 5) == 5 ? 42 : 1);
        },
        ::testing::ExitedWithCode(42), "heard");
}

}  // namespace
}  // namespace rollcall::cli

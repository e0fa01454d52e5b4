// SPDX-License-Identifier: Apache-2.0
//
// Files that the agent reads whole: within a limit, and never something that could make it wait.
#include "files/small_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/test_folder.h"

namespace rollcall {
namespace {

using tests::TestFolder;
using Kind = FileError::Kind;

class SmallFile : public testing::Test {
protected:
    std::string path(const std::string& content) { return folder_.write("file", content); }
    static void expect_error(const Result<std::string, FileError>& read, Kind kind,
                             std::string_view text) {
        ASSERT_FALSE(read);
        EXPECT_EQ(read.error().kind, kind);
        EXPECT_EQ(read.error().text, text);
    }

    TestFolder folder_;
};

TEST_F(SmallFile, IsReadWholeUpToTheLimit) {
    EXPECT_EQ(*read_small_file(path(""), 1024), "");
    EXPECT_EQ(*read_small_file(path(std::string{"a\0b", 3}), 1024), (std::string{"a\0b", 3}));
    const std::string full(100'000, 'x');
    EXPECT_EQ(*read_small_file(path(full), full.size()), full);
}

TEST_F(SmallFile, OneByteAboveTheLimitIsAnErrorThatNamesTheLimit) {
    expect_error(read_small_file(path(std::string(65'537, 'x')), std::size_t{64} << 10),
                 Kind::too_large, "it is larger than 64 KiB");
    expect_error(read_small_file(path(std::string((1 << 20) + 1, 'x')), std::size_t{1} << 20),
                 Kind::too_large, "it is larger than 1 MiB");
}

TEST_F(SmallFile, AMissingFileHasAKindOfItsOwn) {
    expect_error(read_small_file(folder_ / "none", 1024), Kind::missing,
                 "No such file or directory");
    expect_error(read_small_file(path("") + "/below", 1024), Kind::unreadable, "Not a directory");
}

TEST_F(SmallFile, DirectoriesDevicesAndPipesAreRefusedWithoutWaiting) {
    expect_error(read_small_file(folder_ / "", 1024), Kind::not_a_regular_file,
                 "it is a directory");
    expect_error(read_small_file("/dev/zero", 1024), Kind::not_a_regular_file,
                 "it is not a regular file");
    const std::string pipe = folder_ / "pipe";
    ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
    expect_error(read_small_file(pipe, 1024), Kind::not_a_regular_file, "it is not a regular file");
}

TEST_F(SmallFile, AProgramMayAcceptPipesAndStillHasItsLimit) {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    ASSERT_EQ(::write(ends[1], "12345", 5), 5);
    ::close(ends[1]);
    const std::string path = "/dev/fd/" + std::to_string(ends[0]);
    EXPECT_EQ(*read_small_file(path, 1024, Pipes::accept), "12345");
    ::close(ends[0]);
    expect_error(read_small_file("/dev/zero", 2048, Pipes::accept), Kind::too_large,
                 "it is larger than 2 KiB");
}

}  // namespace
}  // namespace rollcall

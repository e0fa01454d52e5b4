// SPDX-License-Identifier: Apache-2.0
//
// Files that the agent keeps: whole or not at all, whatever the disk does.
#include "agent/files/file_writer.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <future>
#include <thread>

#include "agent/files/atomic_write.h"
#include "support/test_folder.h"
#include "support/test_loop.h"

namespace rollcall::agent {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using rollcall::tests::TestFolder;
using rollcall::tests::TestLoop;
using rollcall::tests::whole_file;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::UnorderedElementsAre;

// --- one write -----------------------------------------------------------------------------------

TEST(AtomicWrite, ANewOrReplacedFileIsCompleteAndReadableByItsOwnerOnly) {
    const TestFolder folder;
    const std::string path = folder.write("tags.json", "old, and longer than the new one");
    fs::permissions(path, fs::perms::all);
    for (const std::string& file : {path, folder / "new.json"}) {
        EXPECT_FALSE(write_atomically(file, "new"));
        EXPECT_EQ(whole_file(file), "new");
        EXPECT_EQ(fs::status(file).permissions(), fs::perms::owner_read | fs::perms::owner_write);
    }
    EXPECT_THAT(folder.names(), UnorderedElementsAre("tags.json", "new.json"));
}

TEST(AtomicWrite, ALinkStaysAndItsTargetIsReplaced) {
    const TestFolder folder;
    const std::string target = folder.write("elsewhere/tags.json", "old");
    fs::create_symlink(target, folder / "link.json");
    EXPECT_FALSE(write_atomically(folder / "link.json", "new"));
    EXPECT_TRUE(fs::is_symlink(folder / "link.json"));
    EXPECT_EQ(whole_file(target), "new");
}

TEST(AtomicWrite, WhatACrashLeftIsOverwrittenAndNotFollowed) {
    const TestFolder folder;
    const std::string path = folder.write("tags.json", "old");
    const std::string precious = folder.write("precious", "untouched");
    fs::create_symlink(precious, temporary_name(path));
    EXPECT_FALSE(write_atomically(path, "new"));
    EXPECT_EQ(whole_file(path), "new");
    EXPECT_EQ(whole_file(precious), "untouched");
    EXPECT_THAT(folder.names(), UnorderedElementsAre("tags.json", "precious"));
}

// A full disk takes a part before it refuses.
ssize_t takes_three_bytes_then_is_full(int fd, const void* bytes, std::size_t) {
    if (::lseek(fd, 0, SEEK_CUR) == 0) return ::write(fd, bytes, 3);
    errno = ENOSPC;
    return -1;
}
int is_broken(int) {
    errno = EIO;
    return -1;
}
ssize_t is_interrupted_every_other_time(int fd, const void* bytes, std::size_t) {
    static bool interrupted = false;
    if ((interrupted = !interrupted)) {
        errno = EINTR;
        return -1;
    }
    return ::write(fd, bytes, 1);
}

TEST(AtomicWrite, AFullOrBrokenDiskLeavesTheOldFileAndNothingBesideIt) {
    const TestFolder folder;
    const std::string path = folder.write("tags.json", "old");
    DiskCalls full = DiskCalls::real(), broken = DiskCalls::real();
    full.write = takes_three_bytes_then_is_full;
    broken.sync = is_broken;
    EXPECT_EQ(write_atomically(path, "new content", full),
              "write " + path + ".new: No space left on device");
    EXPECT_EQ(write_atomically(path, "new content", broken),
              "sync " + path + ".new: Input/output error");
    EXPECT_EQ(whole_file(path), "old");
    EXPECT_THAT(folder.names(), ElementsAre("tags.json"));
}

TEST(AtomicWrite, InterruptedAndShortWritesAreGoneOnWith) {
    const TestFolder folder;
    DiskCalls slow = DiskCalls::real();
    slow.write = is_interrupted_every_other_time;
    EXPECT_FALSE(write_atomically(folder / "tags.json", "new content", slow));
    EXPECT_EQ(whole_file(folder / "tags.json"), "new content");
}

TEST(AtomicWrite, APlaceThatCannotBeWrittenIsNamed) {
    const TestFolder folder;
    EXPECT_EQ(write_atomically(folder / "no/tags.json", "new"),
              "open " + (folder / "no/tags.json.new") + ": No such file or directory");
    fs::create_directories(folder / "taken/inside");
    EXPECT_EQ(write_atomically(folder / "taken", "new"),
              "rename to " + (folder / "taken") + ": Is a directory");
    EXPECT_THAT(folder.names(), ElementsAre("taken"));
}

// --- the writer ----------------------------------------------------------------------------------

// What the disk of these tests is like; the pool's threads look at it.
std::atomic<bool> disk_is_full{false};
std::atomic<int> writes_begun{0};
std::promise<void>* writes_wait_for = nullptr;

ssize_t write_to_test_disk(int fd, const void* bytes, std::size_t size) {
    std::promise<void>* const wait = writes_wait_for;
    ++writes_begun;
    if (wait != nullptr) wait->get_future().wait();
    if (disk_is_full) {
        errno = ENOSPC;
        return -1;
    }
    return ::write(fd, bytes, size);
}

class FileWriting : public testing::Test {
protected:
    explicit FileWriting(Duration retry = 50ms) {
        disk_is_full = false;
        writes_begun = 0;
        writes_wait_for = nullptr;
        log_ = std::move(*Log::open({.file = "/dev/null"}));
        DiskCalls disk = DiskCalls::real();
        disk.write = write_to_test_disk;
        writer_ = std::make_unique<FileWriter>(
            FileWriter::Parts{.loop = loop_, .log = *log_, .retry = retry, .disk = disk});
        writer_->begin();
    }
    ~FileWriting() override { close(5s); }
    void close(Duration limit) {
        if (std::exchange(closed_, true)) return;
        bool told = false;
        writer_->close(limit, [&] { told = true; });
        loop_.until([&] { return told; });
    }
    FileWriter::Done keep(std::string& answer) {
        return [&answer](const std::string& error) { answer = error.empty() ? "done" : error; };
    }
    std::vector<std::string> lines() const {
        std::vector<std::string> texts;
        for (const LogLine& line : log_->recent()) texts.push_back(line.text.substr(20));
        return texts;
    }

    const TestFolder folder_;
    std::unique_ptr<Log> log_;
    TestLoop loop_;
    std::unique_ptr<FileWriter> writer_;
    bool closed_ = false;
};

TEST_F(FileWriting, AnswersOnceTheFileIsThere) {
    std::string answer;
    writer_->write(folder_ / "a", "one", keep(answer));
    EXPECT_EQ(answer, "");  // never inside the call
    loop_.until([&] { return !answer.empty(); });
    EXPECT_EQ(answer, "done");
    EXPECT_EQ(whole_file(folder_ / "a"), "one");
}

TEST_F(FileWriting, OfWaitingWritesOnlyTheNewestIsDoneAndAllAreAnswered) {
    std::promise<void> go;
    writes_wait_for = &go;
    std::string first, second, third;
    writer_->write(folder_ / "a", "one", keep(first));
    while (writes_begun == 0) std::this_thread::yield();
    writes_wait_for = nullptr;
    writer_->write(folder_ / "a", "two", keep(second));
    writer_->write(folder_ / "a", "three", keep(third));
    go.set_value();
    loop_.until([&] { return !first.empty() && !second.empty() && !third.empty(); });
    EXPECT_EQ(whole_file(folder_ / "a"), "three");
    EXPECT_EQ(writer_->stats().written, 2u);
}

TEST_F(FileWriting, WhileTheDiskHangsSoManyCallersWaitAndOthersGetAnError) {
    std::promise<void> go;
    writes_wait_for = &go;
    EXPECT_EQ(writer_->writing_for(), Duration{});
    writer_->write(folder_ / "a", "first");
    while (writes_begun == 0) std::this_thread::yield();
    writes_wait_for = nullptr;
    std::size_t done = 0, refused = 0;
    for (std::size_t i = 0; i < FileWriter::kMostCallers + 3; ++i) {
        writer_->write(folder_ / "a", std::to_string(i),
                       [&](const std::string& error) { ++(error.empty() ? done : refused); });
    }
    EXPECT_EQ(refused, 3u);
    EXPECT_EQ(writer_->stats().refused, 3u);
    TestLoop::block_until(transport::clock_now() + 2ms);
    EXPECT_GE(writer_->writing_for(), 2ms);
    go.set_value();
    loop_.until([&] { return done == FileWriter::kMostCallers; });
    EXPECT_EQ(whole_file(folder_ / "a"), std::to_string(FileWriter::kMostCallers + 2))
        << "the newest, whether or not its caller waits";
    EXPECT_EQ(writer_->writing_for(), Duration{});
}

TEST_F(FileWriting, AFullDiskIsReportedAndTheNewestIsWrittenOnceThereIsRoom) {
    disk_is_full = true;
    std::string first, second;
    writer_->write(folder_ / "a", "one", keep(first));
    loop_.until([&] { return !first.empty(); });
    EXPECT_THAT(first, HasSubstr("No space left on device"));
    writer_->write(folder_ / "a", "two", keep(second));
    loop_.until([&] { return !second.empty(); });
    EXPECT_THAT(second, HasSubstr("No space left on device"));
    EXPECT_GE(writer_->stats().failed, 2u);

    disk_is_full = false;
    loop_.until([&] { return writer_->stats().written == 1; });
    EXPECT_EQ(whole_file(folder_ / "a"), "two");
    const std::string path = folder_ / "a";
    EXPECT_EQ(lines().front(), "[ERR] agent: write " + path +
                                   ".new: No space left on device; the file is unchanged, "
                                   "will retry");
    EXPECT_EQ(lines().back(), "[INFO] agent: " + path + " written after a failure");
}

TEST_F(FileWriting, OneFileThatCannotBeWrittenHoldsNoOtherUp) {
    std::string bad, good;
    writer_->write(folder_ / "no/such/folder", "one", keep(bad));
    writer_->write(folder_ / "z", "two", keep(good));
    loop_.until([&] { return !bad.empty() && !good.empty(); });
    EXPECT_THAT(bad, HasSubstr("No such file or directory"));
    EXPECT_EQ(good, "done");
}

TEST_F(FileWriting, TheEndWaitsForWhatIsToBeWrittenAndTakesNothingNew) {
    std::string last, late;
    writer_->write(folder_ / "a", "one");
    writer_->write(folder_ / "b", "two", keep(last));
    close(5s);
    EXPECT_EQ(whole_file(folder_ / "a") + whole_file(folder_ / "b"), "onetwo");
    EXPECT_EQ(last, "done");
    writer_->write(folder_ / "a", "three", keep(late));
    EXPECT_EQ(late, "the agent is shutting down");
}

TEST_F(FileWriting, TheEndDoesNotWaitForEverForADiskThatDoesNotAnswer) {
    std::promise<void> go;
    writes_wait_for = &go;
    std::string answer;
    writer_->write(folder_ / "a", "one", keep(answer));
    while (writes_begun == 0) std::this_thread::yield();
    close(10ms);
    EXPECT_EQ(answer, "the agent is shutting down");
    go.set_value();
}

}  // namespace
}  // namespace rollcall::agent

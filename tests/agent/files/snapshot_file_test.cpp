// SPDX-License-Identifier: Apache-2.0
//
// The snapshot's file: what happens is in it half a second later, whatever the disk does.
#include "agent/files/snapshot_file.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <memory>
#include <thread>
#include <utility>

#include "support/test_folder.h"
#include "support/test_loop.h"

namespace rollcall::agent {
namespace {

using namespace std::chrono_literals;
using rollcall::tests::TestFolder;
using rollcall::tests::TestLoop;
using rollcall::tests::whole_file;
using testing::HasSubstr;
using testing::Not;

std::atomic<bool> snapshot_disk_is_full{false};
std::atomic<bool> snapshot_disk_hangs{false};
std::atomic<int> snapshot_writes_hanging{0};

ssize_t write_unless_full(int fd, const void* bytes, std::size_t size) {
    if (snapshot_disk_hangs) ++snapshot_writes_hanging;
    while (snapshot_disk_hangs) std::this_thread::sleep_for(1ms);
    if (!snapshot_disk_is_full) return ::write(fd, bytes, size);
    if (size > 3 && ::lseek(fd, 0, SEEK_END) % 2 == 0) return ::write(fd, bytes, 3);
    errno = ENOSPC;
    return -1;
}

serf::MemberEvent event_of(serf::MemberEventKind kind, const std::string& name) {
    return {.kind = kind,
            .member = {.name = name,
                       .address = WireAddress::v4(10, 0, 0, 1),
                       .port = 7946,
                       .status = serf::Status::alive}};
}

class SnapshotWriting : public testing::Test {
protected:
    SnapshotWriting() {
        snapshot_disk_is_full = false;
        log_ = std::move(*Log::open({.file = "/dev/null"}));
    }
    ~SnapshotWriting() override { end(); }
    void begin() {
        serf::Snapshot snapshot;
        auto text = SnapshotFile::read(path_);
        ASSERT_TRUE(text.ok()) << text.error().why;
        replayed_ = snapshot.replay(*text);
        DiskCalls disk = DiskCalls::real();
        disk.write = write_unless_full;
        file_ = std::make_unique<SnapshotFile>(
            SnapshotFile::Parts{.loop = loop_,
                                .log = *log_,
                                .path = path_,
                                .last_seen = [this] { return seen_; },
                                .interval = 5ms,
                                .retry = 20ms,
                                .disk = disk},
            std::move(snapshot));
        file_->begin();
    }
    void end() {
        if (!file_) return;
        bool told = false;
        file_->close(5s, [&] { told = true; });
        loop_.until([&] { return told; });
        file_.reset();
    }
    void until_file_has(const std::string& line) {
        loop_.until([&] { return whole_file(path_).find(line) != std::string::npos; });
    }
    // What a reader of the file would know now.
    [[nodiscard]] std::vector<std::string> names_in_file() const {
        serf::Snapshot reader;
        reader.replay(whole_file(path_));
        std::vector<std::string> names;
        for (const auto& member : reader.alive()) names.push_back(member.name);
        return names;
    }
    [[nodiscard]] unsigned times_logged(const std::string& event) const {
        unsigned count = 0;
        for (const LogLine& line : log_->recent()) count += line.text.find(event) != line.text.npos;
        return count;
    }

    using Names = std::vector<std::string>;
    const TestFolder folder_;
    const std::string path_ = folder_ / "snapshot";
    std::unique_ptr<Log> log_;
    TestLoop loop_;
    serf::LastSeen seen_;
    serf::Snapshot::Replayed replayed_;
    std::unique_ptr<SnapshotFile> file_;
};

TEST_F(SnapshotWriting, WhatHappensIsInTheFileAndIsReadBack) {
    begin();
    file_->record(event_of(serf::MemberEventKind::join, "b"));
    file_->record(event_of(serf::MemberEventKind::join, "c"));
    seen_.intent = LamportTime{7};
    until_file_has("clock: 7\n");
    file_->record(event_of(serf::MemberEventKind::leave, "b"));
    until_file_has("not-alive: b\n");
    EXPECT_EQ(names_in_file(), Names{"c"});
    end();
    begin();
    EXPECT_EQ(replayed_.skipped + replayed_.damaged, 0u);
    loop_.until([&] { return whole_file(path_).find("not-alive") == std::string::npos; });
    EXPECT_EQ(names_in_file(), Names{"c"});
}

TEST_F(SnapshotWriting, WhatWaitsIsWrittenAtTheEndAndALeaveIsTheLastWord) {
    begin();
    file_->record(event_of(serf::MemberEventKind::join, "b"));
    file_->left();
    file_->record(event_of(serf::MemberEventKind::join, "c"));
    end();
    const std::string text = whole_file(path_);
    EXPECT_THAT(text, HasSubstr("alive: b 10.0.0.1:7946\n"));
    EXPECT_THAT(text, HasSubstr("\nleave\n"));
    EXPECT_THAT(text, Not(HasSubstr("alive: c")));
    EXPECT_EQ(names_in_file(), Names{});
}

TEST_F(SnapshotWriting, WhileTheDiskHangsAMegabyteWaitsAtMostAndNothingIsLost) {
    begin();
    file_->record(event_of(serf::MemberEventKind::join, "b"));
    until_file_has("alive: b");
    snapshot_writes_hanging = 0;
    snapshot_disk_hangs = true;
    file_->record(event_of(serf::MemberEventKind::join, "c"));
    loop_.until([&] { return snapshot_writes_hanging > 0; });

    file_->record(event_of(serf::MemberEventKind::join, "given up"));
    const std::string name(200, 'x');
    for (std::size_t bytes = 0; bytes < 3 * SnapshotFile::kMostWaiting; bytes += name.size()) {
        file_->record(event_of(serf::MemberEventKind::join, name));
        file_->record(event_of(serf::MemberEventKind::leave, name));
    }
    EXPECT_GE(file_->lines_given_up(), 2u);
    // Little waits: the file stays too small to be rewritten for its size.
    for (const auto before = file_->lines_given_up(); file_->lines_given_up() == before;) {
        file_->record(event_of(serf::MemberEventKind::leave, name));
        file_->record(event_of(serf::MemberEventKind::join, name));
    }
    file_->record(event_of(serf::MemberEventKind::leave, name));
    EXPECT_GT(file_->writing_for(), Duration{});
    file_->record(event_of(serf::MemberEventKind::join, "d"));
    snapshot_disk_hangs = false;
    until_file_has("alive: d");
    EXPECT_EQ(names_in_file(), (Names{"b", "c", "d", "given up"}));
}

TEST_F(SnapshotWriting, AFileThatGrowsIsCompacted) {
    begin();
    file_->record(event_of(serf::MemberEventKind::join, "b"));
    until_file_has("alive: b");
    std::size_t most = 0;
    for (std::uint64_t time = 1; most < (128u << 10); ++time) {
        for (const char* name : {"c", "d", "e", "f"}) {
            for (int i = 0; i < 400; ++i) {
                file_->record(event_of(serf::MemberEventKind::join, name));
                file_->record(event_of(serf::MemberEventKind::leave, name));
            }
        }
        seen_.intent = LamportTime{time};
        until_file_has("clock: " + std::to_string(time) + "\n");
        const std::size_t size = whole_file(path_).size();
        most = std::max(most, size);
        ASSERT_LT(time, 50u);
    }
    loop_.until([&] { return whole_file(path_).size() < 1000; });
    EXPECT_EQ(names_in_file(), Names{"b"});
}

TEST_F(SnapshotWriting, AFullDiskIsLoggedAndTheWholeFileIsWrittenOnceThereIsRoom) {
    begin();
    file_->record(event_of(serf::MemberEventKind::join, "b"));
    until_file_has("alive: b");
    snapshot_disk_is_full = true;
    file_->record(event_of(serf::MemberEventKind::join, "c"));
    loop_.until([&] { return times_logged("will retry") >= 2; });
    EXPECT_TRUE(file_->failing());
    file_->record(event_of(serf::MemberEventKind::join, "d"));
    file_->record(event_of(serf::MemberEventKind::leave, "b"));
    EXPECT_EQ(names_in_file(), Names{"b"}) << "what was there is there";

    snapshot_disk_is_full = false;
    until_file_has("alive: d");
    EXPECT_EQ(names_in_file(), (Names{"c", "d"}));
    loop_.until([&] { return !file_->failing(); });
    EXPECT_EQ(times_logged("written after a failure"), 1u);
}

TEST_F(SnapshotWriting, ADeletedFileIsWrittenAgainAsAWhole) {
    begin();
    file_->record(event_of(serf::MemberEventKind::join, "b"));
    until_file_has("alive: b");
    std::filesystem::remove(path_);
    file_->record(event_of(serf::MemberEventKind::join, "c"));
    loop_.until([&] { return std::filesystem::exists(path_); });
    EXPECT_EQ(names_in_file(), (Names{"b", "c"}));
}

TEST(SnapshotFileRead, NoFileIsNothingAndAFolderIsAnError) {
    const TestFolder folder;
    const auto none = SnapshotFile::read(folder / "none");
    ASSERT_TRUE(none.ok());
    EXPECT_EQ(*none, "");
    const auto bad = SnapshotFile::read(folder.path());
    ASSERT_FALSE(bad.ok());
    EXPECT_EQ(bad.error().why, "read " + folder.path() + ": Is a directory");
    EXPECT_EQ(*SnapshotFile::read(folder.write("one", "clock: 1\n")), "clock: 1\n");
}

}  // namespace
}  // namespace rollcall::agent

// SPDX-License-Identifier: Apache-2.0
//
// A log that is not lost: files that cannot be renamed, opened or written, and a syslog daemon that
// hangs or goes away.
#include "agent/log/log_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <syslog.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "agent/log/logging.h"
#include "agent/log/syslog_socket.h"
#include "support/test_folder.h"

namespace rollcall::agent {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using rollcall::tests::TestFolder;
using rollcall::tests::whole_file;
using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;

// What a disk does, while a test says so.
struct Disk {
    static inline int error = 0;         // of every write
    static inline std::size_t room = 0;  // bytes that are taken before it
    static ssize_t write(int fd, const void* bytes, std::size_t size) {
        if (error == 0) return ::write(fd, bytes, size);
        if (room == 0) {
            errno = error;
            return -1;
        }
        const std::size_t part = std::min(room, size);
        room -= part;
        return ::write(fd, bytes, part);
    }
    static DiskCalls calls() { return {.write = write, .sync = ::fsync}; }
};

class KeptLog : public testing::Test {
protected:
    KeptLog() { Disk::error = 0; }
    std::unique_ptr<Log> open(std::size_t rotate_bytes = 0, unsigned rotate_files = 2) {
        auto log = Log::open({.file = path_,
                              .rotate_bytes = rotate_bytes,
                              .rotate_files = rotate_files,
                              .disk = Disk::calls(),
                              .now = [this] { return now_; }});
        EXPECT_TRUE(log) << log.error();
        return std::move(*log);
    }
    void write(Log& log, int from, int to) {
        for (int i = from; i < to; ++i) {
            log.write(Level::info, "t", "e",
                      "event " + std::to_string(i) + "." + std::string(80, 'x'));
        }
    }
    // Of all files together.
    std::size_t count(const std::string& text) const {
        std::size_t found = 0;
        for (const std::string& name : folder_.names()) {
            if (fs::is_directory(folder_ / name)) continue;
            const std::string whole = whole_file(folder_ / name);
            for (std::size_t at = 0; (at = whole.find(text, at)) != std::string::npos; ++at)
                ++found;
        }
        return found;
    }
    const TestFolder folder_;
    const std::string path_ = folder_ / "r.log";
    Time now_{1h};
};

TEST_F(KeptLog, AFolderInTheWayOfARotationLosesNoLineAndIsReportedOnceAMinute) {
    fs::create_directories(folder_ / "r.1.log/inside");
    const auto log = open(4096);
    write(*log, 0, 200);
    EXPECT_EQ(count(": event "), 200u);
    EXPECT_EQ(count("[WARN] log: log file"), 1u);
    EXPECT_THAT(whole_file(path_), AllOf(HasSubstr("r.1.log"), HasSubstr("Is a directory")));
    EXPECT_TRUE(fs::is_directory(folder_ / "r.1.log/inside")) << "and it stays where it is";
    now_ += 59s;
    write(*log, 200, 300);
    EXPECT_EQ(count("[WARN] log: log file"), 1u);
    now_ += 1s;
    write(*log, 300, 400);
    EXPECT_EQ(count("[WARN] log: log file"), 2u);
    EXPECT_EQ(count(": event "), 400u);

    fs::remove_all(folder_ / "r.1.log");
    now_ += 1min;
    write(*log, 400, 410);
    EXPECT_EQ(count(": event "), 410u);
    EXPECT_LT(fs::file_size(path_), 4096u) << "changed at last";
    EXPECT_EQ(count("[WARN] log: log file"), 2u);
}

TEST_F(KeptLog, AFolderFurtherDownTheRowIsNeitherMovedNorInTheWayForEver) {
    fs::create_directories(folder_ / "r.2.log");
    const auto log = open(4096, 3);
    write(*log, 0, 40);
    EXPECT_TRUE(fs::exists(folder_ / "r.1.log")) << "this one is free";
    write(*log, 40, 200);
    EXPECT_EQ(count(": event "), 200u);
    EXPECT_TRUE(fs::is_directory(folder_ / "r.2.log"));
}

TEST_F(KeptLog, WhereNoFileCanBeMadeTheOldOneGoesOn) {
    if (::geteuid() == 0) {
        // Root may write anywhere; a folder that is gone is refused to everybody.
        const auto log = open(4096);
        write(*log, 0, 10);
        const std::string elsewhere = folder_.path() + ".elsewhere";
        fs::rename(folder_.path(), elsewhere);
        write(*log, 10, 200);
        const std::string kept = whole_file(elsewhere + "/r.log");
        fs::rename(elsewhere, folder_.path());
        EXPECT_THAT(kept, HasSubstr("event 199."));
    } else {
        const auto log = open(4096);
        fs::permissions(folder_.path(), fs::perms::owner_read | fs::perms::owner_exec);
        write(*log, 0, 200);
        fs::permissions(folder_.path(), fs::perms::owner_all);
    }
    EXPECT_EQ(count(": event "), 200u);
    EXPECT_EQ(count("[WARN] log: log file"), 1u);
}

class FullDisk : public KeptLog, public testing::WithParamInterface<int> {};

TEST_P(FullDisk, KeepsLinesAndReportsOnceAMinuteAndAtTheEnd) {
    const auto log = open();
    write(*log, 0, 10);
    Disk::error = GetParam();
    Disk::room = 20;  // within a line
    write(*log, 10, 20);
    std::size_t complaints = 0;
    for (const LogLine& line : log->recent())
        complaints += line.text.find("cannot be written") != std::string::npos;
    EXPECT_EQ(complaints, 1u);
    EXPECT_THAT(log->recent().back().text, HasSubstr("event 19."));
    now_ += 1min;
    write(*log, 20, 21);
    EXPECT_THAT(log->recent().back().text,
                AllOf(HasSubstr("[ERR] log: "), HasSubstr(path_),
                      HasSubstr(std::generic_category().message(GetParam()))));
    Disk::error = 0;
    write(*log, 21, 30);
    EXPECT_EQ(count(": event "), 30u);
    EXPECT_EQ(count("works again; 0 lines were lost"), 1u);
    EXPECT_EQ(log->lines_lost(), 0u);
    // Each line whole and in its order.
    std::ifstream file{path_};
    int next = 0;
    for (std::string line; std::getline(file, line);) {
        if (line.find(": event ") == std::string::npos) continue;
        EXPECT_THAT(line, EndsWith("event " + std::to_string(next++) + "." + std::string(80, 'x')));
    }
    EXPECT_EQ(next, 30);
}

TEST_P(FullDisk, LinesBeyondTheBoundAreCountedAndReported) {
    const auto log = open();
    Disk::error = GetParam();
    Disk::room = 0;
    const int many = static_cast<int>(2 * LineOutput::kMostKept / 100);
    write(*log, 0, many);
    const std::uint64_t lost = log->lines_lost();
    EXPECT_GT(lost, 0u);
    Disk::error = 0;
    write(*log, 0, 1);
    EXPECT_EQ(count("works again; " + std::to_string(lost) + " lines were lost"), 1u);
    EXPECT_EQ(count(": event ") + lost, static_cast<std::size_t>(many) + 1);
}

INSTANTIATE_TEST_SUITE_P(ByError, FullDisk, testing::Values(ENOSPC, EFBIG, EDQUOT, EIO));

TEST_F(KeptLog, AReopenThatFailsKeepsTheOldFileAndIsTriedAgain) {
    const auto log = open();
    const std::string moved = folder_ / "moved.log";
    fs::rename(path_, moved);
    fs::create_directory(path_);
    std::optional<std::string> error;
    log->reopen([&](const std::optional<std::string>& problem) { error = problem; });
    ASSERT_TRUE(error);
    EXPECT_THAT(*error, AllOf(HasSubstr(path_), HasSubstr("Is a directory")));
    write(*log, 0, 10);
    EXPECT_THAT(whole_file(moved), HasSubstr("event 9."));
    fs::remove(path_);
    now_ += 1min;
    write(*log, 10, 20);
    EXPECT_THAT(whole_file(path_), AllOf(HasSubstr("event 10."), HasSubstr("log file reopened")));
}

TEST_F(KeptLog, AFolderThatIsGoneIsMadeAgainByAReopen) {
    const std::string folder = folder_ / "a/b";
    auto opened = Log::open({.file = folder + "/r.log"});
    ASSERT_TRUE(opened);
    fs::remove_all(folder_ / "a");
    (*opened)->reopen([](const std::optional<std::string>& problem) { EXPECT_FALSE(problem); });
    (*opened)->write(Level::info, "t", "e", "here");
    EXPECT_THAT(whole_file(folder + "/r.log"), HasSubstr("here"));
}

// --- syslog --------------------------------------------------------------------------------------

class SyslogDaemon {
public:
    explicit SyslogDaemon(const std::string& path, int type = SOCK_DGRAM) : type_{type} {
        fs::remove(path);
        socket_ = ::socket(AF_UNIX, type | SOCK_NONBLOCK, 0);
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::ranges::copy(path, address.sun_path);
        EXPECT_EQ(::bind(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
        if (type == SOCK_STREAM) {
            EXPECT_EQ(::listen(socket_, 4), 0);
        }
    }
    ~SyslogDaemon() {
        if (client_ >= 0) ::close(client_);
        ::close(socket_);
    }
    SyslogDaemon(const SyslogDaemon&) = delete;
    SyslogDaemon& operator=(const SyslogDaemon&) = delete;
    // "": nothing came.
    std::string receive() {
        if (type_ == SOCK_STREAM && client_ < 0) client_ = ::accept(socket_, nullptr, nullptr);
        std::string text(4096, '\0');
        const ssize_t size =
            ::recv(client_ < 0 ? socket_ : client_, text.data(), text.size(), MSG_DONTWAIT);
        text.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
        return text;
    }

private:
    int type_, socket_ = -1, client_ = -1;
};

TEST_F(KeptLog, LinesReachSyslogWithPriorityNameAndNumber) {
    const std::string path = folder_ / "dev-log";
    for (const int type : {SOCK_DGRAM, SOCK_STREAM}) {
        SyslogDaemon daemon{path, type};
        SyslogSocket syslog{LOG_LOCAL3, path};
        EXPECT_EQ(syslog.write(Level::warn, "the line"), 0);
        std::string line = daemon.receive();
        if (type == SOCK_STREAM) {
            ASSERT_FALSE(line.empty());
            EXPECT_EQ(line.back(), '\0') << "ends the line";
            line.pop_back();
        }
        EXPECT_THAT(line,
                    testing::MatchesRegex("<" + std::to_string(LOG_LOCAL3 | LOG_WARNING) +
                                          ">[A-Z][a-z][a-z] [ 0-9][0-9] [0-9:]{8} rollcall\\[" +
                                          std::to_string(::getpid()) + "\\]: the line"));
    }
}

TEST_F(KeptLog, ALostSyslogIsReportedOnceAMinuteAndFoundAgain) {
    const std::string path = folder_ / "dev-log";
    auto opened =
        Log::open({.file = path_, .syslog_facility = LOG_USER, .syslog_path = path, .now = [this] {
                       return now_;
                   }});
    ASSERT_TRUE(opened);
    Log& log = **opened;
    {
        SyslogDaemon daemon{path};
        write(log, 0, 1);
        EXPECT_THAT(daemon.receive(), HasSubstr("event 0."));
    }
    write(log, 1, 50);
    EXPECT_EQ(count("[WARN] log: writing to syslog failed: Connection refused"), 1u);
    EXPECT_EQ(log.syslog_lines_lost(), 50u) << "49 and the complaint";
    now_ += 1min;
    write(log, 50, 51);
    EXPECT_EQ(count("[WARN] log: writing to syslog failed"), 2u);
    SyslogDaemon again{path};
    write(log, 51, 52);
    EXPECT_THAT(again.receive(), HasSubstr("event 51."));
}

// The C library's syslog() waits for it, and so would every probe.
TEST_F(KeptLog, ASyslogThatHangsIsNotWaitedFor) {
    const std::string path = folder_ / "dev-log";
    SyslogDaemon hangs{path};
    SyslogSocket syslog{LOG_USER, path};
    int error = 0;
    for (int i = 0; i < 100'000 && error == 0; ++i) error = syslog.write(Level::info, "line");
    EXPECT_EQ(error, EAGAIN);
    EXPECT_EQ(syslog.lines_lost(), 1u);
    while (!hangs.receive().empty()) {
    }
    EXPECT_EQ(syslog.write(Level::info, "taken again"), 0);
}

}  // namespace
}  // namespace rollcall::agent

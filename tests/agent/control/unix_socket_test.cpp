// SPDX-License-Identifier: Apache-2.0
//
// The file of a Unix socket: whose it is from its first moment, what it may replace, and when it
// goes. Clients over such a socket are those of the other tests of the control protocol.
#include "agent/control/unix_socket.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <future>

#include "agent/control/rpc_world.h"
#include "agent/running_agents.h"
#include "support/test_folder.h"

namespace rollcall::agent::tests {
namespace {

namespace fs = std::filesystem;
using rollcall::tests::TestFolder;
using rollcall::tests::whole_file;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

constexpr int kQueue = 8;

OwnedFd connected_to(const std::string& path) {
    OwnedFd socket{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::ranges::copy(path, address.sun_path);
    const int done =
        ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
    return done == 0 ? std::move(socket) : OwnedFd{-1};
}

struct stat file_at(const std::string& path) {
    struct stat status {};
    EXPECT_EQ(::lstat(path.c_str(), &status), 0) << path;
    return status;
}

std::string refusal_at(const std::string& path) {
    UnixSocket socket;
    return socket.listen({path}, kQueue).value_or("(listens)");
}

// As a crash leaves it: the file, and no listener.
void leave_behind(const std::string& path) {
    UnixSocket gone;
    ASSERT_FALSE(gone.listen({path}, kQueue));
    ASSERT_EQ(::rename(path.c_str(), (path + ".kept").c_str()), 0);
    ::close(gone.take_descriptor());
    gone.remove_file();
    ASSERT_EQ(::rename((path + ".kept").c_str(), path.c_str()), 0);
}

TEST(UnixSocket, OnlyItsOwnerMayConnectWhateverTheUmaskIs) {
    const TestFolder folder;
    const mode_t before = ::umask(0);
    UnixSocket socket;
    const auto error = socket.listen({folder / "s"}, kQueue);
    EXPECT_EQ(::umask(before), 0u) << "the process's umask is as it was";
    ASSERT_FALSE(error) << *error;
    EXPECT_EQ(file_at(folder / "s").st_mode, static_cast<mode_t>(S_IFSOCK | 0600));
    EXPECT_GE(connected_to(folder / "s").get(), 0);
}

TEST(UnixSocket, ItsFileGoesWithIt) {
    const TestFolder folder;
    {
        UnixSocket socket;
        ASSERT_FALSE(socket.listen({folder / "s"}, kQueue));
        EXPECT_THAT(folder.names(), ElementsAre("s"));
    }
    EXPECT_THAT(folder.names(), IsEmpty());
}

TEST(UnixSocket, WhatACrashLeftBehindIsReplaced) {
    const TestFolder folder;
    leave_behind(folder / "s");
    ASSERT_LT(connected_to(folder / "s").get(), 0);
    UnixSocket socket;
    const auto error = socket.listen({folder / "s"}, kQueue);
    ASSERT_FALSE(error) << *error;
    EXPECT_GE(connected_to(folder / "s").get(), 0);
    EXPECT_EQ(file_at(folder / "s").st_mode, static_cast<mode_t>(S_IFSOCK | 0600));
}

TEST(UnixSocket, ASocketInUseIsNotReplaced) {
    const TestFolder folder;
    UnixSocket first;
    ASSERT_FALSE(first.listen({folder / "s"}, kQueue));
    const auto file = file_at(folder / "s").st_ino;
    EXPECT_EQ(refusal_at(folder / "s"),
              "RPC address unix:" + (folder / "s") + ": another agent listens there");
    EXPECT_EQ(file_at(folder / "s").st_ino, file);
    EXPECT_GE(connected_to(folder / "s").get(), 0);
}

TEST(UnixSocket, WhileAnotherAgentLooksAtTheFolderItsTurnIsAwaitedButNotForEver) {
    using namespace std::chrono_literals;
    constexpr auto kPatience = 1s;
    const TestFolder folder;
    const OwnedFd other{::open(folder.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    ASSERT_EQ(::flock(other.get(), LOCK_EX), 0);
    for (const bool it_ends : {true, false}) {
        const auto begun = std::chrono::steady_clock::now();
        UnixSocket socket;
        auto listening =
            std::async(std::launch::async, [&] { return socket.listen({folder / "s"}, kQueue); });
        if (it_ends) {
            const bool at_once = listening.wait_for(50ms) == std::future_status::ready;
            EXPECT_TRUE(!at_once || std::chrono::steady_clock::now() - begun >= kPatience)
                << "it did not wait";
            ASSERT_EQ(::flock(other.get(), LOCK_UN), 0);
        }
        EXPECT_FALSE(listening.get());
        const auto waited = std::chrono::steady_clock::now() - begun;
        EXPECT_TRUE(it_ends || waited >= kPatience);
        ASSERT_EQ(::flock(other.get(), LOCK_EX), 0) << "no other process has it any more";
    }
}

TEST(UnixSocket, AFileOfAnotherKindIsNeverTouched) {
    const TestFolder folder;
    static_cast<void>(folder.write("text", "dear"));
    fs::create_directory(folder / "folder");
    fs::create_symlink(folder / "text", folder / "link");
    fs::create_symlink(folder / "nowhere", folder / "dangling");
    ASSERT_EQ(::mkfifo((folder / "pipe").c_str(), 0600), 0);
    for (const char* name : {"text", "folder", "link", "dangling", "pipe"}) {
        const auto before = file_at(folder / name);
        EXPECT_THAT(refusal_at(folder / name),
                    AllOf(HasSubstr(folder / name), HasSubstr("is no socket")));
        EXPECT_EQ(file_at(folder / name).st_ino, before.st_ino) << name;
    }
    EXPECT_EQ(whole_file(folder / "text"), "dear");
}

TEST(UnixSocket, AMissingFolderIsAnError) {
    const TestFolder folder;
    EXPECT_THAT(refusal_at(folder / "none/s"),
                AllOf(StartsWith("RPC address unix:" + (folder / "none/s") + ": No such file"),
                      HasSubstr("its folder")));
}

TEST(UnixSocket, AnothersFileAtItsPlaceIsNotRemoved) {
    const TestFolder folder;
    UnixSocket first;
    ASSERT_FALSE(first.listen({folder / "s"}, kQueue));
    fs::remove(folder / "s");
    UnixSocket second;
    ASSERT_FALSE(second.listen({folder / "s"}, kQueue));
    first.remove_file();
    EXPECT_GE(connected_to(folder / "s").get(), 0);
}

TEST(UnixSocket, TheLongestPathIsTakenWhole) {
    const TestFolder folder;
    const std::string path =
        folder / std::string(UnixAddress::kLongestPath - folder.path().size() - 1, 's');
    UnixSocket socket;
    const auto error = socket.listen({path}, kQueue);
    ASSERT_FALSE(error) << *error;
    EXPECT_EQ(path.size(), UnixAddress::kLongestPath);
    EXPECT_TRUE(S_ISSOCK(file_at(path).st_mode));
}

TEST_F(Agents, AreControlledByTcpAndByAUnixSocketAtOnce) {
    const TestFolder folder;
    const std::string path = folder / "s";
    AgentConfig both = config("n1");
    both.rpc_addr = {"127.0.0.1:0", "unix:" + path};
    RunningAgent& agent = start(both);
    ASSERT_EQ(agent.rpc_addresses().size(), 2u);
    EXPECT_THAT(agent.banner(), AllOf(HasSubstr("RPC addr: '" + rpc(agent).to_string() + "'\n"),
                                      HasSubstr("RPC addr: 'unix:" + path + "'\n")));

    RawClient by_tcp{rpc(agent)};
    RawClient by_file{connected_to(path)};
    for (RawClient* client : {&by_tcp, &by_file}) {
        client->handshake();
        client->command("members", 2);
        ASSERT_TRUE(until([&] {
            client->step();
            return client->objects().size() >= 3;
        }));
        EXPECT_EQ(client->objects().back()["Members"][0]["Name"], "n1");
    }
    agent.stop(0);
    EXPECT_THAT(folder.names(), IsEmpty()) << "gone as soon as no client is taken any more";
    EXPECT_TRUE(until([&] { return agent.ended(); }));
}

TEST_F(Agents, OneThatCannotListenEverywhereLeavesNothingBehind) {
    const TestFolder folder;
    AgentConfig wanted = config("n1");
    wanted.rpc_addr = {"unix:" + (folder / "first"), "unix:" + (folder / "none/second")};
    auto log = Log::open({.file = "/dev/null"});
    {
        RunningAgent agent{loop_, *settle(wanted), std::move(*log)};
        EXPECT_THAT(agent.start().value_or("(started)"), HasSubstr("none/second"));
        EXPECT_THAT(folder.names(), ElementsAre("first"));
    }
    EXPECT_THAT(folder.names(), IsEmpty());
}

}  // namespace
}  // namespace rollcall::agent::tests

// SPDX-License-Identifier: Apache-2.0
//
// What the service manager receives from an agent, by a socket that a test reads.
#include "agent/service/service_notifier.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <ctime>
#include <memory>
#include <string>

#include "agent/service/fake_manager.h"
#include "support/test_folder.h"
#include "support/test_loop.h"
#include "transport/clock.h"

namespace rollcall::agent {
namespace {

using namespace std::chrono_literals;
using rollcall::tests::TestFolder;
using rollcall::tests::TestLoop;
using testing::AllOf;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;
using tests::FakeManager;

class Service : public testing::Test {
protected:
    ~Service() override {
        if (!notifier_) return;
        bool closed = false;
        notifier_->close([&] { closed = true; });
        loop_.until([&] { return closed; });
    }

    ServiceNotifier& start(ServiceEnvironment environment,
                           Duration join_wait = ServiceNotifier::kJoinWait) {
        notifier_ = std::make_unique<ServiceNotifier>(
            ServiceNotifier::Parts{.loop = loop_,
                                   .log = *log_,
                                   .environment = std::move(environment),
                                   .joined = [this] { return joined_; },
                                   .status = [this] { return status_; },
                                   .join_wait = join_wait});
        notifier_->begin();
        return *notifier_;
    }
    [[nodiscard]] std::size_t logged(std::string_view text) const {
        const auto lines = log_->recent();
        return static_cast<std::size_t>(std::ranges::count_if(
            lines, [&](const LogLine& line) { return line.text.find(text) != std::string::npos; }));
    }

    TestFolder folder_;
    TestLoop loop_;
    std::unique_ptr<Log> log_ = std::move(*Log::open({.level = Level::debug, .file = "/dev/null"}));
    FakeManager manager_{folder_ / "notify"};
    bool joined_ = true;
    std::string status_ = "1 member alive";
    std::unique_ptr<ServiceNotifier> notifier_;
};

TEST_F(Service, WithoutASocketNothingIsSentAndNoTimerRuns) {
    ServiceNotifier& notifier = start({.notify_socket = "", .watchdog = 1s});
    notifier.changed();
    notifier.reload_began();
    notifier.reload_ended(true);
    notifier.stopping("stopping");
    uv_run(&static_cast<uv_loop_t&>(loop_), UV_RUN_NOWAIT);
    EXPECT_EQ(uv_loop_alive(&static_cast<uv_loop_t&>(loop_)), 0);
    EXPECT_THAT(manager_.messages(), IsEmpty());
}

TEST_F(Service, AnAgentWithoutSeedsIsReadyAsSoonAsItListens) {
    start({.notify_socket = manager_.address()});
    EXPECT_THAT(manager_.messages(), ElementsAre("READY=1\nSTATUS=1 member alive"));
}

TEST_F(Service, TheAbstractNamespaceIsASocketToo) {
    FakeManager abstract{"@" + (folder_ / "abstract")};
    start({.notify_socket = abstract.address()});
    EXPECT_THAT(abstract.messages(), ElementsAre(StartsWith("READY=1\n")));
}

TEST_F(Service, AnAgentWithSeedsIsReadyOnceOneHasAnsweredAndOnlyOnce) {
    joined_ = false;
    ServiceNotifier& notifier = start({.notify_socket = manager_.address()});
    notifier.changed();
    EXPECT_THAT(manager_.messages(), ElementsAre("STATUS=1 member alive; joining"));
    joined_ = true;
    status_ = "2 members alive";
    notifier.changed();
    notifier.changed();
    EXPECT_THAT(manager_.messages(),
                ElementsAre("STATUS=1 member alive; joining", "READY=1\nSTATUS=2 members alive"));
}

TEST_F(Service, WithoutAnAnswerItIsReadyAfterAWhileAndItsStatusSaysSo) {
    joined_ = false;
    ServiceNotifier& notifier = start({.notify_socket = manager_.address()}, 20ms);
    EXPECT_EQ(manager_.count("READY=1"), 0u) << "not yet";
    loop_.until([&] { return manager_.count("READY=1") == 1; });
    EXPECT_THAT(manager_.messages().back(), HasSubstr("; no seed has answered yet"));
    joined_ = true;
    notifier.changed();
    loop_.until([&] { return manager_.count("STATUS=1 member alive") == 1; });
    EXPECT_EQ(manager_.count("READY=1"), 1u);
}

TEST_F(Service, ManyChangesMakeOneLineOfStatusAndNoneIfItIsTheSame) {
    ServiceNotifier& notifier = start({.notify_socket = manager_.address()});
    for (int i = 1; i <= 100; ++i) {
        status_ = std::to_string(i) + " members alive";
        notifier.changed();
    }
    loop_.until([&] { return manager_.messages().size() >= 2; });
    notifier.changed();
    EXPECT_TRUE(loop_.stays_quiet([&] { return manager_.messages().size() > 2; },
                                  ServiceNotifier::kStatusDelay + 200ms));
    EXPECT_EQ(manager_.messages().back(), "STATUS=100 members alive");
}

TEST_F(Service, AStatusIsOneLineWhateverNamesAreInIt) {
    status_ = "a\nSTOPPING=1";
    start({.notify_socket = manager_.address()});
    EXPECT_THAT(manager_.messages(), ElementsAre("READY=1\nSTATUS=a\\x0aSTOPPING=1"));
}

TEST_F(Service, AReloadIsBetweenReloadingWithItsTimeAndReady) {
    ServiceNotifier& notifier = start({.notify_socket = manager_.address()});
    timespec before{};
    clock_gettime(CLOCK_MONOTONIC, &before);
    notifier.reload_began();
    notifier.reload_ended(true);
    const auto& messages = manager_.messages();
    ASSERT_EQ(messages.size(), 3u);
    EXPECT_THAT(messages[1], StartsWith("RELOADING=1\nMONOTONIC_USEC="));
    const std::uint64_t at = std::stoull(messages[1].substr(messages[1].find("USEC=") + 5));
    const auto from = static_cast<std::uint64_t>(before.tv_sec) * 1'000'000 +
                      static_cast<std::uint64_t>(before.tv_nsec) / 1000;
    EXPECT_GE(at, from);
    EXPECT_LT(at, from + 60'000'000u);
    EXPECT_EQ(messages[2], "READY=1\nSTATUS=1 member alive");
}

TEST_F(Service, ARefusedReloadIsInTheStatusUntilOneIsTaken) {
    ServiceNotifier& notifier = start({.notify_socket = manager_.address()});
    notifier.reload_began();
    notifier.reload_ended(false);
    EXPECT_THAT(manager_.messages().back(),
                AllOf(StartsWith("READY=1\n"), HasSubstr("the last reload was refused")));
    notifier.reload_began();
    notifier.reload_ended(true);
    EXPECT_THAT(manager_.messages().back(),
                AllOf(StartsWith("READY=1\n"), Not(HasSubstr("refused"))));
}

TEST_F(Service, AReloadBeforeItIsReadyDoesNotMakeItReady) {
    joined_ = false;
    ServiceNotifier& notifier = start({.notify_socket = manager_.address()});
    notifier.reload_began();
    notifier.reload_ended(true);
    EXPECT_THAT(manager_.messages(), Each(Not(HasSubstr("=1\n"))));
}

TEST_F(Service, StoppingIsSentOnceAndNothingButSignsOfLifeAfterIt) {
    ServiceNotifier& notifier = start({.notify_socket = manager_.address(), .watchdog = 40ms});
    notifier.stopping("leaving the cluster");
    notifier.stopping("stopping");
    notifier.stopping("stopping");
    notifier.changed();
    notifier.reload_began();
    notifier.reload_ended(true);
    const std::size_t signs = manager_.count("WATCHDOG=1");
    loop_.until([&] { return manager_.count("WATCHDOG=1") >= signs + 2; });
    EXPECT_EQ(manager_.count("STOPPING=1"), 1u);
    EXPECT_EQ(manager_.count("STATUS=stopping"), 1u);
    EXPECT_EQ(manager_.count("READY=1"), 1u);
    EXPECT_EQ(manager_.count("STATUS=reloading"), 0u);
}

TEST_F(Service, SignsOfLifeComeTwiceAsOftenAsAskedAndNoneWhileTheLoopHangs) {
    start({.notify_socket = manager_.address(), .watchdog = 400ms});
    EXPECT_EQ(manager_.count("WATCHDOG=1"), 1u) << "at once";
    EXPECT_TRUE(loop_.stays_quiet([&] { return manager_.count("WATCHDOG=1") > 1; }, 150ms));
    loop_.until([&] { return manager_.count("WATCHDOG=1") >= 3; });
    const std::size_t before = manager_.count("WATCHDOG=1");
    TestLoop::block_until(transport::clock_now() + 500ms);
    EXPECT_EQ(manager_.count("WATCHDOG=1"), before);
    loop_.until([&] { return manager_.count("WATCHDOG=1") > before; });
}

TEST_F(Service, WithoutAWatchdogThereAreNoSignsOfLife) {
    start({.notify_socket = manager_.address()});
    EXPECT_TRUE(loop_.stays_quiet([&] { return manager_.count("WATCHDOG=1") > 0; }));
}

TEST_F(Service, AManagerThatReadsNothingHoldsNothingUpAndGetsTheLatestInOrder) {
    ServiceNotifier& notifier = start({.notify_socket = manager_.address()});
    // Far more than the queue of any socket: none of these calls may wait.
    for (int i = 0; i < 3000; ++i) {
        notifier.reload_began();
        notifier.reload_ended(i % 2 == 0);
    }
    notifier.stopping("stopping");
    loop_.until([&] { return manager_.count("STOPPING=1") == 1; });
    EXPECT_THAT(manager_.messages().back(), StartsWith("STOPPING=1"));
    EXPECT_LT(manager_.messages().size(), 6000u) << "what was too much is left out";
}

TEST_F(Service, AManagerThatIsGoneIsLoggedOnceAMinute) {
    ServiceNotifier& notifier = start({.notify_socket = folder_ / "nowhere"});
    notifier.reload_began();
    notifier.reload_ended(true);
    EXPECT_EQ(logged("the service manager was not notified: "), 1u);
    EXPECT_EQ(logged("/nowhere: No such file or directory"), 1u);
}

TEST_F(Service, AnAddressOfAnotherKindIsNamedWithWhatIsAllowed) {
    for (const std::string& wrong : {std::string{"vsock:2:1234"}, std::string{"@"},
                                     std::string{"notify"}, "/" + std::string(107, 'x')}) {
        const auto socket = NotifySocket::open(wrong);
        ASSERT_FALSE(socket) << wrong;
        EXPECT_THAT(socket.error(), AllOf(StartsWith("NOTIFY_SOCKET: '" + wrong.substr(0, 20)),
                                          HasSubstr("allowed: an absolute path, or @NAME")));
    }
    EXPECT_TRUE(NotifySocket::open("/" + std::string(106, 'x')));
    start({.notify_socket = "vsock:2:1234", .watchdog = 1s});
    EXPECT_EQ(logged("the service manager is not notified: NOTIFY_SOCKET: 'vsock:2:1234'"), 1u);
}

TEST_F(Service, AWrongWatchdogIsLogged) {
    start({.notify_socket = manager_.address(), .mistake = "WATCHDOG_USEC: 'x' is not allowed"});
    EXPECT_EQ(logged("no signs of life are sent: WATCHDOG_USEC: 'x'"), 1u);
}

}  // namespace
}  // namespace rollcall::agent

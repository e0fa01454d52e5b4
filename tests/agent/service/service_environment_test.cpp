// SPDX-License-Identifier: Apache-2.0
#include "agent/service/service_environment.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "agent/config/given_sources.h"

namespace rollcall::agent {
namespace {

using namespace std::chrono_literals;
using tests::environment;

ServiceEnvironment read(std::map<std::string, std::string> variables) {
    return read_service_environment(environment(std::move(variables)), 42);
}

TEST(ServiceEnvironment, HasNothingWithoutItsVariables) {
    EXPECT_EQ(read_service_environment({}, 42).notify_socket, "");
    const auto none = read({});
    EXPECT_EQ(none.notify_socket, "");
    EXPECT_FALSE(none.watchdog);
    EXPECT_EQ(none.mistake, "");
}

TEST(ServiceEnvironment, TheWatchdogIsOfTheProcessThatIsNamed) {
    EXPECT_EQ(read({{"WATCHDOG_USEC", "3000000"}}).watchdog, Duration{3s});
    EXPECT_EQ(read({{"WATCHDOG_USEC", "3000000"}, {"WATCHDOG_PID", "42"}}).watchdog, Duration{3s});
    const auto other = read({{"WATCHDOG_USEC", "3000000"}, {"WATCHDOG_PID", "41"}});
    EXPECT_FALSE(other.watchdog);
    EXPECT_EQ(other.mistake, "");
}

TEST(ServiceEnvironment, ZeroAndAnEternityAreNoWatchdog) {
    for (const char* const none : {"0", "18446744073709551615"}) {
        EXPECT_FALSE(read({{"WATCHDOG_USEC", none}}).watchdog) << none;
        EXPECT_EQ(read({{"WATCHDOG_USEC", none}}).mistake, "") << none;
    }
}

TEST(ServiceEnvironment, AWrongNumberIsNamedWithWhatIsAllowed) {
    for (const char* const wrong : {"", "3s", "-1", " 3000000", "99999999999999999999"}) {
        const auto found = read({{"WATCHDOG_USEC", wrong}});
        EXPECT_FALSE(found.watchdog) << wrong;
        EXPECT_EQ(found.mistake, "WATCHDOG_USEC: '" + std::string{wrong} +
                                     "' is not allowed; allowed: a whole number of microseconds");
    }
    EXPECT_THAT(read({{"WATCHDOG_USEC", "1000000"}, {"WATCHDOG_PID", "me"}}).mistake,
                testing::StartsWith("WATCHDOG_PID: 'me' is not allowed"));
}

TEST(ServiceEnvironment, ItsVariablesAreKnownByName) {
    EXPECT_TRUE(is_service_variable("NOTIFY_SOCKET=/run/systemd/notify"));
    EXPECT_TRUE(is_service_variable("WATCHDOG_USEC=1"));
    EXPECT_TRUE(is_service_variable("WATCHDOG_PID=1"));
    EXPECT_FALSE(is_service_variable("NOTIFY_SOCKETS=1"));
    EXPECT_FALSE(is_service_variable("PATH=/bin"));
}

}  // namespace
}  // namespace rollcall::agent

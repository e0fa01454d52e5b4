// SPDX-License-Identifier: Apache-2.0
#include "base/nearest.h"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <utility>

namespace rollcall {
namespace {

constexpr std::array<std::string_view, 16> kCommands{
    "agent", "members", "join",         "leave", "force-leave", "tags",   "info",       "rtt",
    "event", "query",   "reachability", "keys",  "monitor",     "keygen", "completion", "version"};
constexpr std::array<std::string_view, 8> kFlags{"probe-interval", "probe-timeout", "retry-join",
                                                 "retry-interval", "log-level",     "log-format",
                                                 "rpc-addr",       "rpc-auth"};

TEST(Nearest, FindsWhatWasMeant) {
    const std::pair<std::string_view, std::string_view> typos[] = {{"memebrs", "members"},
                                                                   {"member", "members"},
                                                                   {"memers", "members"},
                                                                   {"mmbers", "members"},
                                                                   {"jion", "join"},
                                                                   {"joni", "join"},
                                                                   {"leav", "leave"},
                                                                   {"leaves", "leave"},
                                                                   {"laeve", "leave"},
                                                                   {"force", "force-leave"},
                                                                   {"forceleave", "force-leave"},
                                                                   {"force_leave", "force-leave"},
                                                                   {"froce-leave", "force-leave"},
                                                                   {"tag", "tags"},
                                                                   {"inof", "info"},
                                                                   {"infos", "info"},
                                                                   {"rrt", "rtt"},
                                                                   {"events", "event"},
                                                                   {"evnet", "event"},
                                                                   {"qurey", "query"},
                                                                   {"reach", "reachability"},
                                                                   {"reachabilty", "reachability"},
                                                                   {"key", "keys"},
                                                                   {"kyes", "keys"},
                                                                   {"keygne", "keygen"},
                                                                   {"montior", "monitor"},
                                                                   {"mon", "monitor"},
                                                                   {"completions", "completion"},
                                                                   {"versoin", "version"},
                                                                   {"agnet", "agent"},
                                                                   {"agents", "agent"},
                                                                   {"MEMBERS", "members"}};
    for (const auto& [typed, meant] : typos) {
        EXPECT_EQ(nearest(typed, kCommands), meant) << typed;
    }
    EXPECT_EQ(nearest("probe-intervall", kFlags), "probe-interval");
    EXPECT_EQ(nearest("prob-timeout", kFlags), "probe-timeout");
    EXPECT_EQ(nearest("retryjoin", kFlags), "retry-join");
    EXPECT_EQ(nearest("rpc_adr", kFlags), "rpc-addr");
    EXPECT_EQ(nearest("log-lvel", kFlags), "log-level");
}

TEST(Nearest, GivesNoSuggestionRatherThanAPoorOne) {
    for (const std::string_view typed :
         {"status",   "reboot", "start",   "stop",    "list", "peers",  "nodes",    "ping",
          "exec",     "lock",   "watch",   "kv",      "x",    "a",      "ls",       "top",
          "get",      "set",    "put",     "add",     "raft", "config", "services", "operator",
          "snapshot", "reload", "cluster", "restart", ""}) {
        EXPECT_EQ(nearest(typed, kCommands), "") << typed;
    }
    EXPECT_EQ(nearest("probe", kFlags), "") << "two words have this prefix";
    EXPECT_EQ(nearest("rpc", kFlags), "");
    EXPECT_EQ(nearest(std::string(5000, 'x'), kCommands), "");
}

}  // namespace
}  // namespace rollcall

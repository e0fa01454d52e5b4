// SPDX-License-Identifier: Apache-2.0
//
// Names of hosts in bind, advertise and rpc_addr. No name server is asked but for "localhost".
#include "agent/config/listen_names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <map>
#include <memory>

namespace rollcall::agent {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::IsEmpty;

Endpoint host(std::string_view address) {
    return *Endpoint::parse_address(address, 0);
}

// A host name that is known here has these addresses.
HostLookup a_book(std::map<std::string, std::vector<std::string>> entries) {
    return [entries = std::move(entries)](
               const std::string& name) -> Result<std::vector<Endpoint>, std::string> {
        const auto entry = entries.find(name);
        if (entry == entries.end()) return std::string{"unknown host"};
        std::vector<Endpoint> found;
        for (const std::string& address : entry->second) found.push_back(host(address));
        return found;
    };
}

Settings settled(AgentConfig config) {
    config.node = "n1";
    auto settings = settle(config);
    EXPECT_TRUE(settings) << settings.error().to_string();
    return std::move(*settings);
}

TEST(ListenNames, AreFoundAndPutWhereTheyBelong) {
    Settings settings = settled({.bind = "web1:8000",
                                 .advertise = "web1.example.org",
                                 .rpc_addr = {"127.0.0.1:7", "localhost:0", "box"}});
    ASSERT_EQ(settings.names.size(), 4u);
    const auto errors = find_listen_names(settings, a_book({{"web1", {"10.0.0.1"}},
                                                            {"web1.example.org", {"192.0.2.1"}},
                                                            {"localhost", {"::1", "127.0.0.1"}},
                                                            {"box", {"fd00::1"}}}));
    ASSERT_THAT(errors, IsEmpty()) << errors[0].to_string();
    EXPECT_EQ(settings.bind.to_string(), "10.0.0.1:8000");
    EXPECT_EQ(settings.advertise->to_string(), "192.0.2.1:0");  // the port of bind
    ASSERT_EQ(settings.rpc_addr.size(), 3u);
    EXPECT_EQ(to_string(settings.rpc_addr[0]), "127.0.0.1:7");
    EXPECT_EQ(to_string(settings.rpc_addr[1]), "127.0.0.1:0") << "IPv4 first, as with Serf";
    EXPECT_EQ(to_string(settings.rpc_addr[2]), "[fd00::1]:7373");
    EXPECT_THAT(settings.names, IsEmpty());
}

TEST(ListenNames, WhatIsAdvertisedIsOfAFamilyThatBindSpeaks) {
    const auto both = a_book({{"box", {"fd00::1", "10.0.0.1"}}, {"six", {"fd00::1"}}});
    const auto advertised = [&](const char* bind, const char* name) {
        Settings settings = settled({.bind = bind, .advertise = name});
        const auto errors = find_listen_names(settings, both);
        return !errors.empty() ? "refused" : settings.advertise->to_string();
    };
    EXPECT_EQ(advertised("0.0.0.0", "box"), "10.0.0.1:0");
    EXPECT_EQ(advertised("0.0.0.0", "six"), "refused");
    EXPECT_EQ(advertised("::", "six"), "[fd00::1]:0");
    EXPECT_EQ(advertised("::", "box"), "10.0.0.1:0");
    EXPECT_EQ(advertised("fd00::9", "box"), "[fd00::1]:0");
    EXPECT_EQ(advertised("six", "box"), "[fd00::1]:0") << "bind comes first";
}

TEST(ListenNames, EachNameWithoutAnAddressIsAnErrorAndTheOthersArePut) {
    Settings settings = settled({.bind = "gone", .advertise = "web1", .rpc_addr = {"lost", "box"}});
    const auto errors =
        find_listen_names(settings, a_book({{"web1", {"192.0.2.1"}}, {"box", {"10.0.0.2"}}}));
    ASSERT_EQ(errors.size(), 2u);
    EXPECT_EQ(errors[0].value, "gone");
    EXPECT_EQ(errors[1].value, "lost");
    EXPECT_EQ(settings.advertise->to_string(), "192.0.2.1:0");
    EXPECT_EQ(to_string(settings.rpc_addr[1]), "10.0.0.2:7373");
    ASSERT_EQ(settings.names.size(), 2u);
    EXPECT_EQ(settings.names[1].host, "lost");
}

TEST(ListenNames, AnErrorNamesTheFieldAndTheName) {
    Settings settings = settled({.rpc_addr = {"nosuch.invalid:7373"}});
    const auto errors = find_listen_names(settings, a_book({}));
    ASSERT_EQ(errors.size(), 1u);
    EXPECT_EQ(errors[0].field, "rpc_addr");
    EXPECT_EQ(errors[0].value, "nosuch.invalid:7373");
    EXPECT_THAT(errors[0].allowed, HasSubstr("unknown host"));

    Settings group = settled({.bind = "all"});
    EXPECT_FALSE(find_listen_names(group, a_book({{"all", {"224.0.0.1"}}})).empty());
}

TEST(ListenNames, ANameServerThatDoesNotAnswerIsNotWaitedForForEver) {
    const auto never = std::make_shared<std::promise<void>>();
    const HostLookup silent =
        [wait = never->get_future().share()](
            const std::string&) -> Result<std::vector<Endpoint>, std::string> {
        wait.wait();
        return std::string{"too late"};
    };
    Settings settings = settled({.bind = "one", .rpc_addr = {"two", "three"}});
    const auto began = std::chrono::steady_clock::now();
    const auto errors = find_listen_names(settings, silent, 100ms);
    ASSERT_EQ(errors.size(), 3u) << "each of them";
    EXPECT_EQ(errors[0].value, "one");
    EXPECT_THAT(errors[0].allowed, HasSubstr("no answer within 100ms"));
    EXPECT_LT(std::chrono::steady_clock::now() - began, 5s);
    never->set_value();
}

TEST(ListenNames, LocalhostIsKnownToTheSystem) {
    Settings settings = settled({.bind = "localhost:0"});
    const auto errors = find_listen_names(settings);
    ASSERT_THAT(errors, IsEmpty()) << errors[0].to_string();
    EXPECT_THAT(settings.bind.to_string(), testing::AnyOf("127.0.0.1:0", "[::1]:0"));
}

TEST(ListenNames, AddressesAndSlipsAreNoNames) {
    for (const char* text : {"10.0.0.1", "10.0.0", "1234", "::1", "a b", "web/1", "a:b:c", "",
                             ":80", "unix:/run/x.sock", "web:65536", "[web]:1"}) {
        EXPECT_FALSE(parse_listen_name("bind", text, 1)) << text;
    }
    const auto name = parse_listen_name("bind", "Web_1.example.org.:80", 1);
    ASSERT_TRUE(name);
    EXPECT_EQ(name->host, "Web_1.example.org.");
    EXPECT_EQ(name->port, 80);
}

}  // namespace
}  // namespace rollcall::agent

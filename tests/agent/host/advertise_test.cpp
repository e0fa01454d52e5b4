// SPDX-License-Identifier: Apache-2.0
//
// The address that is told to others, on all kinds of hosts.
#include "agent/host/advertise.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rollcall::agent {
namespace {

HostAddress on(const char* interface, const char* address) {
    return {interface, *Endpoint::parse_address(address, 0)};
}
Endpoint at(const char* text) {
    return *Endpoint::parse(text);
}
std::string chosen(const char* bound, std::vector<HostAddress> host) {
    return choose_advertised(at(bound), {}, host).endpoint.to_string();
}

TEST(Advertise, AConfiguredAddressWins) {
    const std::vector host{on("eth0", "10.0.0.1")};
    EXPECT_EQ(choose_advertised(at("0.0.0.0:7946"), at("203.0.113.9:1"), host).endpoint,
              at("203.0.113.9:1"));
    // Without a port: the one we are really bound to.
    EXPECT_EQ(choose_advertised(at("0.0.0.0:4242"), at("203.0.113.9:0"), host).endpoint,
              at("203.0.113.9:4242"));
}

TEST(Advertise, AConcreteBoundAddressIsTaken) {
    EXPECT_EQ(chosen("192.0.2.7:5", {on("eth0", "10.0.0.1")}), "192.0.2.7:5");
    EXPECT_EQ(chosen("127.0.0.1:5", {on("eth0", "10.0.0.1")}), "127.0.0.1:5");
}

TEST(Advertise, BoundToAllAPrivateAddressIsPreferredThenAnyThatLeavesTheHost) {
    EXPECT_EQ(chosen("0.0.0.0:5", {on("lo", "127.0.0.1"), on("ppp0", "203.0.113.1"),
                                   on("eth0", "192.168.1.2"), on("eth1", "10.0.0.1")}),
              "192.168.1.2:5");
    EXPECT_EQ(chosen("0.0.0.0:5",
                     {on("lo", "127.0.0.1"), on("a", "169.254.1.1"), on("ppp0", "203.0.113.1")}),
              "203.0.113.1:5");
    EXPECT_EQ(chosen("0.0.0.0:5", {on("lo", "127.0.0.1"), on("cgn", "100.64.0.9")}),
              "100.64.0.9:5");
    EXPECT_EQ(chosen("0.0.0.0:5", {on("lo", "127.0.0.1"), on("e", "240.0.0.9")}), "240.0.0.9:5");
    EXPECT_EQ(chosen("0.0.0.0:5", {on("lo", "127.0.0.1"), on("a", "169.254.1.1")}),
              "169.254.1.1:5");
    EXPECT_EQ(chosen("0.0.0.0:5", {on("lo", "127.0.0.1")}), "127.0.0.1:5");
    EXPECT_EQ(chosen("0.0.0.0:5", {on("eth0", "fd00::1")}), "127.0.0.1:5") << "IPv4 was asked for";
    EXPECT_EQ(chosen("0.0.0.0:5", {}), "127.0.0.1:5");
}

TEST(Advertise, BoundToAllOfIpv6BothFamiliesServe) {
    EXPECT_EQ(chosen("[::]:5", {on("lo", "::1"), on("eth0", "10.0.0.1"), on("eth0", "fd00::7")}),
              "[fd00::7]:5");
    EXPECT_EQ(
        chosen("[::]:5", {on("lo", "::1"), on("eth0", "10.0.0.1"), on("eth0", "2001:db8::1")}),
        "10.0.0.1:5");
    EXPECT_EQ(chosen("[::]:5", {on("eth0", "fe80::1"), on("eth0", "2001:db8::1")}),
              "[2001:db8::1]:5");
    EXPECT_EQ(chosen("[::]:5", {}), "[::1]:5");
}

TEST(Advertise, TheReasonNamesTheKindAndTheInterface) {
    const std::vector host{on("lo", "127.0.0.1"), on("eth0", "10.0.0.1")};
    EXPECT_EQ(choose_advertised(at("0.0.0.0:5"), {}, host).why, "private address of eth0");
    EXPECT_EQ(choose_advertised(at("10.0.0.1:5"), {}, host).why, "the bound address");
    EXPECT_THAT(choose_advertised(at("0.0.0.0:5"), {}, {}).why, testing::HasSubstr("loopback"));
}

TEST(Advertise, TheLoopbackOfThisHostIsFound) {
    const auto host = host_addresses();
    EXPECT_TRUE(std::any_of(host.begin(), host.end(), [](const HostAddress& a) {
        return a.address.address_to_string() == "127.0.0.1";
    }));
}

}  // namespace
}  // namespace rollcall::agent

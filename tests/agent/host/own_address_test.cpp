// SPDX-License-Identifier: Apache-2.0
//
// The address that others are told, on a host whose addresses come and go.
#include "agent/host/own_address.h"

#include <gtest/gtest.h>

namespace rollcall::agent::tests {
namespace {

using AddressChange = OwnAddress::Change;

HostAddress on(const char* interface, const char* address) {
    return {interface, *Endpoint::parse_address(address, 0)};
}
Endpoint at(const char* text) {
    return *Endpoint::parse(text);
}
const HostAddress kLo = on("lo", "127.0.0.1");
const HostAddress kFirst = on("eth0", "10.0.0.1");
const HostAddress kSecond = on("eth1", "192.168.0.7");

TEST(OwnAddress, MovesWhenTheAddressIsGoneAndThereIsAnother) {
    OwnAddress own{at("0.0.0.0:5"), {}, {kLo, kFirst}};
    EXPECT_EQ(own.advertised().endpoint, at("10.0.0.1:5"));
    EXPECT_EQ(own.look({kLo, kFirst, kSecond}), AddressChange::none);
    EXPECT_EQ(own.look({kLo, kSecond, kFirst}), AddressChange::none) << "the order is no reason";
    EXPECT_EQ(own.look({kLo, kSecond}), AddressChange::moved);
    EXPECT_EQ(own.advertised().endpoint, at("192.168.0.7:5"));
    EXPECT_EQ(own.advertised().why, "private address of eth1");
}

TEST(OwnAddress, WithoutAnotherAddressTheAnnouncedOneStays) {
    OwnAddress own{at("[::]:5"), {}, {kLo, kFirst}};
    EXPECT_EQ(own.look({kLo, on("eth0", "fe80::1")}), AddressChange::lost);
    EXPECT_EQ(own.look({kLo}), AddressChange::none) << "said once";
    EXPECT_EQ(own.advertised().endpoint, at("10.0.0.1:5"));
    EXPECT_EQ(own.look({kLo, kFirst}), AddressChange::back);
    EXPECT_EQ(own.look({}), AddressChange::lost);
    EXPECT_EQ(own.look({kLo, kSecond}), AddressChange::moved);
    EXPECT_EQ(own.look({kLo, kSecond}), AddressChange::none);
}

TEST(OwnAddress, WithOnlyLoopbackNoOtherHostIsReachable) {
    OwnAddress own{at("0.0.0.0:5"), {}, {kLo}};
    EXPECT_TRUE(own.out_of_reach(at("10.0.0.9:5")));
    EXPECT_FALSE(own.out_of_reach(at("127.0.0.1:6")));
    EXPECT_EQ(own.look({kLo}), AddressChange::none);
    EXPECT_EQ(own.look({kLo, kFirst}), AddressChange::moved);
    EXPECT_FALSE(own.out_of_reach(at("10.0.0.9:5")));
}

TEST(OwnAddress, AConfiguredAddressStays) {
    OwnAddress told{at("0.0.0.0:5"), at("203.0.113.9:5"), {kLo}};
    EXPECT_EQ(told.look({kLo, kFirst}), AddressChange::none);
    EXPECT_EQ(told.advertised().endpoint, at("203.0.113.9:5"));
    EXPECT_FALSE(told.out_of_reach(at("10.0.0.9:5")));
    OwnAddress bound{at("10.0.0.1:5"), {}, {kLo, kFirst}};
    EXPECT_EQ(bound.look({kLo, kSecond}), AddressChange::lost);
    EXPECT_EQ(bound.advertised().endpoint, at("10.0.0.1:5"));
}

TEST(OwnAddress, AllAddressesOfTheHostAreOursWhenBoundToAll) {
    const OwnAddress all{at("0.0.0.0:5"), {}, {kLo, kFirst, kSecond}};
    for (const char* own : {"10.0.0.1:5", "192.168.0.7:5", "127.0.0.1:5", "127.9.9.9:5",
                            "0.0.0.0:5", "[::ffff:10.0.0.1]:5"}) {
        EXPECT_TRUE(all.is_own(at(own))) << own;
    }
    for (const char* other : {"10.0.0.1:6", "10.0.0.2:5", "[::1]:5"}) {
        EXPECT_FALSE(all.is_own(at(other))) << other;
    }
    const OwnAddress one{at("10.0.0.1:5"), {}, {kLo, kFirst}};
    EXPECT_TRUE(one.is_own(at("10.0.0.1:5")));
    EXPECT_FALSE(one.is_own(at("127.0.0.1:5")));
    const OwnAddress nat{at("10.0.0.1:5"), at("203.0.113.9:80"), {kLo, kFirst}};
    EXPECT_TRUE(nat.is_own(at("203.0.113.9:80")));
}

}  // namespace
}  // namespace rollcall::agent::tests

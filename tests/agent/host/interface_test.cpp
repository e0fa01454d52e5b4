// SPDX-License-Identifier: Apache-2.0
//
// The address to bind to when an interface is named.
#include "agent/host/interface.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rollcall::agent::tests {
namespace {

HostAddress of_interface(const char* interface, const char* address) {
    return {interface, *Endpoint::parse_address(address, 0)};
}

// A host as they are: the interfaces' link-local addresses come first, and one has no other.
const std::vector<HostAddress>& a_host() {
    static const std::vector host{
        of_interface("lo", "127.0.0.1"),  of_interface("eth0", "169.254.7.7"),
        of_interface("eth0", "10.0.0.1"), of_interface("eth0", "10.0.0.2"),
        of_interface("lo", "::1"),        of_interface("eth0", "fe80::1%2"),
        of_interface("eth0", "fd00::1"),  of_interface("wg0", "fd77::1"),
        of_interface("tap0", "fe80::2%3")};
    return host;
}

std::string bound(const std::string& interface, const char* bind) {
    const auto chosen = bind_on_interface(interface, *Endpoint::parse(bind), a_host());
    return chosen ? chosen->to_string() : chosen.error().to_string();
}

TEST(Interface, BoundToAllItsFirstAddressThatOthersReachIsTaken) {
    EXPECT_EQ(bound("eth0", "0.0.0.0:7946"), "10.0.0.1:7946");
    EXPECT_EQ(bound("eth0", "[::]:7946"), "[fd00::1]:7946");
    EXPECT_EQ(bound("lo", "0.0.0.0:0"), "127.0.0.1:0");
}

TEST(Interface, OneOfTheOtherFamilyAloneWillDo) {
    EXPECT_EQ(bound("wg0", "0.0.0.0:7946"), "[fd77::1]:7946");
}

TEST(Interface, AnAddressGivenBesideItMustBeItsOwn) {
    EXPECT_EQ(bound("eth0", "10.0.0.2:5"), "10.0.0.2:5");
    EXPECT_EQ(bound("eth0", "[fe80::1%2]:5"), "[fe80::1%2]:5");
    EXPECT_EQ(
        bound("wg0", "10.0.0.2:5"),
        "bind: '10.0.0.2:5' is not allowed; allowed: an address of the interface wg0: fd77::1");
}

TEST(Interface, OneThatIsNotThereIsAnsweredWithThoseThatAre) {
    EXPECT_EQ(bound("eth9", "0.0.0.0:7946"),
              "iface: 'eth9' is not allowed; allowed: lo, eth0, wg0, tap0");
}

TEST(Interface, OneThatOnlyItsNeighboursReachIsRefused) {
    EXPECT_EQ(bound("tap0", "0.0.0.0:7946"),
              "iface: 'tap0' is not allowed; allowed: an interface with an address that is not "
              "link-local");
}

}  // namespace
}  // namespace rollcall::agent::tests

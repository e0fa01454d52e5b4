// SPDX-License-Identifier: Apache-2.0
#include "transport/addresses.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>

#include "recording_core.h"

namespace rollcall::transport {
namespace {

TEST(Addresses, EndpointSurvivesKernelForm) {
    for (const char* text : {"127.0.0.1:7946", "[::1]:1", "[fe80::1%3]:65535", "[2001:db8::7]:0"}) {
        const Endpoint endpoint = at(text);
        const auto address = to_socket_address(endpoint, family_of(endpoint));
        ASSERT_TRUE(address) << text;
        EXPECT_EQ(to_endpoint(address->any), endpoint) << text;
    }
}

TEST(Addresses, AnIpv4EndpointIsMappedForAnIpv6SocketAndStillItself) {
    const Endpoint endpoint = at("10.1.2.3:99");
    const auto address = to_socket_address(endpoint, Family::v6);
    ASSERT_TRUE(address);
    EXPECT_EQ(address->any.sa_family, AF_INET6);
    EXPECT_TRUE(IN6_IS_ADDR_V4MAPPED(&address->v6.sin6_addr));
    EXPECT_EQ(to_endpoint(address->any), endpoint);
}

TEST(Addresses, Ipv4SocketRefusesIpv6) {
    EXPECT_FALSE(to_socket_address(at("[::1]:1"), Family::v4));
}

TEST(Addresses, OnlyALinkLocalAddressWithoutScopeTakesTheDefaultOne) {
    const auto scope = [](const char* text) {
        return to_socket_address(at(text), Family::v6, 7)->v6.sin6_scope_id;
    };
    EXPECT_EQ(scope("[fe80::1]:1"), 7u);
    EXPECT_EQ(scope("[febf::1]:1"), 7u);
    EXPECT_EQ(scope("[fe80::1%2]:1"), 2u);
    EXPECT_EQ(scope("[fec0::1]:1"), 0u);
    EXPECT_EQ(scope("[2001:db8::1]:1"), 0u);
}

TEST(Addresses, OtherFamilyIsNoEndpoint) {
    sockaddr address{};
    address.sa_family = AF_UNIX;
    EXPECT_FALSE(to_endpoint(address));
}

}  // namespace
}  // namespace rollcall::transport

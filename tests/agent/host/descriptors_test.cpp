// SPDX-License-Identifier: Apache-2.0
#include "agent/host/descriptors.h"

#include <gtest/gtest.h>

namespace rollcall::agent {
namespace {

TEST(Descriptors, AllThatIsSharedFitsIntoTheLimit) {
    for (std::size_t limit = 64; limit < 5000; ++limit) {
        const DescriptorShares shares = share_descriptors(limit);
        EXPECT_LE(
            32 + shares.streams + shares.rpc_clients + shares.http_clients + 2 * shares.tls_clients,
            limit)
            << limit;
        EXPECT_EQ(shares.ample(), limit >= kAmpleDescriptors) << limit;
    }
}

TEST(Descriptors, WithNoDescriptorLeftAConnectionIsStillAnswered) {
    for (const std::size_t limit : {0u, 1u, 32u, 33u}) {
        EXPECT_EQ(share_descriptors(limit).streams, 2u);
        EXPECT_EQ(share_descriptors(limit).rpc_clients, 2u);
    }
    EXPECT_EQ(share_descriptors(64).streams, 16u);
    EXPECT_EQ(share_descriptors(64).rpc_clients, 8u);
}

TEST(Descriptors, NoLimitMeansNoMoreThanIsOfUse) {
    EXPECT_EQ(share_descriptors(~std::size_t{0}).streams, DescriptorShares::kMostStreams);
    EXPECT_EQ(share_descriptors(~std::size_t{0}).rpc_clients, DescriptorShares::kMostClients);
}

}  // namespace
}  // namespace rollcall::agent

// SPDX-License-Identifier: Apache-2.0
#include "agent/host/descriptors.h"

#include <algorithm>

namespace rollcall::agent {

DescriptorShares share_descriptors(std::size_t limit) {
    constexpr std::size_t kOwn = 32;
    constexpr std::size_t kLeast = 2;
    const std::size_t left = limit > kOwn ? limit - kOwn : 0;
    return {.streams = std::clamp(left / 2, kLeast, DescriptorShares::kMostStreams),
            .rpc_clients = std::clamp(left / 4, kLeast, DescriptorShares::kMostClients),
            .http_clients = std::clamp(left / 8, kLeast, DescriptorShares::kMostClients),
            .tls_clients = std::clamp(left / 32, kLeast, DescriptorShares::kMostClients)};
}

}  // namespace rollcall::agent

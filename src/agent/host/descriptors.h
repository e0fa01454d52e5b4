// SPDX-License-Identifier: Apache-2.0
//
// How many connections of which kind a process with few descriptors may hold. A process without a
// free descriptor can accept nobody, not even the operator who wants to know why; so each kind has
// a bound of its own, met first, counted, and with its own rule of who gives way.
#pragma once

#include <cstddef>

namespace rollcall::agent {

struct DescriptorShares {
    std::size_t streams = 0;      // accepted from peers, closing ones included: 2 to 1024
    std::size_t rpc_clients = 0;  // 2 to 256
    // Are these the bounds of an agent that has all it may want?
    [[nodiscard]] bool ample() const {
        return streams == kMostStreams && rpc_clients == kMostClients;
    }

    static constexpr std::size_t kMostStreams = 1024;
    static constexpr std::size_t kMostClients = 256;
};

// `limit` descriptors, of which 32 are for sockets, the log and the loop itself; of the rest half
// is for peers' streams, a quarter for clients, and a quarter for what we open ourselves.
[[nodiscard]] DescriptorShares share_descriptors(std::size_t limit);

// Below this, shares are smaller than they might be.
inline constexpr std::size_t kAmpleDescriptors = 32 + 2 * DescriptorShares::kMostStreams;

}  // namespace rollcall::agent

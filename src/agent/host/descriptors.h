// SPDX-License-Identifier: Apache-2.0
//
// Shares the process's file descriptors among kinds of connections. Without a free descriptor the
// agent could not even accept the operator's client, so each kind has a bound below the limit of
// the process, is counted, and has its own rule of eviction.
#pragma once

#include <cstddef>

namespace rollcall::agent {

struct DescriptorShares {
    std::size_t streams = 0;       // accepted from peers, closing ones included: 2 to 1024
    std::size_t rpc_clients = 0;   // 2 to 256
    std::size_t http_clients = 0;  // 2 to 256
    std::size_t tls_clients = 0;   // of both, by tls: addresses; 2 to 256
    // Whether no bound is reduced.
    [[nodiscard]] bool ample() const {
        return streams == kMostStreams && rpc_clients == kMostClients &&
               http_clients == kMostClients;
    }

    static constexpr std::size_t kMostStreams = 1024;
    static constexpr std::size_t kMostClients = 256;
};

// Of `limit` descriptors 32 are for listening sockets, the log and the loop; of the rest, half are
// for peers' streams, a quarter for control clients, an eighth for HTTP clients, a sixteenth for
// TLS, which needs two more for each of its clients, and a sixteenth for what the agent opens
// itself.
[[nodiscard]] DescriptorShares share_descriptors(std::size_t limit);

// Below this the shares are reduced.
inline constexpr std::size_t kAmpleDescriptors = 32 + 2 * DescriptorShares::kMostStreams;

}  // namespace rollcall::agent

// SPDX-License-Identifier: Apache-2.0
//
// Datagrams that are sent in one system call (sendmmsg) instead of one call each: the answers to a
// batch of datagrams that were read together. Holds copies, keeps their order; errors are handled
// by the caller.
#pragma once

#include <sys/socket.h>

#include <cstddef>
#include <vector>

#include "base/bytes.h"
#include "base/endpoint.h"
#include "transport/addresses.h"

namespace rollcall::transport {

class SendBatch {
public:
    static constexpr std::size_t kMost = 64;             // datagrams
    static constexpr std::size_t kMostBytes = 64 << 10;  // of all of them

    // False: it is full; empty it and add this one again.
    [[nodiscard]] bool add(const Endpoint& to, const SocketAddress& address, Bytes bytes);
    [[nodiscard]] bool empty() const { return entries_.empty(); }
    [[nodiscard]] std::size_t size() const { return entries_.size(); }
    [[nodiscard]] const Endpoint& to(std::size_t i) const { return entries_[i].to; }
    [[nodiscard]] const SocketAddress& address(std::size_t i) const { return entries_[i].address; }
    [[nodiscard]] Bytes bytes(std::size_t i) const {
        return Bytes{bytes_}.subspan(entries_[i].start, entries_[i].size);
    }
    // Sends from number `first` on, as many as the kernel accepts in one call; 0 when it refuses
    // that one, with the reason in errno.
    [[nodiscard]] std::size_t send_from(std::size_t first, int socket);
    void clear();

private:
    struct Entry {
        Endpoint to;
        SocketAddress address;
        std::size_t start = 0, size = 0;
    };
    std::vector<Entry> entries_;
    std::vector<std::byte> bytes_;
    std::vector<iovec> parts_;      // scratch
    std::vector<mmsghdr> headers_;  // scratch
};

}  // namespace rollcall::transport

// SPDX-License-Identifier: Apache-2.0
//
// Input that waits while a process does not run: datagrams up to a bound, the oldest kept, as a
// kernel does; everything else in order. Knows no core.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "base/endpoint.h"
#include "base/ids.h"
#include "membership/core.h"

namespace rollcall::sim {

class SocketBuffer {
public:
    static constexpr std::size_t kDatagramBytes = 212992;  // Linux' default for a socket
    static constexpr std::size_t kDatagramCost = 512;      // bookkeeping that counts towards it
    static constexpr std::size_t kBacklog = 128;           // connections not yet accepted

    struct Input {
        enum class Kind : std::uint8_t {
            datagram,
            send_error,
            accepted,
            connected,
            data,
            closed,
        };
        Kind kind = Kind::datagram;
        Endpoint from;
        std::vector<std::byte> bytes;
        StreamId stream;
        membership::SendError error = membership::SendError::local;
        membership::StreamEnd end = membership::StreamEnd::local;
    };

    void push(Input input) {
        if (input.kind == Input::Kind::datagram) {
            const std::size_t cost = input.bytes.size() + kDatagramCost;
            if (datagram_bytes_ + cost > kDatagramBytes) {
                ++dropped_;
                return;
            }
            datagram_bytes_ += cost;
        }
        if (input.kind == Input::Kind::accepted) ++backlog_;
        waiting_.push_back(std::move(input));
    }
    [[nodiscard]] bool backlog_full() const { return backlog_ >= kBacklog; }
    [[nodiscard]] std::vector<Input> take() {
        datagram_bytes_ = backlog_ = 0;
        return std::exchange(waiting_, {});
    }
    [[nodiscard]] std::uint64_t dropped() const { return dropped_; }

private:
    std::vector<Input> waiting_;
    std::size_t datagram_bytes_ = 0;
    std::size_t backlog_ = 0;
    std::uint64_t dropped_ = 0;
};

}  // namespace rollcall::sim

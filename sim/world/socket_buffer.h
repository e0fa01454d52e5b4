// SPDX-License-Identifier: Apache-2.0
//
// Input that waits until the process reads it: datagrams up to a bound, the oldest kept, as in a
// kernel; everything else in order. Does not depend on a core.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/endpoint.h"
#include "base/ids.h"
#include "membership/core.h"

namespace rollcall::sim {

class SocketBuffer {
public:
    static constexpr std::size_t kDatagramBytes = 212992;  // Linux' default for a socket
    static constexpr std::size_t kDatagramCost = 512;      // overhead that counts towards it
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

    // Bounded in bytes, as a socket is.
    void push(Input input) {
        if (input.kind == Input::Kind::datagram) {
            if (datagram_bytes_ + cost(input) > kDatagramBytes) {
                ++dropped_;
                return;
            }
        }
        keep(std::move(input));
    }
    // Bounded in datagrams, as a queue inside a process is.
    void push(Input input, std::size_t most_datagrams) {
        if (input.kind == Input::Kind::datagram && datagrams_ >= most_datagrams) {
            ++dropped_;
            return;
        }
        keep(std::move(input));
    }
    [[nodiscard]] bool empty() const { return waiting_.empty(); }
    [[nodiscard]] std::size_t size() const { return waiting_.size(); }
    [[nodiscard]] bool backlog_full() const { return backlog_ >= kBacklog; }
    // The oldest. There must be one.
    [[nodiscard]] Input pop() {
        ROLLCALL_CHECK(!waiting_.empty());
        Input input = std::move(waiting_.front());
        waiting_.pop_front();
        if (input.kind == Input::Kind::datagram) {
            datagram_bytes_ -= cost(input);
            --datagrams_;
        }
        if (input.kind == Input::Kind::accepted) --backlog_;
        return input;
    }
    // All of it.
    [[nodiscard]] std::deque<Input> take() {
        datagram_bytes_ = datagrams_ = backlog_ = 0;
        return std::exchange(waiting_, {});
    }
    // Datagrams since the start.
    [[nodiscard]] std::uint64_t dropped() const { return dropped_; }

private:
    [[nodiscard]] static std::size_t cost(const Input& input) {
        return input.bytes.size() + kDatagramCost;
    }
    void keep(Input input) {
        if (input.kind == Input::Kind::datagram) {
            datagram_bytes_ += cost(input);
            ++datagrams_;
        }
        if (input.kind == Input::Kind::accepted) ++backlog_;
        waiting_.push_back(std::move(input));
    }

    std::deque<Input> waiting_;
    std::size_t datagram_bytes_ = 0;
    std::size_t datagrams_ = 0;
    std::size_t backlog_ = 0;
    std::uint64_t dropped_ = 0;
};

}  // namespace rollcall::sim

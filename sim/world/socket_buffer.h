// SPDX-License-Identifier: Apache-2.0
//
// Input that waits while a process does not read it: datagrams up to a bound, the oldest kept, as a
// kernel does; everything else in order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <utility>
#include <vector>

#include "base/bytes.h"
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
        Bytes bytes;  // borrowed
        StreamId stream;
        membership::SendError error = membership::SendError::local;
        membership::StreamEnd end = membership::StreamEnd::local;
    };
    // Input with its own copy of the bytes.
    class Stored {
    public:
        explicit Stored(const Input& input)
            : input_{input}, bytes_(input.bytes.begin(), input.bytes.end()) {
            input_.bytes = {};
        }
        // Borrowed from this object.
        [[nodiscard]] Input input() const {
            Input whole = input_;
            whole.bytes = bytes_;
            return whole;
        }
        [[nodiscard]] Input::Kind kind() const { return input_.kind; }
        [[nodiscard]] std::size_t size() const { return bytes_.size(); }

    private:
        Input input_;  // without its bytes
        std::vector<std::byte> bytes_;
    };

    // Bounded in bytes, as a socket is.
    void push(const Input& input) {
        if (input.kind == Input::Kind::datagram &&
            datagram_bytes_ + cost(input.bytes.size()) > kDatagramBytes) {
            ++dropped_;
            return;
        }
        store(input);
    }
    // Bounded in datagrams, as a queue inside a process is.
    void push(const Input& input, std::size_t most_datagrams) {
        if (input.kind == Input::Kind::datagram && datagrams_ >= most_datagrams) {
            ++dropped_;
            return;
        }
        store(input);
    }
    [[nodiscard]] bool empty() const { return waiting_.empty(); }
    [[nodiscard]] std::size_t size() const { return waiting_.size(); }
    [[nodiscard]] bool backlog_full() const { return backlog_ >= kBacklog; }
    // The oldest. There must be one.
    [[nodiscard]] Stored pop() {
        ROLLCALL_CHECK(!waiting_.empty());
        Stored oldest = std::move(waiting_.front());
        waiting_.pop_front();
        if (oldest.kind() == Input::Kind::datagram) {
            datagram_bytes_ -= cost(oldest.size());
            --datagrams_;
        }
        if (oldest.kind() == Input::Kind::accepted) --backlog_;
        return oldest;
    }
    // All at once.
    [[nodiscard]] std::deque<Stored> take() {
        datagram_bytes_ = datagrams_ = backlog_ = 0;
        return std::exchange(waiting_, {});
    }
    // Datagrams dropped since it was made.
    [[nodiscard]] std::uint64_t dropped() const { return dropped_; }

private:
    [[nodiscard]] static std::size_t cost(std::size_t size) { return size + kDatagramCost; }
    void store(const Input& input) {
        if (input.kind == Input::Kind::datagram) {
            datagram_bytes_ += cost(input.bytes.size());
            ++datagrams_;
        }
        if (input.kind == Input::Kind::accepted) ++backlog_;
        waiting_.emplace_back(input);
    }

    std::deque<Stored> waiting_;
    std::size_t datagram_bytes_ = 0;
    std::size_t datagrams_ = 0;
    std::size_t backlog_ = 0;
    std::uint64_t dropped_ = 0;
};

}  // namespace rollcall::sim

// SPDX-License-Identifier: Apache-2.0
//
// Replies to a client's commands, in their order. One command at a time is slow: it replies from a
// callback, which may run inside the call that starts it, later, or after the session has ended.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "agent/session/client.h"
#include "rpc/messages.h"

namespace rollcall::agent {

class Replies {
public:
    explicit Replies(RpcClient& client) : client_{client} {}

    // A reply of a header alone; "" is success.
    void send(std::uint64_t seq, std::string_view error = {});
    // A reply with a body.
    template <class Body>
    void send(std::uint64_t seq, std::string_view error, const Body& body) {
        send(seq, error);
        rpc::append(text_, body);
    }
    // A reply without an error, whose body is made in slices: the callback appends one, or works
    // on one and appends nothing, and returns true for the last.
    using Slices = std::function<bool(std::string& out)>;
    void send_in_slices(std::uint64_t seq, Slices slices);
    // The callback of a slow command: calls `finish`, which sends the reply, with the command's
    // results, unless the session has ended.
    template <class Finish>
    [[nodiscard]] auto later(Finish finish) {
        waiting_ = true;
        return [this, finish = std::move(finish),
                alive = std::weak_ptr{alive_}](const auto&... results) {
            if (alive.expired()) return;
            waiting_ = false;
            finish(results...);
            client_.wake();
        };
    }
    // The same for a command without results: the reply is its error.
    [[nodiscard]] Control::Done error_later(std::uint64_t seq) {
        return later([this, seq](const std::string& error) { send(seq, error); });
    }

    // Appends what is to be sent, or works on one slice. False: there is nothing.
    [[nodiscard]] bool write(std::string& out);
    [[nodiscard]] bool waiting() const { return waiting_; }  // for a slow command
    [[nodiscard]] bool in_slices() const { return static_cast<bool>(slices_); }
    // Whether write() appended something since the last call.
    [[nodiscard]] bool take_written() { return std::exchange(written_, false); }

private:
    RpcClient& client_;
    std::string text_;
    Slices slices_;
    bool waiting_ = false;
    bool written_ = false;
    std::shared_ptr<int> alive_ = std::make_shared<int>();
};

}  // namespace rollcall::agent

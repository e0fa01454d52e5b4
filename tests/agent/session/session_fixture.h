// SPDX-License-Identifier: Apache-2.0
//
// A client's session without its socket, in front of a scripted agent: bytes in, objects out.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "agent/session/scripted_agent.h"
#include "agent/session/session.h"

namespace rollcall::agent::tests {

inline constexpr std::size_t kPlenty = std::size_t{1} << 20;

class SessionTest : public testing::Test {
protected:
    SessionTest() { begin(); }

    void begin() {
        session_ = std::make_unique<RpcSession>(RpcClient{
            .control = agent_,
            .log = *log_,
            .limits = limits_,
            .token = token_,
            .stats = stats_,
            .peer = "a client",
            .wake = [this] { ++wakes_; },
            .wake_soon = [this] { ++wakes_soon_; },
            .refuse_token = [](const std::function<void()>& refuse) { refuse(); },
            .complain = [this](std::string_view,
                               const std::string& text) { complaints_.push_back(text); }});
    }
    static std::string command(std::string_view name, std::uint64_t seq) {
        return rpc::encode(rpc::RequestHeader{.command = std::string{name}, .seq = seq});
    }
    static std::string handshake(std::uint64_t seq) {
        return command("handshake", seq) + rpc::encode(rpc::HandshakeRequest{.version = 1});
    }
    void receive(std::string_view bytes) { session_->receive(bytes); }
    std::string pump(std::size_t room = kPlenty) {
        std::string out;
        while (session_->pump(out, room) && out.size() < room) {
        }
        return out;
    }
    // What was sent, as objects.
    std::vector<Json> objects() { return objects_in(pump()); }
    static std::vector<Json> objects_in(std::string_view bytes) {
        rpc::ObjectReader reader{rpc::kClientLimits};
        reader.feed(bytes);
        std::vector<Json> found;
        while (reader.next() == rpc::ObjectReader::Status::object) {
            found.push_back(to_json(reader.object()));
        }
        return found;
    }
    static Json reply(std::uint64_t seq, std::string_view error = "") {
        return {{"Error", error}, {"Seq", seq}};
    }

    std::unique_ptr<Log> log_ = std::move(*Log::open({.file = "/dev/null"}));
    ScriptedAgent agent_;
    RpcLimits limits_;
    std::string token_;
    RpcStats stats_;
    int wakes_ = 0, wakes_soon_ = 0;
    std::vector<std::string> complaints_;
    std::unique_ptr<RpcSession> session_;
};

}  // namespace rollcall::agent::tests

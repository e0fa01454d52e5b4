// SPDX-License-Identifier: Apache-2.0
//
// The other end of a control connection, played from a script on a loopback port or a Unix socket:
// waits for each object of the client, answers with bytes, then hangs up. One client, one thread.
#pragma once

#include <cstdint>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "cli/recordings.h"
#include "rpc/messages.h"

namespace rollcall::cli::testing {

// The steps that most scripts are made of.
inline const Step kClientSends{.from_client = true};
inline Step header(std::uint64_t seq, std::string error = "") {
    return {.bytes = agent::rpc::encode(
                agent::rpc::ResponseHeader{.error = std::move(error), .seq = seq})};
}

class FakeAgent {
public:
    struct Script {
        std::vector<Step> steps;
        // After the last step: false hangs up, true waits until the client does.
        bool stays = false;
        // How the bytes of a step are cut: so many at a time; 0 is all at once.
        std::size_t segment = 0;
        // Reset the connection instead of finishing it.
        bool resets = false;
        // Of a Unix socket to listen on, instead of the port.
        std::string path = {};
    };

    explicit FakeAgent(Script script);
    FakeAgent(const FakeAgent&) = delete;
    FakeAgent& operator=(const FakeAgent&) = delete;
    ~FakeAgent();

    [[nodiscard]] std::uint16_t port() const { return port_; }
    [[nodiscard]] std::string address() const {
        return script_.path.empty() ? "127.0.0.1:" + std::to_string(port_) : "unix:" + script_.path;
    }

    // Waits for the end of the conversation. What the client sent, object by object, re-encoded in
    // one fixed form: see canonical().
    [[nodiscard]] std::vector<std::string> received();

private:
    void listen_on_a_port();
    void listen_on_a_path();
    void play();
    Script script_;
    int listener_ = -1;
    std::uint16_t port_ = 0;
    std::vector<std::string> received_;
    std::thread thread_;
};

// An object as text that does not depend on the order of keys or the form of integers; nil, an
// empty map and an empty array are the same, as they are to an agent.
std::string canonical(const std::string& object_bytes);

}  // namespace rollcall::cli::testing

// SPDX-License-Identifier: Apache-2.0
//
// What a client may do: nothing before its handshake, little before its token, and nothing more
// once a request was broken or forbidden.
#pragma once

#include <cstdint>
#include <string_view>

#include "agent/session/client.h"

namespace rollcall::agent {

class Admission {
public:
    explicit Admission(RpcClient& client) : client_{client}, authenticated_{client.token.empty()} {}

    [[nodiscard]] bool has_shaken_hands() const { return version_ != 0; }
    [[nodiscard]] bool authenticated() const { return authenticated_; }
    [[nodiscard]] bool trusted() const { return version_ != 0 && authenticated_; }
    [[nodiscard]] bool closing() const { return closing_; }  // send queued bytes, then close

    void shake_hands(std::int32_t version) { version_ = version; }
    // False, counted and logged, for a wrong token. The third closes the connection, see refused().
    [[nodiscard]] bool authenticate(std::string_view token);
    // After the refusal of a wrong token was sent.
    void refused() { closing_ = closing_ || wrong_tokens_ >= kMostWrongTokens; }
    void close() { closing_ = true; }
    // Counts and logs a request that cannot be read, and closes.
    void refuse_broken(std::string_view why);

private:
    static constexpr int kMostWrongTokens = 3;

    RpcClient& client_;
    std::int32_t version_ = 0;  // 0: no handshake yet
    int wrong_tokens_ = 0;
    bool authenticated_;
    bool closing_ = false;
};

}  // namespace rollcall::agent

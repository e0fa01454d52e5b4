// SPDX-License-Identifier: Apache-2.0
#include "agent/session/admission.h"

#include <string>

#include "base/text.h"

namespace rollcall::agent {
bool Admission::authenticate(std::string_view token) {
    if (!same_secret(token, client_.token)) {
        ++client_.stats.bad_tokens;
        ++wrong_tokens_;
        client_.complain("rpc-bad-token", client_.peer + " sent a wrong token");
        return false;
    }
    authenticated_ = true;
    return true;
}

void Admission::refuse_broken(std::string_view why) {
    ++client_.stats.broken_requests;
    closing_ = true;
    client_.complain("rpc-broken-request", "a request of " + client_.peer + " " + std::string{why} +
                                               "; closing the connection");
}

}  // namespace rollcall::agent

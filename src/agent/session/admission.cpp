// SPDX-License-Identifier: Apache-2.0
#include "agent/session/admission.h"

#include <string>

namespace rollcall::agent {
namespace {

// In a time that does not depend on where the two differ, nor on the length of the wanted token.
bool same_token(std::string_view given, std::string_view wanted) {
    std::size_t difference = given.size() ^ wanted.size();
    for (std::size_t i = 0; i < given.size(); ++i) {
        const char other = wanted.empty() ? '\0' : wanted[i % wanted.size()];
        difference |= static_cast<unsigned char>(given[i] ^ other);
    }
    return difference == 0;
}

}  // namespace

bool Admission::authenticate(std::string_view token) {
    if (!same_token(token, client_.token)) {
        ++client_.stats.bad_tokens;
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

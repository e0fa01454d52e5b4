// SPDX-License-Identifier: Apache-2.0
#include "agent/http/token_guard.h"

#include <algorithm>

#include "base/text.h"

namespace rollcall::agent::http {

bool TokenGuard::is_right(std::string_view authorization) const {
    constexpr std::string_view kBearer = "bearer ";
    if (authorization.size() < kBearer.size()) return false;
    for (std::size_t i = 0; i < kBearer.size(); ++i) {
        const char c = authorization[i];
        if ((c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c) != kBearer[i]) {
            return false;
        }
    }
    authorization.remove_prefix(kBearer.size());
    authorization.remove_prefix(
        std::min(authorization.find_first_not_of(' '), authorization.size()));
    return has_token() && same_secret(authorization, token_);
}

Duration TokenGuard::wrong(Time now, const std::string& client) {
    if (!clients_.contains(client)) make_room(now);
    Record& record = clients_[client];
    if (now - record.last > kForgotten) record.failures = 0;
    record.last = now;
    Duration delay = kFirstDelay;
    for (unsigned i = 0; i < record.failures && delay < kLongestDelay; ++i) delay *= 2;
    ++record.failures;
    return std::min(delay, kLongestDelay);
}

void TokenGuard::make_room(Time now) {
    if (clients_.size() < kMostClients) return;
    std::erase_if(clients_,
                  [&](const auto& client) { return now - client.second.last > kForgotten; });
    if (clients_.size() < kMostClients) return;
    clients_.erase(std::ranges::min_element(clients_, {},
                                            [](const auto& client) { return client.second.last; }));
}

}  // namespace rollcall::agent::http

// SPDX-License-Identifier: Apache-2.0
//
// Whether a request is meant for this agent, by its Host. A page of another site can make a browser
// connect here under its own name (DNS rebinding), but it cannot change the Host that the browser
// sends. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/endpoint.h"

namespace rollcall::agent::http {

class HostRule {
public:
    // Names besides `localhost`, in any case.
    explicit HostRule(std::vector<std::string> names);

    // `host` is NAME, NAME:PORT, or an address; `local` is the address of this host that the client
    // connected to, none for a Unix socket, which browsers cannot reach.
    [[nodiscard]] bool allows(std::string_view host, const std::optional<Endpoint>& local) const;

private:
    std::vector<std::string> names_;  // in lower case
};

}  // namespace rollcall::agent::http

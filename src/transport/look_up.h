// SPDX-License-Identifier: Apache-2.0
//
// One question to the system that may wait for name servers or for a disk: what is behind a name, a
// service (transport/srv.h) or a file of seeds (transport/seed_file.h)? Answers addresses, or
// further hosts that are to be looked up in turn. Blocks: for a thread of its own
// (transport/lookup_threads.h).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/endpoint.h"

namespace rollcall::transport {

struct Found {
    std::vector<Endpoint> endpoints;
    std::vector<HostPort> hosts;
    std::string error;  // why there is neither
};

// `name_server`: for services; none: the system's.
[[nodiscard]] Found look_up(const HostPort& asked, const std::optional<Endpoint>& name_server);

[[nodiscard]] std::string cannot_resolve(const std::string& host, const std::string& why);

}  // namespace rollcall::transport

// SPDX-License-Identifier: Apache-2.0
//
// One blocking look-up of a name, a service (transport/srv.h) or a seed file
// (transport/seed_file.h). Returns addresses, or further hosts to look up. May wait for name
// servers or the disk: runs on a separate thread
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
    std::string error;  // the reason when there is neither
};

// `name_server`: for services; none: the system's.
[[nodiscard]] Found look_up(const HostPort& asked, const std::optional<Endpoint>& name_server);

[[nodiscard]] std::string cannot_resolve(const std::string& host, const std::string& why);

}  // namespace rollcall::transport

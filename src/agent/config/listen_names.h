// SPDX-License-Identifier: Apache-2.0
//
// Host names in bind, advertise, rpc_addr and http_addr ("localhost", a container's host name):
// parsing and resolving. Resolved once, before the agent starts, not on a reload. Blocks on the
// system's resolver, up to a given limit. Must not run on an event loop's thread.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/config/config.h"
#include "base/endpoint.h"
#include "base/result.h"
#include "base/time.h"

namespace rollcall::agent {

// Letters, digits, '-', '_' and '.'.
[[nodiscard]] bool is_host_name(std::string_view text);

// "HOST" or "HOST:PORT". Nullopt if it is no name: digits and dots alone are a mistyped address.
[[nodiscard]] std::optional<ListenName> parse_listen_name(std::string_view field,
                                                          const std::string& text,
                                                          std::uint16_t default_port);

// Returns the addresses of a host, without ports, or why there are none. Called on one thread per
// name, concurrently.
using HostLookup = std::function<Result<std::vector<Endpoint>, std::string>(const std::string&)>;
[[nodiscard]] HostLookup system_lookup();

inline constexpr Duration kLongestListenLookup = std::chrono::seconds{10};

// Resolves Settings::names and stores the addresses in the settings: of several, the first IPv4
// one, as Serf does, or else the first. The advertised address is of a family that bind supports.
// Each error names field and name; a name that did not resolve stays in Settings::names.
[[nodiscard]] std::vector<ConfigError> find_listen_names(Settings& settings,
                                                         const HostLookup& lookup = system_lookup(),
                                                         Duration limit = kLongestListenLookup);

}  // namespace rollcall::agent

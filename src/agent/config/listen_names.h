// SPDX-License-Identifier: Apache-2.0
//
// Names of hosts in bind, advertise and rpc_addr ("localhost", a container's host name): which
// texts are one, and what they come to. Looked up once, before the agent starts; a reload does not
// ask again. Waits for the system's resolver, but never longer than it is told. Not for a loop's
// thread.
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

// "HOST" or "HOST:PORT". Nullopt: no name. Digits and points alone are a mistyped address.
[[nodiscard]] std::optional<ListenName> parse_listen_name(std::string_view field,
                                                          const std::string& text,
                                                          std::uint16_t default_port);

// The addresses of a host, without ports, or why there are none. Called on threads of its own, all
// names at once.
using HostLookup = std::function<Result<std::vector<Endpoint>, std::string>(const std::string&)>;
[[nodiscard]] HostLookup system_lookup();

inline constexpr Duration kLongestListenLookup = std::chrono::seconds{10};

// Puts the addresses of Settings::names into their places, of several the first IPv4 one, as Serf
// does, or else the first. The address to advertise is of a family that bind can speak. Each error
// names field and name; such a name stays in Settings::names.
[[nodiscard]] std::vector<ConfigError> find_listen_names(Settings& settings,
                                                         const HostLookup& lookup = system_lookup(),
                                                         Duration limit = kLongestListenLookup);

}  // namespace rollcall::agent

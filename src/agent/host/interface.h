// SPDX-License-Identifier: Apache-2.0
//
// Chooses the address to bind to when an interface is given, alone or to verify a given address.
// Pure: the caller passes the list of interfaces (agent/host/advertise.h).
#pragma once

#include <span>
#include <string>

#include "agent/host/advertise.h"
#include "base/endpoint.h"
#include "base/result.h"
#include "membership/config.h"

namespace rollcall::agent {

// Keeps the port of `bind`. The any-address is replaced by one of the interface's addresses, of the
// same family if possible, never link-local, as with Serf. A single address must be one of the
// interface's.
[[nodiscard]] Result<Endpoint, membership::ConfigError> bind_on_interface(
    const std::string& interface, const Endpoint& bind, std::span<const HostAddress> host);

}  // namespace rollcall::agent

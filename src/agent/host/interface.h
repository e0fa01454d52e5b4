// SPDX-License-Identifier: Apache-2.0
//
// Which address to bind to when an interface is named instead of one, or beside one to be sure of
// it. Pure: the list of interfaces is the caller's (agent/host/advertise.h).
#pragma once

#include <span>
#include <string>

#include "agent/host/advertise.h"
#include "base/endpoint.h"
#include "base/result.h"
#include "membership/config.h"

namespace rollcall::agent {

// `bind` with its port. All addresses: one of the interface's instead, of the same family if there
// is any, and never a link-local one, as with Serf. A single address: itself, if it is one of the
// interface's.
[[nodiscard]] Result<Endpoint, membership::ConfigError> bind_on_interface(
    const std::string& interface, const Endpoint& bind, std::span<const HostAddress> host);

}  // namespace rollcall::agent

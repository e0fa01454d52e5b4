// SPDX-License-Identifier: Apache-2.0
//
// Chooses the addresses of a seed to contact. Pure functions.
#pragma once

#include <functional>
#include <vector>

#include "agent/join/joiner.h"
#include "base/endpoint.h"
#include "membership/member_table.h"

namespace rollcall::agent {

// The addresses that are not alive members: for a seed with a node name all or none, depending on
// that member; else as strangers_among() decides.
[[nodiscard]] std::vector<Endpoint> strangers_of(const Joiner::Resolved& seed,
                                                 const membership::MemberTable& members);

// For a join by a client: the addresses that could answer us (agent/host/own_address.h), and one
// error for all others.
[[nodiscard]] Joiner::Chosen peers_to_ask(const Joiner::Resolved& peer,
                                          const std::function<bool(const Endpoint&)>& out_of_reach);

}  // namespace rollcall::agent

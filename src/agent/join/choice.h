// SPDX-License-Identifier: Apache-2.0
//
// Which addresses of a seed are contacted. Pure functions.
#pragma once

#include <functional>
#include <vector>

#include "agent/join/joiner.h"
#include "base/endpoint.h"
#include "membership/member_table.h"

namespace rollcall::agent {

// Those that are not alive members: of a seed with a node's name all or none, depending on that
// member; else as strangers_among() has it.
[[nodiscard]] std::vector<Endpoint> strangers_of(const Joiner::Resolved& seed,
                                                 const membership::MemberTable& members);

// Of a peer that a client wants us to join: those that could answer us
// (agent/host/own_address.h); one error for all others.
[[nodiscard]] Joiner::Chosen peers_to_ask(const Joiner::Resolved& peer,
                                          const std::function<bool(const Endpoint&)>& out_of_reach);

}  // namespace rollcall::agent

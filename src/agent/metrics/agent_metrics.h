// SPDX-License-Identifier: Apache-2.0
//
// The counters of the agent's own parts as metrics: every one of them. Pure functions.
#pragma once

#include <array>
#include <cstddef>

#include "agent/files/file_writer.h"
#include "agent/join/seed_keeper.h"
#include "agent/metrics/families.h"
#include "agent/scripts/event_handlers.h"
#include "agent/session/client.h"

namespace rollcall::agent {

void add_metrics(const RpcStats& stats, Families& families);
void add_metrics(const HandlerStats& stats, Families& families);
void add_metrics(const FileWriter::Stats& stats, Families& families);
void add_metrics(const std::array<std::size_t, kSeedStates>& seeds, Families& families);

}  // namespace rollcall::agent

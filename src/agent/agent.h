// SPDX-License-Identifier: Apache-2.0
//
// `rollcall agent`: one process that is a member of a cluster. Builds the parts on one loop (the
// Serf core, its driver, the control protocol's server, signals), runs them, and takes them down in
// order. Decides nothing about the protocol. One agent per process: it owns the signals.
#pragma once

#include "agent/config/sources.h"

namespace rollcall::agent {

// Runs until the agent has left or is stopped; returns the exit code (docs/operations/stop.md,
// "Exit codes"). Start-up lines go to stdout, errors to stderr. SIGHUP loads `sources` again.
[[nodiscard]] int run_agent(const ConfigSources& sources);

}  // namespace rollcall::agent

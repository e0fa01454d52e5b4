// SPDX-License-Identifier: Apache-2.0
//
// The counters of the cores and of the transport as metrics: every one of them, which a test
// checks. Pure functions. Those of serf come first: they begin families that membership goes on
// with.
#pragma once

#include "agent/metrics/families.h"
#include "membership/stats.h"
#include "serf/stats.h"
#include "transport/stats.h"

namespace rollcall::agent {

void add_metrics(const membership::Stats& stats, Families& families);
void add_metrics(const serf::Stats& stats, Families& families);
void add_metrics(const transport::Stats& stats, Families& families);

}  // namespace rollcall::agent

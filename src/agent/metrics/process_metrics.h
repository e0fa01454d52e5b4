// SPDX-License-Identifier: Apache-2.0
//
// This process as the kernel sees it, under the names that Prometheus' own clients use. Read from
// /proc and getrusage(2) at each call; a value that cannot be read is left out.
#pragma once

#include "agent/metrics/families.h"

namespace rollcall::agent {

void add_process_metrics(Families& families);

}  // namespace rollcall::agent

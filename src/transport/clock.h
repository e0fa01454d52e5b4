// SPDX-License-Identifier: Apache-2.0
//
// The one place where protocol time comes from a real clock. CLOCK_BOOTTIME where the system has
// it: it never goes back and, unlike CLOCK_MONOTONIC (and so unlike uv_hrtime and libuv's timers),
// it counts the time a machine was suspended. A suspended laptop then causes a gap between two
// calls of the core, which rule Z1 detects. Falls back to uv_hrtime. Any thread.
#pragma once

#include "base/time.h"

namespace rollcall::transport {

[[nodiscard]] Time clock_now();

}  // namespace rollcall::transport

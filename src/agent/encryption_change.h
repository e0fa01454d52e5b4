// SPDX-License-Identifier: Apache-2.0
//
// Changes the step of the encryption while the agent runs, and logs what that means: the step
// before, who still sends plain text, and a step that was left out.
#pragma once

#include "agent/log/logging.h"
#include "base/time.h"
#include "serf/serf.h"
#include "wire/encryption.h"

namespace rollcall::agent {

void change_encryption(Time now, wire::Encryption wanted, serf::Serf& core, Log& log);

}  // namespace rollcall::agent

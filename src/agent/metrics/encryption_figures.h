// SPDX-License-Identifier: Apache-2.0
//
// The step of the encryption (wire/encryption.h), and who still sends plain text, for `rollcall
// info`, /metrics and the log. Read from the core at that moment.
#pragma once

#include <string>

#include "agent/metrics/families.h"
#include "base/time.h"
#include "membership/node.h"
#include "rpc/messages.h"

namespace rollcall::agent {

// "10.0.0.3:7946 (db1) 12s ago, ..."; the name only where one member is there. "": nobody.
[[nodiscard]] std::string plain_text_sources(Time now, const membership::Node& node);
// The section "encryption".
[[nodiscard]] rpc::StringMap encryption_section(Time now, const membership::Node& node);
void add_encryption_metrics(Time now, const membership::Node& node, Families& families);

}  // namespace rollcall::agent

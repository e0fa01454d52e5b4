// SPDX-License-Identifier: Apache-2.0
//
// The tls: addresses as metrics: handshakes, clients, and when the certificate expires.
#pragma once

#include "agent/metrics/families.h"
#include "agent/tls_front/tls_front.h"

namespace rollcall::agent {

void add_tls_metrics(const TlsFront& front, Families& families);

}  // namespace rollcall::agent

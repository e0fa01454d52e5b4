// SPDX-License-Identifier: Apache-2.0
#include "agent/metrics/tls_metrics.h"

#include "agent/tls_front/figures.h"

namespace rollcall::agent {

void add_tls_metrics(const TlsFront& front, Families& families) {
    families.gauge("rollcall_tls_certificate_not_after_seconds",
                   "When the certificate of the tls: addresses expires, in Unix time.",
                   in_seconds(front.credentials().not_after().time_since_epoch()));
    families.gauge("rollcall_tls_clients", "Clients of the tls: addresses.",
                   static_cast<double>(front.stats().open));
    for (const HandshakeCount& outcome : kHandshakeCounts) {
        families.counter(
            "rollcall_tls_handshakes_total", "Handshakes at the tls: addresses, by result.",
            static_cast<double>(front.stats().*outcome.count), {{"result", outcome.name}});
    }
}

}  // namespace rollcall::agent

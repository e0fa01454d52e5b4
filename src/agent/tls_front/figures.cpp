// SPDX-License-Identifier: Apache-2.0
#include "agent/tls_front/figures.h"

#include <string>

namespace rollcall::agent {

rpc::StringMap tls_section(const TlsFront& front) {
    const tls::Credentials& own = front.credentials();
    rpc::StringMap section{{"subject", own.subject()},
                           {"valid_from", utc_text(own.not_before())},
                           {"valid_until", utc_text(own.not_after())},
                           {"clients", std::to_string(front.stats().open)}};
    for (const HandshakeCount& outcome : kHandshakeCounts) {
        section[std::string{outcome.name}] = std::to_string(front.stats().*outcome.count);
    }
    return section;
}

}  // namespace rollcall::agent

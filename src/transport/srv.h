// SPDX-License-Identifier: Apache-2.0
//
// Services in DNS (RFC 2782): a name such as _rollcall._udp.example.org lists the hosts and ports
// that offer it. An operator writes it "srv+_rollcall._udp.example.org". Uses the system's resolver
// library, which blocks: runs on a separate thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/endpoint.h"
#include "base/result.h"

namespace rollcall::transport {

struct SrvTarget {
    std::string host;  // without the dot at its end
    std::uint16_t port = 0;
    std::uint16_t priority = 0;  // lower ones come first
    friend bool operator==(const SrvTarget&, const SrvTarget&) = default;
};

struct SrvError {
    std::string why;  // "no such name", "it has no SRV records", ...
};
using SrvAnswer = Result<std::vector<SrvTarget>, SrvError>;

// The service after "srv+"; nullopt for an ordinary host.
[[nodiscard]] std::optional<std::string_view> service_of(std::string_view host);

// The targets in a DNS message, by priority, each once, at most `most`. Other records are skipped;
// a malformed message is an error. A target "." means that there is no such service.
[[nodiscard]] SrvAnswer targets_in(Bytes message, std::size_t most);

// Asks `server`, or those of /etc/resolv.conf. Waits up to some ten seconds.
[[nodiscard]] SrvAnswer ask_for_service(const std::string& service, std::size_t most,
                                        const std::optional<Endpoint>& server = {});

}  // namespace rollcall::transport

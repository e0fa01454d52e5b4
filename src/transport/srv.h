// SPDX-License-Identifier: Apache-2.0
//
// Services in DNS (RFC 2782): a name such as _rollcall._udp.example.org that says which hosts offer
// it, and on which ports. An operator writes it "srv+_rollcall._udp.example.org". Asked with the
// system's own resolver library, which waits: on a thread of its own.
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
    std::uint16_t priority = 0;  // lower ones are asked first
    friend bool operator==(const SrvTarget&, const SrvTarget&) = default;
};

struct SrvError {
    std::string why;  // "no such name", "it has no SRV records", ...
};
using SrvAnswer = Result<std::vector<SrvTarget>, SrvError>;

// The service behind "srv+"; nullopt when the host is an ordinary one.
[[nodiscard]] std::optional<std::string_view> service_of(std::string_view host);

// The targets in a DNS message, by priority, each once, at most `most`. Whatever else is in it is
// passed over, what cannot be read is an error. A target "." says that there is no such service.
[[nodiscard]] SrvAnswer targets_in(Bytes message, std::size_t most);

// Asks `server`, or those of /etc/resolv.conf. Waits up to some ten seconds.
[[nodiscard]] SrvAnswer ask_for_service(const std::string& service, std::size_t most,
                                        const std::optional<Endpoint>& server = {});

}  // namespace rollcall::transport

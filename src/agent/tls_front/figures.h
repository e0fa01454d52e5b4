// SPDX-License-Identifier: Apache-2.0
//
// What a TlsFront counts and how long its certificate is valid, for `info`.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string_view>

#include "agent/tls_front/tls_front.h"
#include "rpc/messages.h"

namespace rollcall::agent {

// What became of handshakes: the names in figures and metrics.
struct HandshakeCount {
    std::string_view name;
    std::atomic<std::uint64_t> FrontStats::*count;
};
inline constexpr std::array kHandshakeCounts{HandshakeCount{"admitted", &FrontStats::admitted},
                                             HandshakeCount{"refused", &FrontStats::refused},
                                             HandshakeCount{"timed_out", &FrontStats::timed_out},
                                             HandshakeCount{"cut", &FrontStats::cut},
                                             HandshakeCount{"evicted", &FrontStats::evicted},
                                             HandshakeCount{"full", &FrontStats::full}};

// Section `tls` of the statistics.
[[nodiscard]] rpc::StringMap tls_section(const TlsFront& front);

}  // namespace rollcall::agent

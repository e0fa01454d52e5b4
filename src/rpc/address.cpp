// SPDX-License-Identifier: Apache-2.0
#include "rpc/address.h"

#include "base/sanitize.h"

namespace rollcall::agent {
namespace {

constexpr std::string_view kUnixScheme = "unix:";
constexpr std::string_view kTlsScheme = "tls:";

}  // namespace

bool is_unix_address(std::string_view text) {
    return text.starts_with(kUnixScheme);
}

Result<UnixAddress, std::string> parse_unix_address(std::string_view text) {
    const std::string path{text.substr(kUnixScheme.size())};
    if (!path.starts_with('/') || path.ends_with('/') || path.size() > UnixAddress::kLongestPath ||
        sanitized(path) != path) {
        return "unix: and the absolute path of a file, of at most " +
               std::to_string(UnixAddress::kLongestPath) + " bytes and without control characters";
    }
    return UnixAddress{path};
}

const Endpoint* endpoint_of(const RpcAddress& address) {
    if (const auto* const tls = std::get_if<TlsAddress>(&address)) return &tls->endpoint;
    return std::get_if<Endpoint>(&address);
}

Unprefixed without_tls(std::string_view text) {
    if (!text.starts_with(kTlsScheme)) return {.text = text};
    return {.text = text.substr(kTlsScheme.size()), .tls = true};
}

std::string to_string(const RpcAddress& address) {
    if (const auto* const socket = std::get_if<UnixAddress>(&address)) {
        return std::string{kUnixScheme} + socket->path;
    }
    const bool tls = std::holds_alternative<TlsAddress>(address);
    return (tls ? std::string{kTlsScheme} : std::string{}) + endpoint_of(address)->to_string();
}

}  // namespace rollcall::agent

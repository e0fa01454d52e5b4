// SPDX-License-Identifier: Apache-2.0
#include "rpc/address.h"

#include "base/sanitize.h"

namespace rollcall::agent {
namespace {

constexpr std::string_view kUnixScheme = "unix:";

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

std::string to_string(const RpcAddress& address) {
    const auto* const endpoint = std::get_if<Endpoint>(&address);
    if (endpoint != nullptr) return endpoint->to_string();
    return std::string{kUnixScheme} + std::get<UnixAddress>(address).path;
}

}  // namespace rollcall::agent

// SPDX-License-Identifier: Apache-2.0
//
// A small certificate authority for those who have none: makes one, issues certificates, and says
// what a certificate is. Keys are of P-256. Reads and writes no files.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace rollcall::tls {

// In PEM form.
struct CertificateAndKey {
    std::string certificate, key;
};

inline constexpr std::size_t kLongestName = 64;  // of a subject, as X.509 has it
inline constexpr std::size_t kMostHosts = 64;

// A certificate of its own, valid from now, which may issue others but no further authorities.
// `name` is 1 to kLongestName bytes of printable ASCII. The error is text for the operator.
[[nodiscard]] Result<CertificateAndKey, std::string> make_authority(const std::string& name,
                                                                    std::chrono::days valid);

struct Wish {
    std::string name;                // of the subject, as above
    std::vector<std::string> hosts;  // names and addresses by which clients reach it
    std::chrono::days valid{};       // from now; not longer than the authority's own
};
// For servers and for clients. The certificate is followed by that of the authority.
[[nodiscard]] Result<CertificateAndKey, std::string> issue(const CertificateAndKey& authority,
                                                           const Wish& wish);

struct Description {
    std::string subject, issuer, key;  // "CN=a", "CN=b", "EC, 256 bits"
    std::vector<std::string> hosts;    // "DNS:localhost", "IP:127.0.0.1"
    std::chrono::system_clock::time_point not_before, not_after;
    bool authority = false;
};
// All certificates of a text, in its order; at least one, else an error.
[[nodiscard]] Result<std::vector<Description>, std::string> describe(std::string_view pem);

}  // namespace rollcall::tls

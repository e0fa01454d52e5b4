// SPDX-License-Identifier: Apache-2.0
//
// What one side of TLS connections has: its certificate with the key, and the authorities that it
// trusts. TLS 1.2 and 1.3 only, ciphers that authenticate what they encrypt, forward secrecy, no
// compression, no renegotiation, no resumption. Immutable: connections keep those that they began
// with when others are loaded. Reads no files.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "base/result.h"

namespace rollcall::tls {

// Each is the content of a file in PEM form.
struct Pem {
    std::string certificate;  // with what leads to its authority, our own first
    std::string key;          // not encrypted
    std::string authorities;  // whom we trust
};

enum class Side : std::uint8_t { server, client };

// Why they cannot be used, and which part of the Pem it is.
struct Fault {
    enum class Part : std::uint8_t { certificate, key, authorities };
    Part part = Part::certificate;
    std::string text;
};

class Credentials {
public:
    using Time = std::chrono::system_clock::time_point;

    // A server has a certificate; `verify_client` needs authorities. A client has authorities, and
    // a certificate where servers want one. The error never shows what a part holds.
    static Result<std::shared_ptr<const Credentials>, Fault> make(Side side, const Pem& pem,
                                                                  bool verify_client = false);
    ~Credentials();
    Credentials(const Credentials&) = delete;
    Credentials& operator=(const Credentials&) = delete;

    [[nodiscard]] Side side() const;
    // Of our certificate. "" and the epoch without one.
    [[nodiscard]] const std::string& subject() const;
    [[nodiscard]] Time not_before() const;
    [[nodiscard]] Time not_after() const;

private:
    friend class Session;
    struct Impl;
    explicit Credentials(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace rollcall::tls

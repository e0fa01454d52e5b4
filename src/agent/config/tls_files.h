// SPDX-License-Identifier: Apache-2.0
//
// The certificate, the key and the authorities of an agent's tls: addresses, from their files.
// Reads files: for the start, --check and the reload, which is off the loop.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "base/result.h"
#include "membership/config.h"
#include "tls/credentials.h"

namespace rollcall::agent {

inline constexpr std::size_t kMostPemBytes = std::size_t{1} << 20;

struct TlsFiles {  // paths; "": none
    std::string certificate, key, authorities;
    bool verify_client = false;
};

// Null without a certificate. The error names the setting and the file, and shows nothing of it.
[[nodiscard]] Result<std::shared_ptr<const tls::Credentials>, membership::ConfigError> load_tls(
    const TlsFiles& files);

}  // namespace rollcall::agent

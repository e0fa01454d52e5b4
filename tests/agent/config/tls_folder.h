// SPDX-License-Identifier: Apache-2.0
//
// A folder with an agent's certificate, its key and the authority, and a configuration that uses
// them.
#pragma once

#include <string>

#include "support/test_folder.h"

#include "agent/config/config.h"
#include "tls/certificates.h"

namespace rollcall::agent::tests {

class TlsFolder {
public:
    TlsFolder() { renew(); }

    // Other files under the same names.
    void renew(const tls::tests::Wish& wish = {}) {
        const tls::Pem pem = authority_.issue(wish);
        certificate = folder_.write("agent.pem", pem.certificate);
        key = folder_.write("agent-key.pem", pem.key);
        authorities = folder_.write("ca.pem", pem.authorities);
    }
    void use_in(AgentConfig& config) const {
        config.tls_cert = certificate;
        config.tls_key = key;
        config.tls_ca = authorities;
    }
    [[nodiscard]] const rollcall::tests::TestFolder& folder() const { return folder_; }

    std::string certificate, key, authorities;

private:
    rollcall::tests::TestFolder folder_;
    tls::tests::Authority authority_;
};

}  // namespace rollcall::agent::tests

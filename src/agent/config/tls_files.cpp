// SPDX-License-Identifier: Apache-2.0
#include "agent/config/tls_files.h"

#include <optional>
#include <string_view>
#include <utility>

#include "files/small_file.h"

namespace rollcall::agent {
namespace {

using membership::ConfigError;

constexpr std::string_view kReadable = "a file in PEM form of up to 1 MiB";

std::optional<ConfigError> read_pem(std::string field, const std::string& path, std::string& text) {
    if (path.empty()) return {};
    auto read = read_small_file(path, kMostPemBytes);
    if (!read) {
        return ConfigError{std::move(field), path,
                           std::string{kReadable} + " (" + read.error().text + ")"};
    }
    text = std::move(*read);
    return {};
}

// What is said of the parts together, at the file that has the fault.
ConfigError fault_of(const tls::Fault& fault, const TlsFiles& files) {
    using Part = tls::Fault::Part;
    const std::string allowed = std::string{kReadable} + " (" + fault.text + ")";
    switch (fault.part) {
        case Part::key:
            return {"tls_key", files.key, allowed};
        case Part::authorities:
            return {"tls_ca", files.authorities, allowed};
        case Part::certificate:
            break;
    }
    return {"tls_cert", files.certificate, allowed};
}

}  // namespace

Result<std::shared_ptr<const tls::Credentials>, membership::ConfigError> load_tls(
    const TlsFiles& files) {
    const bool certificate = !files.certificate.empty();
    if (certificate == files.key.empty()) {
        return certificate ? ConfigError{"tls_cert", files.certificate, "only beside tls-key"}
                           : ConfigError{"tls_key", files.key, "only beside tls-cert"};
    }
    if (files.verify_client && (!certificate || files.authorities.empty())) {
        return ConfigError{"tls_verify_client", "on", "only beside tls-cert, tls-key and tls-ca"};
    }
    if (!certificate) return std::shared_ptr<const tls::Credentials>{};
    tls::Pem pem;
    if (auto error = read_pem("tls_cert", files.certificate, pem.certificate)) return *error;
    if (auto error = read_pem("tls_key", files.key, pem.key)) return *error;
    if (auto error = read_pem("tls_ca", files.authorities, pem.authorities)) return *error;
    auto made = tls::Credentials::make(tls::Side::server, pem, files.verify_client);
    if (!made) return fault_of(made.error(), files);
    return std::move(*made);
}

}  // namespace rollcall::agent

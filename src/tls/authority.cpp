// SPDX-License-Identifier: Apache-2.0
#include "tls/authority.h"

#include <arpa/inet.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <utility>

#include "tls/certificate_text.h"
#include "tls/openssl.h"

namespace rollcall::tls {
namespace {

using std::chrono::days;
using Failed = std::optional<std::string>;

// Clocks of hosts differ.
constexpr long kBeginsBefore = 300;
constexpr int kSerialBytes = 16;

bool prints(const std::string& name) {
    return !name.empty() && name.size() <= kLongestName &&
           std::ranges::all_of(name, [](char c) { return c >= 0x20 && c < 0x7f; });
}

std::string in_pem(X509& certificate) {
    const Owned<BIO> out{BIO_new(BIO_s_mem())};
    PEM_write_bio_X509(out.get(), &certificate);
    return text_in(out.get());
}
std::string in_pem(EVP_PKEY& key) {
    const Owned<BIO> out{BIO_new(BIO_s_mem())};
    PEM_write_bio_PrivateKey(out.get(), &key, nullptr, nullptr, 0, nullptr, nullptr);
    return text_in(out.get());
}

Owned<X509> certificate_in(std::string_view pem) {
    const Owned<BIO> in = reader_of(pem);
    return Owned<X509>{PEM_read_bio_X509(in.get(), nullptr, &no_password, nullptr)};
}

// "DNS:NAME" or "IP:ADDRESS"; nullopt if it is neither.
std::optional<std::string> alternative(const std::string& host) {
    std::array<unsigned char, 16> room{};
    if (::inet_pton(AF_INET, host.c_str(), room.data()) == 1 ||
        ::inet_pton(AF_INET6, host.c_str(), room.data()) == 1) {
        return "IP:" + host;
    }
    const auto of_a_name = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '-' || c == '_' || c == '.' || c == '*';
    };
    if (host.empty() || host.size() > 253 || !std::ranges::all_of(host, of_a_name)) return {};
    return "DNS:" + host;
}

// A new certificate before it is signed, with what all of ours have.
class Draft {
public:
    Draft(const std::string& name, EVP_PKEY& key, days valid) : made_{X509_new()} {
        std::array<unsigned char, kSerialBytes> serial{};
        RAND_bytes(serial.data(), kSerialBytes);
        serial[0] &= 0x7f;  // positive
        const std::unique_ptr<BIGNUM, decltype(&BN_free)> number{
            BN_bin2bn(serial.data(), kSerialBytes, nullptr), &BN_free};
        BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(made_.get()));
        X509_set_version(made_.get(), X509_VERSION_3);
        X509_gmtime_adj(X509_getm_notBefore(made_.get()), -kBeginsBefore);
        X509_time_adj_ex(X509_getm_notAfter(made_.get()), static_cast<int>(valid.count()), 0,
                         nullptr);
        X509_set_pubkey(made_.get(), &key);
        X509_NAME_add_entry_by_txt(X509_get_subject_name(made_.get()), "CN", MBSTRING_ASC,
                                   reinterpret_cast<const unsigned char*>(name.data()),
                                   static_cast<int>(name.size()), -1, 0);
    }
    // `issuer` is the certificate itself for an authority.
    [[nodiscard]] Failed extend(X509* issuer, int id, const std::string& value) {
        X509V3_CTX context;
        X509V3_set_ctx(&context, issuer != nullptr ? issuer : made_.get(), made_.get(), nullptr,
                       nullptr, 0);
        X509_EXTENSION* const extension = X509V3_EXT_conf_nid(nullptr, &context, id, value.c_str());
        if (extension == nullptr) return "OpenSSL refuses '" + value + "': " + openssl_error();
        X509_add_ext(made_.get(), extension, -1);
        X509_EXTENSION_free(extension);
        return {};
    }
    [[nodiscard]] Failed sign(X509* issuer, EVP_PKEY& key) {
        X509_set_issuer_name(made_.get(),
                             X509_get_subject_name(issuer != nullptr ? issuer : made_.get()));
        if (X509_sign(made_.get(), &key, EVP_sha256()) > 0) return {};
        return "OpenSSL does not sign: " + openssl_error();
    }
    [[nodiscard]] X509& certificate() { return *made_; }

private:
    Owned<X509> made_;
};

Failed bad_name(const std::string& name) {
    if (prints(name)) return {};
    return "the name is not allowed; allowed: 1 to " + std::to_string(kLongestName) +
           " characters of printable ASCII";
}

std::string key_text(const X509& certificate) {
    const EVP_PKEY* const key = X509_get0_pubkey(&certificate);
    if (key == nullptr) return "unknown";
    const char* const name = OBJ_nid2sn(EVP_PKEY_get_base_id(key));
    const std::string kind = EVP_PKEY_get_base_id(key) == EVP_PKEY_EC ? "EC" : name;
    return kind + ", " + std::to_string(EVP_PKEY_get_bits(key)) + " bits";
}

std::vector<std::string> hosts_of(const X509& certificate) {
    std::vector<std::string> hosts;
    auto* const names = static_cast<GENERAL_NAMES*>(
        X509_get_ext_d2i(&certificate, NID_subject_alt_name, nullptr, nullptr));
    for (int i = 0; i < sk_GENERAL_NAME_num(names); ++i) {
        const Owned<BIO> out{BIO_new(BIO_s_mem())};
        GENERAL_NAME_print(out.get(), sk_GENERAL_NAME_value(names, i));
        std::string text = text_in(out.get());
        constexpr std::string_view kLongWord = "IP Address:";
        if (text.starts_with(kLongWord)) text.replace(0, kLongWord.size(), "IP:");
        hosts.push_back(std::move(text));
    }
    GENERAL_NAMES_free(names);
    return hosts;
}

}  // namespace

Result<CertificateAndKey, std::string> make_authority(const std::string& name, days valid) {
    if (auto failed = bad_name(name)) return *failed;
    const Owned<EVP_PKEY> key{EVP_EC_gen("P-256")};
    if (!key) return "OpenSSL makes no key: " + openssl_error();
    Draft draft{name, *key, valid};
    for (const auto& [id, value] : {std::pair{NID_basic_constraints, "critical,CA:TRUE,pathlen:0"},
                                    std::pair{NID_key_usage, "critical,keyCertSign,cRLSign"},
                                    std::pair{NID_subject_key_identifier, "hash"}}) {
        if (auto failed = draft.extend(nullptr, id, value)) return *failed;
    }
    if (auto failed = draft.sign(nullptr, *key)) return *failed;
    return CertificateAndKey{.certificate = in_pem(draft.certificate()), .key = in_pem(*key)};
}

Result<CertificateAndKey, std::string> issue(const CertificateAndKey& authority, const Wish& wish) {
    if (auto failed = bad_name(wish.name)) return *failed;
    const Owned<X509> issuer = certificate_in(authority.certificate);
    if (!issuer) return "the authority's certificate is not in PEM form: " + openssl_error();
    const Owned<BIO> in = reader_of(authority.key);
    const Owned<EVP_PKEY> signer{PEM_read_bio_PrivateKey(in.get(), nullptr, &no_password, nullptr)};
    if (!signer)
        return "the authority's key is not in PEM form, or is encrypted: " + openssl_error();
    if (X509_check_private_key(issuer.get(), signer.get()) != 1) {
        return std::string{"the authority's key is not that of its certificate"};
    }
    if (X509_check_ca(issuer.get()) == 0) {
        return std::string{"the certificate is not that of an authority"};
    }
    std::string hosts;
    for (const std::string& host : wish.hosts) {
        const auto text = alternative(host);
        if (!text) return "'" + host + "' is neither a host name nor an address";
        hosts += (hosts.empty() ? "" : ",") + *text;
    }
    if (wish.hosts.size() > kMostHosts) {
        return "at most " + std::to_string(kMostHosts) + " hosts in one certificate";
    }
    const auto end = std::chrono::system_clock::now() + wish.valid;
    if (end > time_of(X509_get0_notAfter(issuer.get()))) {
        return std::string{"it would be valid for longer than its authority"};
    }
    const Owned<EVP_PKEY> key{EVP_EC_gen("P-256")};
    if (!key) return "OpenSSL makes no key: " + openssl_error();
    Draft draft{wish.name, *key, wish.valid};
    std::vector<std::pair<int, std::string>> extensions{
        {NID_basic_constraints, "critical,CA:FALSE"},
        {NID_key_usage, "critical,digitalSignature"},
        {NID_ext_key_usage, "serverAuth,clientAuth"},
        {NID_subject_key_identifier, "hash"},
        {NID_authority_key_identifier, "keyid"}};
    if (!hosts.empty()) extensions.emplace_back(NID_subject_alt_name, hosts);
    for (const auto& [id, value] : extensions) {
        if (auto failed = draft.extend(issuer.get(), id, value)) return *failed;
    }
    if (auto failed = draft.sign(issuer.get(), *signer)) return *failed;
    return CertificateAndKey{.certificate = in_pem(draft.certificate()) + in_pem(*issuer),
                             .key = in_pem(*key)};
}

Result<std::vector<Description>, std::string> describe(std::string_view pem) {
    std::vector<Description> all;
    const Owned<BIO> in = reader_of(pem);
    ERR_clear_error();
    while (const Owned<X509> one{PEM_read_bio_X509(in.get(), nullptr, &no_password, nullptr)}) {
        all.push_back({.subject = text_of(X509_get_subject_name(one.get())),
                       .issuer = text_of(X509_get_issuer_name(one.get())),
                       .key = key_text(*one),
                       .hosts = hosts_of(*one),
                       .not_before = time_of(X509_get0_notBefore(one.get())),
                       .not_after = time_of(X509_get0_notAfter(one.get())),
                       .authority = X509_check_ca(one.get()) != 0});
    }
    if (all.empty()) return "it has no certificate in PEM form: " + openssl_error();
    ERR_clear_error();  // the end of the text
    return all;
}

}  // namespace rollcall::tls

// SPDX-License-Identifier: Apache-2.0
//
// Authorities and certificates for tests, made in memory.
#pragma once

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <chrono>
#include <string>

#include "tls/credentials.h"
#include "tls/openssl.h"

namespace rollcall::tls::tests {

struct Wish {
    std::string name = "server";
    std::string alternatives = "DNS:localhost,IP:127.0.0.1";
    std::string use = "serverAuth,clientAuth";
    std::chrono::seconds begins{-3600}, ends{3600};  // from now
};

inline Owned<EVP_PKEY> new_key() {
    return Owned<EVP_PKEY>{EVP_EC_gen("P-256")};
}

template <class Write>
std::string pem_text(Write&& write) {
    const Owned<BIO> out{BIO_new(BIO_s_mem())};
    write(out.get());
    char* data = nullptr;
    const long size = BIO_get_mem_data(out.get(), &data);
    return {data, static_cast<std::size_t>(size)};
}
inline std::string pem_of(X509& certificate) {
    return pem_text([&](BIO* out) { PEM_write_bio_X509(out, &certificate); });
}
inline std::string pem_of(EVP_PKEY& key) {
    return pem_text([&](BIO* out) {
        PEM_write_bio_PrivateKey(out, &key, nullptr, nullptr, 0, nullptr, nullptr);
    });
}

// An authority; what it issues is valid for those who trust it.
class Authority {
public:
    explicit Authority(const std::string& name = "authority") : key_{new_key()} {
        certificate_ = make({.name = name, .alternatives = "", .use = ""}, *key_, nullptr);
    }
    [[nodiscard]] std::string pem() const { return pem_of(*certificate_); }
    // With its key, and trusting this authority.
    [[nodiscard]] Pem issue(const Wish& wish = {}) const {
        const Owned<EVP_PKEY> key = new_key();
        const Owned<X509> certificate = make(wish, *key, certificate_.get());
        return {.certificate = pem_of(*certificate), .key = pem_of(*key), .authorities = pem()};
    }

private:
    [[nodiscard]] Owned<X509> make(const Wish& wish, EVP_PKEY& key, X509* issuer) const {
        static long serial = 1;
        Owned<X509> made{X509_new()};
        X509_set_version(made.get(), 2);
        ASN1_INTEGER_set(X509_get_serialNumber(made.get()), ++serial);
        X509_gmtime_adj(X509_getm_notBefore(made.get()), wish.begins.count());
        X509_gmtime_adj(X509_getm_notAfter(made.get()), wish.ends.count());
        X509_set_pubkey(made.get(), &key);
        X509_NAME* const name = X509_get_subject_name(made.get());
        X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                                   reinterpret_cast<const unsigned char*>(wish.name.c_str()), -1,
                                   -1, 0);
        X509_set_issuer_name(made.get(),
                             X509_get_subject_name(issuer != nullptr ? issuer : made.get()));
        add(*made, issuer, NID_basic_constraints,
            issuer == nullptr ? "critical,CA:TRUE" : "critical,CA:FALSE");
        if (!wish.alternatives.empty()) add(*made, issuer, NID_subject_alt_name, wish.alternatives);
        if (!wish.use.empty()) add(*made, issuer, NID_ext_key_usage, wish.use);
        X509_sign(made.get(), key_.get(), EVP_sha256());
        return made;
    }
    static void add(X509& to, X509* issuer, int id, const std::string& value) {
        X509V3_CTX context;
        X509V3_set_ctx(&context, issuer != nullptr ? issuer : &to, &to, nullptr, nullptr, 0);
        X509_EXTENSION* const extension = X509V3_EXT_conf_nid(nullptr, &context, id, value.c_str());
        X509_add_ext(&to, extension, -1);
        X509_EXTENSION_free(extension);
    }

    Owned<EVP_PKEY> key_;
    Owned<X509> certificate_;
};

}  // namespace rollcall::tls::tests

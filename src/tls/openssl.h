// SPDX-License-Identifier: Apache-2.0
//
// Owners of OpenSSL's objects, and its errors in words. Internal to this folder.
#pragma once

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <memory>
#include <string>
#include <string_view>

namespace rollcall::tls {

struct FreeOpenSsl {
    void operator()(SSL_CTX* p) const { SSL_CTX_free(p); }
    void operator()(SSL* p) const { SSL_free(p); }
    void operator()(BIO* p) const { BIO_free(p); }
    void operator()(X509* p) const { X509_free(p); }
    void operator()(EVP_PKEY* p) const { EVP_PKEY_free(p); }
};
template <class T>
using Owned = std::unique_ptr<T, FreeOpenSsl>;

// The text is borrowed.
inline Owned<BIO> reader_of(std::string_view text) {
    return Owned<BIO>{BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))};
}

// The first error of this thread, which is the cause; the others are forgotten.
inline std::string openssl_error() {
    const unsigned long code = ERR_get_error();
    ERR_clear_error();
    const char* const reason = code == 0 ? nullptr : ERR_reason_error_string(code);
    return reason == nullptr ? "unknown error" : reason;
}

}  // namespace rollcall::tls

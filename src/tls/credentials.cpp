// SPDX-License-Identifier: Apache-2.0
#include "tls/credentials.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <optional>
#include <string_view>
#include <utility>

#include "tls/certificate_text.h"
#include "tls/credentials_impl.h"

namespace rollcall::tls {
namespace {

using Part = Fault::Part;
using MaybeFault = std::optional<Fault>;

Fault fault_in(Part part, std::string_view what) {
    return {.part = part, .text = std::string{what} + ": " + openssl_error()};
}

MaybeFault use_certificate(SSL_CTX& context, const std::string& pem) {
    const Owned<BIO> in = reader_of(pem);
    const Owned<X509> own{PEM_read_bio_X509(in.get(), nullptr, &no_password, nullptr)};
    if (!own) return fault_in(Part::certificate, "the certificate is not in PEM form");
    if (SSL_CTX_use_certificate(&context, own.get()) != 1) {
        return fault_in(Part::certificate, "the certificate cannot be used");
    }
    SSL_CTX_clear_chain_certs(&context);
    while (true) {
        Owned<X509> next{PEM_read_bio_X509(in.get(), nullptr, &no_password, nullptr)};
        if (!next) break;
        if (SSL_CTX_add0_chain_cert(&context, next.get()) != 1) {
            return fault_in(Part::certificate, "a certificate of the chain cannot be used");
        }
        static_cast<void>(next.release());  // the context's
    }
    ERR_clear_error();  // the end of the text
    return {};
}

MaybeFault use_key(SSL_CTX& context, const std::string& pem) {
    const Owned<BIO> in = reader_of(pem);
    const Owned<EVP_PKEY> key{PEM_read_bio_PrivateKey(in.get(), nullptr, &no_password, nullptr)};
    if (!key) return fault_in(Part::key, "the key is not in PEM form, or is encrypted");
    if (SSL_CTX_use_PrivateKey(&context, key.get()) != 1 ||
        SSL_CTX_check_private_key(&context) != 1) {
        return fault_in(Part::key, "the key does not belong to the certificate");
    }
    return {};
}

MaybeFault use_authorities(SSL_CTX& context, Side side, const std::string& pem) {
    const Owned<BIO> in = reader_of(pem);
    X509_STORE* const store = SSL_CTX_get_cert_store(&context);
    int count = 0;
    while (true) {
        const Owned<X509> one{PEM_read_bio_X509(in.get(), nullptr, &no_password, nullptr)};
        if (!one) break;
        if (X509_STORE_add_cert(store, one.get()) != 1) {
            return fault_in(Part::authorities, "an authority cannot be used");
        }
        // What a client is asked for.
        if (side == Side::server) SSL_CTX_add_client_CA(&context, one.get());
        ++count;
    }
    ERR_clear_error();
    if (count == 0) {
        return Fault{Part::authorities, "the authorities have no certificate in PEM form"};
    }
    return {};
}

MaybeFault set_rules(SSL_CTX& context) {
    constexpr const char* kCiphers =
        "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
        "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";
    SSL_CTX_set_options(&context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
                                      SSL_OP_NO_TICKET | SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_session_cache_mode(&context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_num_tickets(&context, 0);
    SSL_CTX_set_mode(&context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                   SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    if (SSL_CTX_set_min_proto_version(&context, TLS1_2_VERSION) != 1 ||
        SSL_CTX_set_cipher_list(&context, kCiphers) != 1) {
        return fault_in(Part::certificate, "OpenSSL refuses the ciphers");
    }
    return {};
}

}  // namespace

Credentials::Credentials(std::unique_ptr<Impl> impl) : impl_{std::move(impl)} {}
Credentials::~Credentials() = default;

Result<std::shared_ptr<const Credentials>, Fault> Credentials::make(Side side, const Pem& pem,
                                                                    bool verify_client) {
    ERR_clear_error();
    auto impl = std::make_unique<Impl>();
    impl->side = side;
    impl->context.reset(
        SSL_CTX_new(side == Side::server ? TLS_server_method() : TLS_client_method()));
    if (!impl->context) return fault_in(Part::certificate, "OpenSSL");
    SSL_CTX& context = *impl->context;
    if (auto fault = set_rules(context)) return *fault;
    if (side == Side::server && pem.certificate.empty()) {
        return Fault{Part::certificate, "a server needs a certificate"};
    }
    if (pem.certificate.empty() != pem.key.empty()) {
        return Fault{Part::key, "a certificate and its key belong together"};
    }
    if (!pem.certificate.empty()) {
        if (auto fault = use_certificate(context, pem.certificate)) return *fault;
        if (auto fault = use_key(context, pem.key)) return *fault;
        const X509* const own = SSL_CTX_get0_certificate(&context);
        impl->subject = text_of(X509_get_subject_name(own));
        impl->not_before = time_of(X509_get0_notBefore(own));
        impl->not_after = time_of(X509_get0_notAfter(own));
    }
    const bool verifies = side == Side::client || verify_client;
    if (verifies && pem.authorities.empty()) {
        return Fault{Part::authorities, side == Side::client
                                            ? "a client needs the authorities that it trusts"
                                            : "clients are verified, by no authority"};
    }
    if (!pem.authorities.empty()) {
        if (auto fault = use_authorities(context, side, pem.authorities)) return *fault;
    }
    SSL_CTX_set_verify(
        &context, verifies ? SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT : SSL_VERIFY_NONE,
        nullptr);
    return std::shared_ptr<const Credentials>{new Credentials{std::move(impl)}};
}

Side Credentials::side() const {
    return impl_->side;
}
const std::string& Credentials::subject() const {
    return impl_->subject;
}
Credentials::Time Credentials::not_before() const {
    return impl_->not_before;
}
Credentials::Time Credentials::not_after() const {
    return impl_->not_after;
}

}  // namespace rollcall::tls

// SPDX-License-Identifier: Apache-2.0
#include "tls/session.h"

#include <arpa/inet.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/check.h"
#include "tls/credentials_impl.h"

namespace rollcall::tls {
namespace {

// One record's worth.
constexpr std::size_t kPiece = std::size_t{16} << 10;

bool is_address(const std::string& name) {
    std::array<unsigned char, 16> room{};
    return ::inet_pton(AF_INET, name.c_str(), room.data()) == 1 ||
           ::inet_pton(AF_INET6, name.c_str(), room.data()) == 1;
}

std::string subject_of_peer(const SSL& ssl) {
    const X509* const certificate = SSL_get0_peer_certificate(&ssl);
    if (certificate == nullptr || SSL_get_verify_mode(&ssl) == SSL_VERIFY_NONE) return {};
    std::array<char, 256> room{};
    const int size = X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName,
                                               room.data(), room.size());
    return size > 0 ? std::string{room.data(), static_cast<std::size_t>(size)} : "a client";
}

}  // namespace

struct Session::Impl {
    std::shared_ptr<const Credentials> credentials;  // outlives the context's sessions
    Owned<SSL> ssl;
    BIO* in = nullptr;   // the SSL's
    BIO* out = nullptr;  // the SSL's
    State state = State::handshake;
    std::string error, peer;
    std::string plain;    // opened, and not taken
    std::string waiting;  // to be sealed after the handshake
    bool finished = false;

    void fail(int result) {
        if (state == State::failed) return;
        const int kind = SSL_get_error(ssl.get(), result);
        const long verdict = SSL_get_verify_result(ssl.get());
        error = kind == SSL_ERROR_SYSCALL ? "the connection was cut" : openssl_error();
        if (verdict != X509_V_OK && SSL_get_verify_mode(ssl.get()) != SSL_VERIFY_NONE) {
            error = std::string{"the peer's certificate is refused: "} +
                    X509_verify_cert_error_string(verdict);
        }
        ERR_clear_error();
        state = State::failed;
        plain.clear();
        waiting.clear();
    }

    // Whether OpenSSL only waits for more bytes.
    [[nodiscard]] bool waits(int result) const {
        const int kind = SSL_get_error(ssl.get(), result);
        return kind == SSL_ERROR_WANT_READ || kind == SSL_ERROR_WANT_WRITE;
    }

    void advance() {
        if (state == State::handshake) shake_hands();
        if (state == State::open) open_records();
    }

    void shake_hands() {
        ERR_clear_error();
        const int result = SSL_do_handshake(ssl.get());
        if (result != 1) {
            if (!waits(result)) fail(result);
            return;
        }
        state = State::open;
        peer = subject_of_peer(*ssl);
        seal(std::exchange(waiting, {}));
        if (finished) static_cast<void>(SSL_shutdown(ssl.get()));
    }

    void open_records() {
        while (plain.size() < kMostPlain) {
            const std::size_t before = plain.size();
            plain.resize(before + kPiece);
            ERR_clear_error();
            const int result = SSL_read(ssl.get(), plain.data() + before, static_cast<int>(kPiece));
            plain.resize(before + static_cast<std::size_t>(std::max(result, 0)));
            if (result > 0) continue;
            if (SSL_get_error(ssl.get(), result) == SSL_ERROR_ZERO_RETURN) {
                state = State::ended;
            } else if (!waits(result)) {
                fail(result);
            }
            return;
        }
    }

    void seal(std::string_view text) {
        while (!text.empty() && state != State::failed) {
            ERR_clear_error();
            const std::size_t size = std::min(text.size(), kPiece);
            const int result = SSL_write(ssl.get(), text.data(), static_cast<int>(size));
            if (result <= 0) return fail(result);  // memory has room: nothing to wait for
            text.remove_prefix(static_cast<std::size_t>(result));
        }
    }
};

Session::Session(std::shared_ptr<const Credentials> credentials, std::string_view server_name)
    : impl_{std::make_unique<Impl>()} {
    Impl& my = *impl_;
    my.credentials = std::move(credentials);
    my.ssl.reset(SSL_new(my.credentials->impl_->context.get()));
    ROLLCALL_CHECK(my.ssl);
    my.in = BIO_new(BIO_s_mem());
    my.out = BIO_new(BIO_s_mem());
    ROLLCALL_CHECK(my.in != nullptr && my.out != nullptr);
    SSL_set_bio(my.ssl.get(), my.in, my.out);
    if (my.credentials->side() == Side::server) {
        SSL_set_accept_state(my.ssl.get());
        return;
    }
    SSL_set_connect_state(my.ssl.get());
    const std::string name{server_name};
    if (is_address(name)) {
        X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(my.ssl.get()), name.c_str());
    } else {
        SSL_set1_host(my.ssl.get(), name.c_str());
        SSL_set_tlsext_host_name(my.ssl.get(), name.c_str());
    }
    my.advance();
}
Session::~Session() = default;
Session::Session(Session&&) noexcept = default;
Session& Session::operator=(Session&&) noexcept = default;

Session::State Session::state() const {
    return impl_->state;
}
const std::string& Session::error() const {
    return impl_->error;
}
const std::string& Session::peer() const {
    return impl_->peer;
}

void Session::receive(Bytes sealed) {
    Impl& my = *impl_;
    if (my.state == State::failed || my.state == State::ended || sealed.empty()) return;
    ROLLCALL_CHECK(sealed.size() <= kMostPlain);
    BIO_write(my.in, sealed.data(), static_cast<int>(sealed.size()));
    my.advance();
}

bool Session::wants_input() const {
    const Impl& my = *impl_;
    return (my.state == State::handshake || my.state == State::open) &&
           my.plain.size() < kMostPlain && BIO_ctrl_pending(my.in) < kMostPlain;
}

void Session::cut() {
    Impl& my = *impl_;
    if (my.state == State::failed || my.state == State::ended) return;
    my.error = "the connection was cut";
    my.state = State::failed;
    my.waiting.clear();
}

bool Session::has_sealed() const {
    return BIO_ctrl_pending(impl_->out) > 0;
}

std::string Session::take_sealed() {
    std::string sealed(BIO_ctrl_pending(impl_->out), '\0');
    const int size =
        sealed.empty() ? 0 : BIO_read(impl_->out, sealed.data(), static_cast<int>(sealed.size()));
    sealed.resize(static_cast<std::size_t>(std::max(size, 0)));
    return sealed;
}

bool Session::has_plain() const {
    return !impl_->plain.empty();
}

std::string Session::take_plain() {
    std::string plain = std::exchange(impl_->plain, {});
    impl_->advance();  // records that waited for room
    return plain;
}

void Session::write(std::string_view plain) {
    Impl& my = *impl_;
    if (my.state == State::failed || my.finished) return;
    if (my.state == State::handshake) {
        my.waiting += plain;
    } else {
        my.seal(plain);
    }
}

std::size_t Session::unsealed() const {
    return impl_->waiting.size();
}

void Session::finish() {
    Impl& my = *impl_;
    if (std::exchange(my.finished, true) || my.state == State::failed) return;
    if (my.state != State::handshake) static_cast<void>(SSL_shutdown(my.ssl.get()));
}

}  // namespace rollcall::tls

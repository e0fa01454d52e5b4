// SPDX-License-Identifier: Apache-2.0
//
// One TLS connection without its socket: bytes in, bytes out. The caller moves the sealed bytes and
// enforces limits of time; what is held here is bounded. One thread.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "tls/credentials.h"

namespace rollcall::tls {

class Session {
public:
    // Plain bytes that wait for take_plain(); beyond that, sealed ones are not opened.
    static constexpr std::size_t kMostPlain = std::size_t{64} << 10;

    enum class State : std::uint8_t {
        handshake,
        open,
        ended,   // the peer said that it sends no more; it may still be written to
        failed,  // see error(); what waits in take_sealed() is an alert for the peer
    };

    // `server_name` of a client: the name or address that the server's certificate must have.
    explicit Session(std::shared_ptr<const Credentials> credentials,
                     std::string_view server_name = {});
    ~Session();
    Session(Session&&) noexcept;
    Session& operator=(Session&&) noexcept;

    [[nodiscard]] State state() const;
    [[nodiscard]] const std::string& error() const;  // "" unless failed
    // Of the certificate that the peer proved to have; "" if it was not asked for one.
    [[nodiscard]] const std::string& peer() const;

    // --- sealed, from and for the network ------------------------------------------------------
    // At most kMostPlain bytes at once. Call it only while wants_input().
    void receive(Bytes sealed);
    [[nodiscard]] bool wants_input() const;
    // The network ended. Without the peer's word before, the connection was cut: failed.
    void cut();
    [[nodiscard]] bool has_sealed() const;
    [[nodiscard]] std::string take_sealed();

    // --- plain ---------------------------------------------------------------------------------
    [[nodiscard]] bool has_plain() const;
    [[nodiscard]] std::string take_plain();
    // Sealed at once if the handshake is over, else then. Not when failed.
    void write(std::string_view plain);
    // Bytes that wait for the end of the handshake.
    [[nodiscard]] std::size_t unsealed() const;
    // We write no more: says so to the peer.
    void finish();

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace rollcall::tls

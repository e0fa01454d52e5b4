// SPDX-License-Identifier: Apache-2.0
//
// A TLS client by hand: a socket that does not block and a session, moved by step().
#pragma once

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <memory>
#include <string>
#include <utility>

#include "support/raw_socket.h"

#include "agent/host/owned_fd.h"
#include "base/bytes.h"
#include "tls/session.h"

namespace rollcall::agent::tests {

class TlsClient {
public:
    TlsClient(const Endpoint& server, std::shared_ptr<const tls::Credentials> credentials)
        : socket_{rollcall::tests::raw_connection(server)},
          session_{std::move(credentials), "localhost"} {}

    void send(std::string_view text) { session_.write(text); }
    void finish() { session_.finish(); }
    void stop_reading() { reads_ = false; }
    void cut() { socket_ = OwnedFd{-1}; }

    void step() {
        if (socket_.get() < 0) return;
        sealed_ += session_.take_sealed();
        while (!sealed_.empty()) {
            const ssize_t sent =
                ::send(socket_.get(), sealed_.data(), sealed_.size(), MSG_NOSIGNAL);
            if (sent <= 0) break;
            sealed_.erase(0, static_cast<std::size_t>(sent));
        }
        std::array<char, 16'384> room{};
        while (reads_ && !closed_) {
            const ssize_t count = ::recv(socket_.get(), room.data(), room.size(), 0);
            if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) break;
            if (count <= 0) {
                closed_ = true;
                session_.cut();
                break;
            }
            session_.receive(as_bytes({room.data(), static_cast<std::size_t>(count)}));
            while (session_.has_plain()) received_ += session_.take_plain();
        }
    }

    [[nodiscard]] bool closed() const { return closed_; }
    [[nodiscard]] const std::string& received() const { return received_; }
    [[nodiscard]] const tls::Session& session() const { return session_; }
    [[nodiscard]] bool open() const { return session_.state() == tls::Session::State::open; }

private:
    OwnedFd socket_;
    tls::Session session_;
    std::string sealed_, received_;
    bool reads_ = true;
    bool closed_ = false;
};

}  // namespace rollcall::agent::tests

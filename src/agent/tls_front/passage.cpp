// SPDX-License-Identifier: Apache-2.0
#include "agent/tls_front/passage.h"

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

#include "transport/addresses.h"

namespace rollcall::agent {
namespace {

// More than this waits for nobody: the sender is not read until it has left.
constexpr std::size_t kMostQueued = tls::Session::kMostPlain;
// For a client to take the last bytes.
constexpr Duration kLastBytes = std::chrono::seconds{5};

using AskAddress = int (*)(const uv_tcp_t*, sockaddr*, int*);

Endpoint address_by(const uv_tcp_t& socket, AskAddress ask) {
    transport::SocketAddress address{};
    int size = sizeof address;
    if (ask(&socket, &address.any, &size) != 0) return {};
    return transport::to_endpoint(address.any).value_or(Endpoint{});
}

}  // namespace

Passage::Passage(Parts parts)
    : parts_{std::move(parts)},
      session_{parts_.credentials},
      client_{{.received = [this](Bytes sealed) { sealed_arrived(sealed); },
               .ended = [this](int error) { client_ended(error); },
               .written = [this] { move(); }}},
      agent_{{.received = [this](Bytes plain) { plain_arrived(plain); },
              .ended = [this](int /*error*/) { agent_ended(); },
              .written = [this] { move(); }}} {}

int Passage::accept(uv_stream_t& listener) {
    open_ = true;
    timer_.init(*this, parts_.loop);
    if (const int error = client_.accept(listener); error != 0) {
        close();
        return error;
    }
    from_ = address_by(client_.tcp(), &uv_tcp_getpeername);
    local_ = address_by(client_.tcp(), &uv_tcp_getsockname);
    timer_.start<&Passage::time_is_up>(parts_.handshake_limit);
    move();
    return 0;
}

// --- what arrives --------------------------------------------------------------------------------

void Passage::sealed_arrived(Bytes sealed) {
    session_.receive(sealed);
    move();
}

void Passage::plain_arrived(Bytes plain) {
    session_.write(as_text(plain));
    move();
}

// Without the word of TLS that this is the end, a stranger may have cut the connection.
void Passage::client_ended(int error) {
    if (!entered_) return refuse(Entry::cut, error == 0 ? "it closed" : uv_strerror(error));
    if (error != 0 || session_.state() != tls::Session::State::ended) close();
}

void Passage::agent_ended() {
    if (std::exchange(agent_done_, true)) return;
    session_.finish();
    timer_.start<&Passage::time_is_up>(kLastBytes);
    move();
}

// --- and is passed on ----------------------------------------------------------------------------

void Passage::move() {
    using State = tls::Session::State;
    if (!open_) return;
    if (entered_) unseal();
    client_.write(session_.take_sealed());
    if (!open_) return;  // a write failed
    if (session_.state() == State::failed) {
        return entered_ ? close() : refuse(Entry::refused, session_.error());
    }
    if (!entered_ && session_.state() != State::handshake) admit();
    if (session_.state() == State::ended && !session_.has_plain()) agent_.finish_writing();
    client_.read(session_.wants_input() && agent_.queued() < kMostQueued);
    agent_.read(!agent_done_ && client_.queued() < kMostQueued);
    leave_if_done();
}

void Passage::unseal() {
    while (session_.has_plain() && agent_.queued() < kMostQueued) {
        agent_.write(session_.take_plain());
    }
}

void Passage::admit() {
    std::array<int, 2> pair{-1, -1};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair.data()) != 0) {
        return refuse(Entry::cut, uv_strerror(uv_translate_sys_error(errno)));
    }
    OwnedFd theirs{pair[1]};
    if (const int error = agent_.open(parts_.loop, pair[0]); error != 0) {
        ::close(pair[0]);
        return refuse(Entry::cut, uv_strerror(error));
    }
    entered_ = true;
    timer_.stop();
    unseal();
    parts_.entered(*this, Entry::admitted, std::move(theirs), {});
}

// --- the end -------------------------------------------------------------------------------------

// What TLS has to say about it, an alert, was written before; the kernel sends that still.
void Passage::refuse(Entry entry, const std::string& why) {
    if (!open_) return;
    parts_.entered(*this, entry, OwnedFd{-1}, why);
    close();
}

void Passage::time_is_up() {
    entered_ ? close() : refuse(Entry::timed_out, "no handshake in time");
}

void Passage::leave_if_done() {
    if (!open_ || !agent_done_ || client_.queued() > 0) return;
    close();
}

void Passage::close() {
    if (!std::exchange(open_, false)) return;
    const auto closed = [this] {
        if (--handles_open_ > 0) return;
        const auto then = std::move(parts_.closed);  // it may destroy this
        then(*this);
    };
    client_.close(closed);
    agent_.close(closed);
    timer_.close(closed);
}

}  // namespace rollcall::agent

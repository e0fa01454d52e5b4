// SPDX-License-Identifier: Apache-2.0
#include "agent/http/door.h"

#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "agent/http/answer.h"
#include "transport/addresses.h"

namespace rollcall::agent::http {
namespace {

constexpr std::uint64_t kFirstVisitor = 1u << 20u;  // below: positions of listeners
constexpr std::size_t kLongestPeek = std::size_t{64} << 10;
constexpr int kEventsPerLook = 16;
constexpr std::size_t kDrainedPerLook = std::size_t{64} << 10;

void watch_by(int epoll, int descriptor, std::uint64_t id, std::uint32_t events) {
    epoll_event event{};
    event.events = events;
    event.data.u64 = id;
    // Without memory it is never readable, and times out.
    static_cast<void>(::epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event));
}

std::array<char, kLongestPeek>& peek_buffer() {
    static thread_local std::array<char, kLongestPeek> shared;
    return shared;
}

std::optional<Endpoint> local_of(int socket) {
    transport::SocketAddress address{};
    socklen_t size = sizeof address;
    if (::getsockname(socket, &address.any, &size) != 0) return {};
    return transport::to_endpoint(address.any);
}

Refusal full(std::string text, Refused cause) {
    return {503, std::move(text), cause};
}

}  // namespace

void send_refusal(int socket, const Refusal& refusal) {
    const std::string body = error_body(refusal.text);
    std::string answer = "HTTP/1.1 " + std::to_string(refusal.status) + " ";
    answer += reason_phrase(refusal.status);
    answer +=
        "\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
        "\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nConnection: "
        "close\r\n\r\n" +
        body;
    static_cast<void>(::send(socket, answer.data(), answer.size(), MSG_DONTWAIT | MSG_NOSIGNAL));
    ::shutdown(socket, SHUT_WR);
}

Door::Door(Parts parts)
    : parts_{std::move(parts)}, epoll_{::epoll_create1(EPOLL_CLOEXEC)}, next_id_{kFirstVisitor} {}
Door::~Door() = default;

Result<RpcAddress, ListenError> Door::listen(const RpcAddress& at) {
    Listener& listener = listeners_.emplace_back();
    auto bound = listener.listen(at);
    if (!bound) {
        listeners_.pop_back();
        return bound;
    }
    watch_by(epoll_.get(), listener.descriptor(), static_cast<std::uint64_t>(listener.descriptor()),
             EPOLLIN);
    return bound;
}

// Without a free descriptor the listening sockets stay readable: they are left alone for a while.
void Door::watch_listeners(bool on) {
    if (accepting_ == on) return;
    accepting_ = on;
    for (const Listener& listener : listeners_) {
        epoll_event event{};
        event.events = on ? EPOLLIN : 0u;
        event.data.u64 = static_cast<std::uint64_t>(listener.descriptor());
        static_cast<void>(::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, listener.descriptor(), &event));
    }
}

void Door::turn(Time now, const Budget& budget) {
    std::array<epoll_event, kEventsPerLook> events{};
    while (budget.left()) {
        const int count = ::epoll_wait(epoll_.get(), events.data(), kEventsPerLook, 0);
        if (count <= 0) return;
        for (int i = 0; i < count; ++i) {
            const std::uint64_t id = events.at(static_cast<std::size_t>(i)).data.u64;
            if (id < kFirstVisitor) {
                accept_clients(now, static_cast<int>(id));
            } else if (const auto found = by_id_.find(id); found != by_id_.end()) {
                constexpr std::uint32_t kEnd = EPOLLRDHUP | EPOLLHUP | EPOLLERR;
                const bool ended = (events.at(static_cast<std::size_t>(i)).events & kEnd) != 0;
                readable(now, found->second, ended);
            }
        }
    }
}

// --- clients come
// ---------------------------------------------------------------------------------

void Door::accept_clients(Time now, int listener) {
    for (std::size_t i = 0; i < parts_.limits.accepted_per_turn; ++i) {
        sockaddr_storage from{};
        socklen_t size = sizeof from;
        OwnedFd socket{::accept4(listener, reinterpret_cast<sockaddr*>(&from), &size,
                                 SOCK_CLOEXEC | SOCK_NONBLOCK)};
        if (socket.get() < 0) {
            if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
                ++parts_.stats[Refused::accept_failed];
                watch_listeners(false);
            }
            return;
        }
        if (from.ss_family == AF_UNIX) {
            enter(now, std::move(socket), {}, "");
            continue;
        }
        const auto endpoint = transport::to_endpoint(reinterpret_cast<const sockaddr&>(from));
        const auto local = local_of(socket.get());
        if (!endpoint || !local) continue;  // it is gone already
        const int on = 1;
        ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        enter(now, std::move(socket), local, endpoint->address_to_string());
    }
}

void Door::enter(Time now, OwnedFd socket, std::optional<Endpoint> local, std::string client) {
    ++parts_.stats.accepted;
    const bool full_for_it = parts_.places.full_for(client);
    const bool room =
        (!full_for_it && !parts_.places.full()) || make_room(full_for_it ? client : "");
    if (!room) {
        const Refusal refusal =
            full_for_it ? full("too many connections from this address: " +
                                   std::to_string(parts_.limits.connections_per_address),
                               Refused::too_many_of_address)
                        : full("too many connections: " + std::to_string(parts_.limits.connections),
                               Refused::too_many);
        ++parts_.stats[refusal.cause];
        return send_refusal(socket.get(), refusal);
    }
    const std::uint64_t id = next_id_++;
    const int descriptor = socket.get();
    Places::Place place = parts_.places.take(client);
    visitors_.push_back({.id = id,
                         .socket = std::move(socket),
                         .place = std::move(place),
                         .local = local,
                         .client = std::move(client),
                         .reader = HeadReader{parts_.limits},
                         .accepted = now,
                         .began = {},
                         .leave_by = {}});
    by_id_.emplace(id, std::prev(visitors_.end()));
    // Edge-triggered: bytes that are only peeked at would be reported again and again. What is
    // already there is reported once.
    watch_by(epoll_.get(), descriptor, id, EPOLLIN | EPOLLRDHUP | EPOLLET);
}

// Closes the client that waits longest, of this address if one is given.
bool Door::make_room(const std::string& address) {
    const auto oldest = std::ranges::find_if(visitors_, [&](const Visitor& visitor) {
        return address.empty() || visitor.client == address;
    });
    if (oldest == visitors_.end()) return false;
    ++parts_.stats[Refused::evicted];
    forget(oldest);
    return true;
}

// --- their requests
// -------------------------------------------------------------------------------

void Door::readable(Time now, Visitors::iterator visitor, bool ended) {
    if (visitor->leave_by) return drain(visitor);
    auto& buffer = peek_buffer();
    const std::size_t most = std::min(buffer.size(), parts_.limits.head_bytes);
    const ssize_t count =
        ::recv(visitor->socket.get(), buffer.data(), most, MSG_PEEK | MSG_DONTWAIT);
    if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) return;
    if (count <= 0) return forget(visitor);
    if (!visitor->began) visitor->began = now;
    auto head = visitor->reader.read({buffer.data(), static_cast<std::size_t>(count)});
    if (!head) return refuse(now, visitor, head.error());
    if (!*head) {
        if (ended) forget(visitor);  // the rest will not come
        return;
    }
    if ((*head)->content_length > parts_.limits.body_bytes) {
        return refuse(
            now, visitor,
            {413, "the body may have up to " + std::to_string(parts_.limits.body_bytes) + " bytes",
             Refused::body_too_large});
    }
    if (const auto refusal = parts_.refuses(**head, visitor->local)) {
        return refuse(now, visitor, *refusal);
    }
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, visitor->socket.get(), nullptr);
    Admitted admitted{.socket = std::move(visitor->socket),
                      .head = std::move(**head),
                      .place = std::move(visitor->place),
                      .local = visitor->local,
                      .client = std::move(visitor->client),
                      .began = *visitor->began};
    forget(visitor);
    parts_.admit(std::move(admitted));
}

// A socket that is closed with unread bytes discards what was not delivered yet: so it stays open
// until the client has closed its side, for a moment.
void Door::refuse(Time now, Visitors::iterator visitor, const Refusal& refusal) {
    ++parts_.stats[refusal.cause];
    ++parts_.stats.answers.at(static_cast<std::size_t>(refusal.status) / 100);
    send_refusal(visitor->socket.get(), refusal);
    visitor->leave_by = now + parts_.limits.linger;
    drain(visitor);
}

void Door::drain(Visitors::iterator visitor) {
    auto& buffer = peek_buffer();
    for (std::size_t drained = 0;;) {
        const ssize_t count =
            ::recv(visitor->socket.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
        if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) return;
        if (count <= 0) return forget(visitor);
        drained += static_cast<std::size_t>(count);
        if (drained >= kDrainedPerLook) return;  // more is reported when more arrives
    }
}

void Door::forget(Visitors::iterator visitor) {
    by_id_.erase(visitor->id);
    visitors_.erase(visitor);
}

void Door::check_deadlines(Time now) {
    watch_listeners(true);
    for (auto next = visitors_.begin(); next != visitors_.end();) {
        const auto visitor = next++;
        if (visitor->leave_by) {
            if (now >= *visitor->leave_by) forget(visitor);
        } else if (!visitor->began) {
            if (now < visitor->accepted + parts_.limits.first_byte) continue;
            ++parts_.stats[Refused::too_slow];
            forget(visitor);
        } else if (now >= *visitor->began + parts_.limits.request) {
            refuse(now, visitor,
                   {408, "the request did not arrive within its time", Refused::too_slow});
        }
    }
}

void Door::close() {
    by_id_.clear();
    visitors_.clear();
    for (Listener& listener : listeners_) listener.close();
    listeners_.clear();
    epoll_ = OwnedFd{-1};
}

}  // namespace rollcall::agent::http

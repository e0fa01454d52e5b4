// SPDX-License-Identifier: Apache-2.0
//
// A control server and its clients on real loopback sockets, in one thread: the server's loop and
// the clients' sockets are polled together until what a test waits for has happened. Behind the
// server stands a scripted agent instead of a cluster.
#pragma once

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "agent/control/server.h"
#include "agent/host/owned_fd.h"
#include "agent/session/scripted_agent.h"
#include "support/raw_socket.h"
#include "support/test_loop.h"

namespace rollcall::agent::tests {

// A raw client: bytes out, objects in.
class RawClient {
public:
    explicit RawClient(const Endpoint& server, int receive_buffer = 0)
        : fd_{rollcall::tests::raw_connection(server, receive_buffer)} {}
    explicit RawClient(OwnedFd connected) : fd_{connected.release()} {
        ::fcntl(fd_, F_SETFL, O_NONBLOCK);
    }
    ~RawClient() { close(); }
    RawClient(const RawClient&) = delete;
    RawClient& operator=(const RawClient&) = delete;

    void send(std::string_view bytes) { unsent_ += bytes; }
    template <class Message>
    void send_message(const Message& message) {
        send(rpc::encode(message));
    }
    void command(std::string_view name, std::uint64_t seq) {
        send_message(rpc::RequestHeader{.command = std::string{name}, .seq = seq});
    }
    template <class Body>
    void command(std::string_view name, std::uint64_t seq, const Body& body) {
        command(name, seq);
        send_message(body);
    }
    void handshake(std::uint64_t seq = 1) {
        command("handshake", seq, rpc::HandshakeRequest{.version = 1});
    }
    void stop_reading() { reads_ = false; }
    void read_again() { reads_ = true; }
    void half_close() { half_close_ = true; }
    void close() {
        if (fd_ >= 0) ::close(std::exchange(fd_, -1));
    }

    void step() {
        if (fd_ < 0) return;
        while (!unsent_.empty()) {
            const ssize_t n = ::send(fd_, unsent_.data(), unsent_.size(), MSG_NOSIGNAL);
            if (n <= 0) break;
            unsent_.erase(0, static_cast<std::size_t>(n));
        }
        if (half_close_ && unsent_.empty()) {
            half_close_ = false;
            ::shutdown(fd_, SHUT_WR);
        }
        if (!reads_ || closed_) return;
        std::array<char, 16384> buffer{};
        while (true) {
            const ssize_t n = ::recv(fd_, buffer.data(), buffer.size(), 0);
            if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) break;
            if (n <= 0) {
                closed_ = true;
                break;
            }
            received_bytes_ += static_cast<std::size_t>(n);
            reader_.feed({buffer.data(), static_cast<std::size_t>(n)});
        }
        while (reader_.next() == rpc::ObjectReader::Status::object) {
            objects_.push_back(to_json(reader_.object()));
        }
    }
    [[nodiscard]] pollfd poll_entry() const {
        const bool reads = reads_ && !closed_;
        return {closed_ ? -1 : fd_,
                static_cast<short>((reads ? POLLIN : 0) | (unsent_.empty() ? 0 : POLLOUT)), 0};
    }

    [[nodiscard]] bool closed() const { return closed_; }
    [[nodiscard]] std::size_t received_bytes() const { return received_bytes_; }
    [[nodiscard]] const std::deque<Json>& objects() const { return objects_; }
    Json take() {
        if (objects_.empty()) throw std::runtime_error{"nothing came"};
        Json front = std::move(objects_.front());
        objects_.pop_front();
        return front;
    }

private:
    int fd_ = -1;
    bool reads_ = true;
    bool closed_ = false;
    bool half_close_ = false;
    std::size_t received_bytes_ = 0;
    std::string unsent_;
    rpc::ObjectReader reader_{rpc::kClientLimits};
    std::deque<Json> objects_;
};

class RpcWorld {
public:
    explicit RpcWorld(RpcLimits limits = {}, std::string token = "") {
        log_ = std::move(*Log::open({.file = "/dev/null"}));
        server_ = std::make_unique<RpcServer>(RpcServer::Parts{.loop = loop_,
                                                               .control = agent,
                                                               .log = *log_,
                                                               .turns = turns_,
                                                               .token = std::move(token),
                                                               .limits = limits});
        const auto at = server_->listen(*Endpoint::parse("127.0.0.1:0"));
        if (!at) throw std::runtime_error{at.error()};
        endpoint_ = std::get<Endpoint>(*at);
    }
    ~RpcWorld() {
        bool closed = server_closed_;
        if (!closed) server_->close(Duration::zero(), [&] { closed = true; });
        until([&] { return closed; });
        if (!closed) std::abort();
        turns_.close([&] { closed = false; });
        until([&] { return !closed; });
    }
    RpcWorld(const RpcWorld&) = delete;
    RpcWorld& operator=(const RpcWorld&) = delete;

    RawClient& connect(int receive_buffer = 0) {
        clients_.push_back(std::make_unique<RawClient>(endpoint_, receive_buffer));
        return *clients_.back();
    }
    // A client that is past its handshake.
    RawClient& client(int receive_buffer = 0) {
        RawClient& c = connect(receive_buffer);
        c.handshake();
        if (!until([&] { return !c.objects().empty(); })) throw std::runtime_error{"no handshake"};
        static_cast<void>(c.take());
        return c;
    }
    // As TestLoop's, but it also serves the clients, and wakes up as soon as one has something to
    // read or write.
    bool until(const std::function<bool()>& condition) {
        uv_loop_t& loop = loop_;
        const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{60};
        while (true) {
            uv_run(&loop, UV_RUN_NOWAIT);
            for (const auto& client : clients_) client->step();
            if (condition()) return true;
            if (std::chrono::steady_clock::now() > end) return false;
            std::vector<pollfd> fds{{uv_backend_fd(&loop), POLLIN, 0}};
            for (const auto& client : clients_) fds.push_back(client->poll_entry());
            const int timeout = uv_backend_timeout(&loop);
            ::poll(fds.data(), fds.size(), timeout < 0 ? 100 : std::min(timeout, 100));
        }
    }
    // The next n objects that this client gets.
    std::vector<Json> objects(RawClient& client, std::size_t count) {
        until([&] { return client.objects().size() >= count || client.closed(); });
        std::vector<Json> taken;
        while (taken.size() < count && !client.objects().empty()) taken.push_back(client.take());
        return taken;
    }
    Json object(RawClient& client) {
        auto one = objects(client, 1);
        return one.empty() ? Json{"nothing came"} : one.front();
    }
    bool closes(RawClient& client) {
        return until([&] { return client.closed(); });
    }
    void close_server() {
        server_->close(std::chrono::milliseconds{500}, [this] { server_closed_ = true; });
        until([&] { return server_closed_; });
    }
    // Everything that was sent so far is handled and answered: a question makes the round.
    [[nodiscard]] RpcServer& server() { return *server_; }
    [[nodiscard]] Log& log() { return *log_; }
    [[nodiscard]] Turns& turns() { return turns_; }
    [[nodiscard]] rollcall::tests::TestLoop& loop() { return loop_; }

    ScriptedAgent agent;

private:
    std::unique_ptr<Log> log_;
    rollcall::tests::TestLoop loop_;
    Turns turns_{loop_};
    std::unique_ptr<RpcServer> server_;
    std::vector<std::unique_ptr<RawClient>> clients_;
    Endpoint endpoint_;
    bool server_closed_ = false;
};

inline Json reply(std::uint64_t seq, std::string_view error = "") {
    return {{"Error", error}, {"Seq", seq}};
}

inline serf::MemberRecord member(std::string name, serf::Status status = serf::Status::alive,
                                 serf::Tags tags = {}) {
    return {.name = std::move(name),
            .address = WireAddress::v4(127, 0, 0, 1),
            .port = 7946,
            .tags = std::move(tags),
            .status = status,
            .versions = wire::kSerfVersions};
}

}  // namespace rollcall::agent::tests

// SPDX-License-Identifier: Apache-2.0
//
// An HTTP server with its API and raw clients on real loopback sockets, in one thread. Behind the
// API stands a scripted agent instead of a cluster.
#pragma once

#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>
#include <zlib.h>

#include <array>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "agent/http/api/api.h"
#include "agent/http/server.h"
#include "agent/session/scripted_agent.h"
#include "support/raw_socket.h"
#include "support/test_loop.h"

namespace rollcall::agent::http::tests {

using agent::tests::ScriptedAgent;
using Json = nlohmann::json;

inline std::string unzipped(const std::string& bytes) {
    z_stream stream{};
    if (inflateInit2(&stream, 15 + 16) != Z_OK) throw std::runtime_error{"inflateInit2"};
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream.avail_in = static_cast<uInt>(bytes.size());
    std::string plain;
    std::array<char, 4096> buffer{};
    int status = Z_OK;
    while (status == Z_OK) {
        stream.next_out = reinterpret_cast<Bytef*>(buffer.data());
        stream.avail_out = static_cast<uInt>(buffer.size());
        status = inflate(&stream, Z_NO_FLUSH);
        plain.append(buffer.data(), buffer.size() - stream.avail_out);
    }
    inflateEnd(&stream);
    if (status != Z_STREAM_END) throw std::runtime_error{"not gzip"};
    return plain;
}

// An answer as it was sent, taken apart.
struct Received {
    int status = 0;                              // 0: none came
    std::map<std::string, std::string> headers;  // names in lower case
    std::string body;                            // without the marks of chunks
    bool whole = false;                          // the body is complete

    [[nodiscard]] Json json() const { return Json::parse(body); }
    [[nodiscard]] std::string error() const { return json().at("error").get<std::string>(); }

    static Received parse(const std::string& bytes) {
        Received answer;
        const auto end = bytes.find("\r\n\r\n");
        if (end == std::string::npos) return answer;
        answer.status = std::stoi(bytes.substr(9, 3));
        for (std::size_t at = bytes.find("\r\n") + 2; at < end + 2;) {
            const auto stop = bytes.find("\r\n", at);
            const std::string line = bytes.substr(at, stop - at);
            std::string name = line.substr(0, line.find(':'));
            std::ranges::transform(name, name.begin(), ::tolower);
            answer.headers[name] = line.substr(line.find(':') + 2);
            at = stop + 2;
        }
        answer.take_body(bytes.substr(end + 4));
        return answer;
    }

private:
    void take_body(const std::string& rest) {
        if (headers["transfer-encoding"] != "chunked") {
            body = rest;
            whole = body.size() == std::stoul("0" + headers["content-length"]);
            return;
        }
        for (std::size_t at = 0; at < rest.size();) {
            const auto line = rest.find("\r\n", at);
            if (line == std::string::npos) return;
            const std::size_t size = std::stoul(rest.substr(at, line - at), nullptr, 16);
            if (size == 0) {
                whole = true;
                return;
            }
            body += rest.substr(line + 2, size);
            at = line + 2 + size + 2;
        }
    }
};

// A raw client: bytes out, bytes in.
class Client {
public:
    Client(const Endpoint& server, int receive_buffer)
        : fd_{rollcall::tests::raw_connection(server, receive_buffer)} {}
    ~Client() { close(); }
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    void send(std::string_view bytes) {
        static_cast<void>(::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL));
    }
    void close() {
        if (fd_ >= 0) ::close(std::exchange(fd_, -1));
    }
    void stop_reading() { reads_ = false; }
    void read_again() { reads_ = true; }
    void step() {
        std::array<char, 65536> buffer{};
        while (fd_ >= 0 && reads_ && !closed_) {
            const ssize_t count = ::recv(fd_, buffer.data(), buffer.size(), 0);
            if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return;
            if (count <= 0) {
                closed_ = true;
                reset_ = count < 0;
            } else {
                received_.append(buffer.data(), static_cast<std::size_t>(count));
            }
        }
    }
    [[nodiscard]] bool closed() const { return closed_; }
    [[nodiscard]] bool reset() const { return reset_; }
    [[nodiscard]] const std::string& received() const { return received_; }

private:
    int fd_;
    bool reads_ = true, closed_ = false, reset_ = false;
    std::string received_;
};

class World {
public:
    struct Options {
        Limits limits = {};
        std::string token = {};
        std::vector<std::string> host_names = {};
    };
    World() : World{Options{}} {}
    explicit World(Options options) {
        server_ = std::make_unique<Server>(Server::Parts{
            .loop = loop_,
            .log = *log_,
            .turns = turns_,
            .limits = options.limits,
            .host_names = std::move(options.host_names),
            .handle = [this](const std::shared_ptr<const Request>& request, Reply reply) {
                api_->handle(request, std::move(reply));
            }});
        api_ = std::make_unique<Api>(ApiParts{
            .loop = loop_,
            .control = agent,
            .log = *log_,
            .limits = options.limits,
            .stats = &server_->stats(),
            .token = std::move(options.token),
            .page = {.html = "<p>page", .csp = "default-src 'none'; script-src 'sha256-x'"},
            .self = [this] { return self; },
            .health = [this] { return health; },
            .readiness = [this] { return readiness; },
            .metrics = {}});
        const auto at = server_->listen(*Endpoint::parse("127.0.0.1:0"));
        if (!at) throw std::runtime_error{at.error().text};
        endpoint_ = std::get<Endpoint>(*at);
    }
    ~World() {
        clients_.clear();
        if (!server_closed_) close_server(Duration::zero());
        if (!server_closed_) std::abort();
        bool closed = false;
        turns_.close([&] { closed = true; });
        until([&] { return closed; });
    }
    World(const World&) = delete;
    World& operator=(const World&) = delete;

    Client& connect(int receive_buffer = 0) {
        clients_.push_back(std::make_unique<Client>(endpoint_, receive_buffer));
        return *clients_.back();
    }
    bool until(const std::function<bool()>& condition, Duration limit = std::chrono::seconds{60}) {
        return loop_.run_until(
            [&] {
                for (const auto& client : clients_) client->step();
                return condition();
            },
            limit);
    }
    // One round of the loop, which waits for nothing.
    void round() {
        uv_run(&static_cast<uv_loop_t&>(loop_), UV_RUN_NOWAIT);
        for (const auto& client : clients_) client->step();
    }
    // Sends the bytes, and waits for the end of the connection.
    Received exchange(std::string_view bytes) {
        Client& client = connect();
        client.send(bytes);
        until([&] { return client.closed(); });
        return Received::parse(client.received());
    }
    Received get(const std::string& target, const std::string& headers = "") {
        return exchange("GET " + target + " HTTP/1.1\r\nHost: localhost\r\n" + headers + "\r\n");
    }
    Received post(const std::string& target, const std::string& body,
                  const std::string& headers = "Authorization: Bearer sekret\r\n") {
        return exchange("POST " + target + " HTTP/1.1\r\nHost: localhost\r\n" + headers +
                        "Content-Type: application/json\r\nContent-Length: " +
                        std::to_string(body.size()) + "\r\n\r\n" + body);
    }
    void close_server(Duration limit) {
        server_->close(limit, [this] { server_closed_ = true; });
        until([&] { return server_closed_; });
    }

    [[nodiscard]] Server& server() { return *server_; }
    [[nodiscard]] std::uint64_t refused(Refused cause) { return server_->stats()[cause]; }
    [[nodiscard]] const Endpoint& endpoint() const { return endpoint_; }
    [[nodiscard]] Turns& turns() { return turns_; }
    [[nodiscard]] rollcall::tests::TestLoop& loop() { return loop_; }

    ScriptedAgent agent;
    Self self{.name = "n1", .version = "1.2.3", .address = "10.0.0.1:7946", .profile = "lan"};
    std::vector<Check> health{{"loop", true, "the loop is 0 ms late"}};
    std::vector<Check> readiness{{"joined", true, "joined"}};

private:
    std::unique_ptr<Log> log_ = std::move(*Log::open({.file = "/dev/null"}));
    rollcall::tests::TestLoop loop_;
    Turns turns_{loop_};
    std::unique_ptr<Server> server_;
    std::unique_ptr<Api> api_;
    std::vector<std::unique_ptr<Client>> clients_;
    Endpoint endpoint_;
    bool server_closed_ = false;
};

inline serf::MemberRecord member(std::string name, serf::Status status = serf::Status::alive,
                                 serf::Tags tags = {}) {
    return {.name = std::move(name),
            .address = WireAddress::v4(10, 0, 0, 7),
            .port = 7946,
            .tags = std::move(tags),
            .status = status,
            .versions = wire::kSerfVersions};
}

inline void record(Journal& journal, Level level, std::string_view event, std::string_view about) {
    const std::vector<LogField> fields{{"member", about}};
    journal.add({.level = level,
                 .time = std::chrono::system_clock::now(),
                 .component = "serf",
                 .event = event,
                 .text = std::string{event} + ": " + std::string{about},
                 .fields = fields});
}

}  // namespace rollcall::agent::http::tests

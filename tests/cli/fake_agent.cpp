// SPDX-License-Identifier: Apache-2.0
#include "cli/fake_agent.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <map>
#include <msgpack.hpp>
#include <sstream>
#include <stdexcept>

#include "rpc/reader.h"

namespace rollcall::cli::testing {

namespace {

using agent::rpc::ObjectReader;

void describe_object(std::ostream& out, const msgpack::object& object) {
    if (object.type == msgpack::type::MAP) {
        std::map<std::string, std::string> sorted;
        for (const auto& [key, value] : object.via.map) {
            std::ostringstream k, v;
            describe_object(k, key);
            describe_object(v, value);
            sorted[k.str()] = v.str();
        }
        if (sorted.empty()) out << "empty";
        for (const auto& [key, value] : sorted) out << '{' << key << ": " << value << '}';
    } else if (object.type == msgpack::type::ARRAY) {
        if (object.via.array.size == 0) out << "empty";
        for (const auto& item : object.via.array) {
            out << '[';
            describe_object(out, item);
            out << ']';
        }
    } else if (object.is_nil()) {
        out << "empty";
    } else {
        out << object;
    }
}

std::string describe(const msgpack::object& object) {
    std::ostringstream out;
    describe_object(out, object);
    return out.str();
}

}  // namespace

std::string canonical(const std::string& object_bytes) {
    ObjectReader reader{agent::rpc::kClientLimits};
    reader.feed(object_bytes);
    if (reader.next() != ObjectReader::Status::object) return "not an object";
    return describe(reader.object());
}

FakeAgent::FakeAgent(Script script) : script_{std::move(script)} {
    script_.path.empty() ? listen_on_a_port() : listen_on_a_path();
    thread_ = std::thread{[this] { play(); }};
}

void FakeAgent::listen_on_a_path() {
    listener_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::ranges::copy(script_.path, address.sun_path);
    if (::bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
        ::listen(listener_, 1) != 0) {
        throw std::runtime_error{"no socket at " + script_.path};
    }
}

void FakeAgent::listen_on_a_port() {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const any = reinterpret_cast<sockaddr*>(&address);
    if (::bind(listener_, any, size) != 0 || ::listen(listener_, 1) != 0 ||
        ::getsockname(listener_, any, &size) != 0) {
        throw std::runtime_error{"no loopback port"};
    }
    port_ = ntohs(address.sin_port);
}

FakeAgent::~FakeAgent() {
    ::shutdown(listener_, SHUT_RDWR);  // wakes an accept() without a client
    if (thread_.joinable()) thread_.join();
    ::close(listener_);
}

std::vector<std::string> FakeAgent::received() {
    ::shutdown(listener_, SHUT_RDWR);  // the clients were accepted long ago
    if (thread_.joinable()) thread_.join();
    return received_;
}

void FakeAgent::play() {
    const int peer = ::accept(listener_, nullptr, nullptr);
    if (peer < 0) return;
    ObjectReader reader{agent::rpc::kClientLimits};
    std::array<char, 4096> buffer{};
    // True once a whole object came; false when the client has hung up.
    const auto next_object = [&] {
        while (true) {
            const auto status = reader.next();
            if (status == ObjectReader::Status::object) {
                received_.push_back(describe(reader.object()));
                return true;
            }
            if (status == ObjectReader::Status::broken) return false;
            const ssize_t size = ::recv(peer, buffer.data(), buffer.size(), 0);
            if (size <= 0) return false;
            reader.feed({buffer.data(), static_cast<std::size_t>(size)});
        }
    };
    bool connected = true;
    for (const Step& step : script_.steps) {
        if (!connected) break;
        if (step.from_client) {
            connected = next_object();
            continue;
        }
        const std::size_t cut = script_.segment == 0 ? step.bytes.size() : script_.segment;
        for (std::size_t at = 0; connected && at < step.bytes.size(); at += cut) {
            const std::size_t size = std::min(cut, step.bytes.size() - at);
            connected = ::send(peer, step.bytes.data() + at, size, MSG_NOSIGNAL) ==
                        static_cast<ssize_t>(size);
        }
    }
    if (script_.stays) {
        while (next_object()) {
        }
    }
    if (script_.resets) {
        const linger now{.l_onoff = 1, .l_linger = 0};
        ::setsockopt(peer, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    }
    ::close(peer);
}

}  // namespace rollcall::cli::testing

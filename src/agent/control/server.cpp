// SPDX-License-Identifier: Apache-2.0
#include "agent/control/server.h"

#include <algorithm>
#include <utility>

#include "transport/clock.h"

namespace rollcall::agent {

RpcServer::RpcServer(Parts parts) : parts_{std::move(parts)} {}
RpcServer::~RpcServer() = default;

Result<RpcAddress, std::string> RpcServer::listen(const RpcAddress& at) {
    RpcListener& listener = listeners_.emplace_back(
        parts_.turns, [this](uv_stream_t& stream, int status) { connected(stream, status); });
    auto listening = listener.listen(parts_.loop, at);
    if (listening) {
        ++listeners_open_;
    } else {
        listeners_.pop_back();
    }
    return listening;
}

void RpcServer::connected(uv_stream_t& listener, int status) {
    if (status != 0) {
        ++stats_.refused;
        return complain("rpc-accept-failed",
                        std::string{"a client could not connect: "} + uv_strerror(status));
    }
    take([&listener](RpcConnection& client) { return client.accept(listener); });
}

void RpcServer::admit(OwnedFd socket, const Endpoint& from) {
    take([&](RpcConnection& client) { return client.adopt(std::move(socket), from); });
}

void RpcServer::take(const std::function<int(RpcConnection&)>& attach) {
    const auto open = static_cast<std::size_t>(std::ranges::count_if(
        connections_, [](const auto& connection) { return connection->open(); }));
    const bool room = !closing_ && (open < parts_.limits.max_connections || make_room());
    auto connection = std::make_unique<RpcConnection>(RpcConnection::Parts{
        .loop = parts_.loop,
        .control = parts_.control,
        .log = parts_.log,
        .limits = parts_.limits,
        .token = parts_.token,
        .stats = stats_,
        .turns = parts_.turns,
        .wrong_tokens = wrong_tokens_,
        .complain = [this](std::string_view event,
                           const std::string& text) { complain(event, text); },
        .closed =
            [this](RpcConnection& gone) {
                std::erase_if(connections_, [&](const auto& c) { return c.get() == &gone; });
                finished();
            }});
    RpcConnection& client = *connection;
    connections_.push_back(std::move(connection));
    if (attach(client) != 0) {
        ++stats_.refused;
        return;
    }
    if (!room) {
        // Accept and close it, since in the queue it would wait in vain.
        ++stats_.refused;
        client.close();
        return complain("rpc-full", "refused a client: limit of " +
                                        std::to_string(parts_.limits.max_connections) +
                                        " connections reached");
    }
    ++stats_.accepted;
}

// Evicts one idle client: untrusted ones first, then the one that has been silent longest.
bool RpcServer::make_room() {
    RpcConnection* victim = nullptr;
    for (const auto& connection : connections_) {
        if (!connection->open() || !connection->idle()) continue;
        if (victim == nullptr || std::pair{connection->trusted(), connection->last_active()} <
                                     std::pair{victim->trusted(), victim->last_active()}) {
            victim = connection.get();
        }
    }
    if (victim == nullptr) return false;
    ++stats_.evicted;
    victim->close();
    return true;
}

void RpcServer::publish(const serf::MemberEventGroup& event) {
    if (connections_.empty()) return;
    const std::string kind{to_string(event.kind)};
    rpc::MemberEventRecord content{.event = kind};
    content.members.reserve(event.members.size());
    for (const serf::MemberRecord& member : event.members)
        content.members.push_back(to_rpc(member));
    const auto record = std::make_shared<const std::string>(rpc::encode(content));
    for (const auto& connection : connections_) connection->deliver(kind, {}, record);
}

void RpcServer::publish(const serf::UserEventReceived& event) {
    if (connections_.empty()) return;
    const rpc::UserEventRecord content{.ltime = event.time.value(),
                                       .name = event.name,
                                       .payload = to_payload(event.payload),
                                       .coalesce = event.coalesce};
    const auto record = std::make_shared<const std::string>(rpc::encode(content));
    for (const auto& connection : connections_) {
        connection->deliver(content.event, event.name, record);
    }
}

void RpcServer::publish(const serf::QueryReceived& query) {
    for (const auto& connection : connections_) connection->deliver(query);
}

void RpcServer::complain(std::string_view event, const std::string& text) {
    const auto held = complaints_.pass(transport::clock_now());
    if (!held) return;
    parts_.log.write(Level::warn, "rpc", event,
                     *held == 0 ? text : text + " (and " + std::to_string(*held) + " more lines)",
                     {{"held_back", *held}});
}

void RpcServer::close(Duration limit, std::function<void()> closed) {
    closing_ = true;
    closed_ = std::move(closed);
    for (const auto& connection : connections_) connection->finish(limit);
    for (RpcListener& listener : listeners_) {
        listener.close([this] {
            --listeners_open_;
            finished();
        });
    }
    if (listeners_.empty()) finished();
}

void RpcServer::finished() {
    if (!closing_ || listeners_open_ > 0 || !connections_.empty() || !closed_) return;
    std::exchange(closed_, {})();
}

}  // namespace rollcall::agent

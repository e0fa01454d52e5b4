// SPDX-License-Identifier: Apache-2.0
#include "agent/session/session.h"

#include <msgpack.hpp>
#include <utility>

namespace rollcall::agent {
namespace {

constexpr int kStepsAtOnce = 16;  // then the caller looks at the clock

}  // namespace

RpcSession::RpcSession(RpcClient client) : client_{std::move(client)} {}

bool RpcSession::pump(std::string& out, std::size_t room) {
    for (int steps = 0; out.size() < room && steps < kStepsAtOnce; ++steps) {
        if (replies_.write(out)) {
            if (replies_.in_slices()) return true;
            continue;
        }
        if (closing()) return false;
        if (!busy() && step()) continue;
        if (!subscriptions_.write(out) && !queries_.write(out)) return false;
    }
    return true;
}

// Handles one object of the client, if it is complete.
bool RpcSession::step() {
    switch (reader_.next(trusted())) {
        case rpc::ObjectReader::Status::need_more:
            return false;
        case rpc::ObjectReader::Status::broken:
            admission_.refuse_broken("is not msgpack, or too large");
            return true;
        case rpc::ObjectReader::Status::object:
            handle(reader_.object());
            return true;
    }
    return false;
}

void RpcSession::handle(const msgpack::object& object) {
    if (std::exchange(skip_body_, false)) return;
    if (header_) {
        const std::uint64_t seq = header_->seq;
        header_.reset();
        return run(*command_, seq, object);
    }
    auto header = rpc::decode<rpc::RequestHeader>(object);
    if (!header) return admission_.refuse_broken("has no readable header");
    handle_header(std::move(*header));
}

void RpcSession::handle_header(rpc::RequestHeader header) {
    ++client_.stats.commands;
    if (!admission_.has_shaken_hands() && header.command != "handshake") {
        replies_.send(header.seq, "Handshake required");
        return admission_.close();
    }
    const RpcCommand* command = find_command(header.command);
    if (!admission_.authenticated() && (command == nullptr || !command->before_auth)) {
        replies_.send(header.seq, "Authentication required");
        // Its body follows and must not be read as a header.
        skip_body_ = command != nullptr && command->has_body;
        return;
    }
    if (command == nullptr) {
        replies_.send(header.seq, "Unsupported command");
        return admission_.close();
    }
    if (!command->has_body) return run(*command, header.seq, msgpack::object{});
    header_ = std::move(header);
    command_ = command;
}

void RpcSession::run(const RpcCommand& command, std::uint64_t seq, const msgpack::object& body) {
    command.run({client_, admission_, replies_, subscriptions_, queries_, seq, body});
}

void RpcSession::deliver(std::string_view event, std::string_view name, const Record& record) {
    subscriptions_.deliver(event, name, [&] { return record; });
}

void RpcSession::deliver(const serf::QueryReceived& query) {
    subscriptions_.deliver("query", query.name, [&] { return queries_.offer(query); });
}

}  // namespace rollcall::agent

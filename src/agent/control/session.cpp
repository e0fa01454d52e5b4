// SPDX-License-Identifier: Apache-2.0
#include "agent/control/session.h"

#include <algorithm>
#include <msgpack.hpp>

#include "agent/control/command.h"

namespace rollcall::agent {

RpcSession::RpcSession(Parts parts)
    : parts_{std::move(parts)},
      reader_{parts_.limits.first_requests},
      authenticated_{parts_.token.empty()} {}

RpcSession::~RpcSession() {
    if (monitor_) parts_.log.unsubscribe(monitor_->subscription);
    for (const Asked& asked : asked_) {
        if (asked.request && !asked.done) parts_.control.forget_query(*asked.request);
    }
}

void RpcSession::pump(std::string& out, std::size_t room) {
    while (out.size() < room) {
        if (!late_.empty()) {
            out += std::exchange(late_, {});
            replied_ = true;
        } else if (body_) {
            replied_ = true;
            if (body_(out)) body_ = nullptr;
        } else {
            const bool did = !closing_ && ((!busy_ && step(out)) || write_record(out));
            if (!did) return;
        }
    }
}

void RpcSession::receive(std::string_view bytes) {
    if (reader_trusts_) return reader_.feed(bytes);
    first_bytes_ += bytes;
}

// Byte by byte until the client is trusted: the bytes after the object that authenticates it are
// for a reader with other limits.
rpc::ObjectReader::Status RpcSession::next_object() {
    if (!reader_trusts_ && trusted()) {
        reader_ = rpc::ObjectReader{parts_.limits.requests};
        reader_.feed(std::exchange(first_bytes_, {}));
        reader_trusts_ = true;
    }
    if (reader_trusts_) return reader_.next();
    std::size_t fed = 0;
    auto status = rpc::ObjectReader::Status::need_more;
    while (fed < first_bytes_.size() && status == rpc::ObjectReader::Status::need_more) {
        reader_.feed({&first_bytes_[fed++], 1});
        status = reader_.next();
    }
    first_bytes_.erase(0, fed);
    return status;
}

// Handles one object of the client, if it is complete.
bool RpcSession::step(std::string& out) {
    switch (next_object()) {
        case rpc::ObjectReader::Status::need_more:
            return false;
        case rpc::ObjectReader::Status::broken:
            broken("is not msgpack, or too large");
            return true;
        case rpc::ObjectReader::Status::object:
            handle(reader_.object(), out);
            return true;
    }
    return false;
}

void RpcSession::handle(const msgpack::object& object, std::string& out) {
    if (std::exchange(skip_body_, false)) return;
    if (header_) {
        const std::uint64_t seq = header_->seq;
        header_.reset();
        return (this->*command_->run)(seq, object, out);
    }
    auto header = rpc::decode<rpc::RequestHeader>(object);
    if (!header) return broken("has no readable header");
    handle_header(std::move(*header), out);
}

void RpcSession::handle_header(rpc::RequestHeader header, std::string& out) {
    ++parts_.stats.commands;
    if (version_ == 0 && header.command != "handshake") {
        reply(header.seq, "Handshake required", out);
        closing_ = true;
        return;
    }
    const Command* command = find_command(header.command);
    if (!authenticated_ && (command == nullptr || !command->before_auth)) {
        reply(header.seq, "Authentication required", out);
        // Its body follows and must not be read as a header.
        skip_body_ = command != nullptr && command->has_body;
        return;
    }
    if (command == nullptr) {
        reply(header.seq, "Unsupported command", out);
        closing_ = true;
        return;
    }
    if (!command->has_body) return (this->*command->run)(header.seq, msgpack::object{}, out);
    header_ = std::move(header);
    command_ = command;
}

void RpcSession::broken(std::string_view why) {
    ++parts_.stats.broken_requests;
    closing_ = true;
    parts_.complain("rpc-broken-request", "a request of " + parts_.peer + " " + std::string{why} +
                                              "; closing the connection");
}

void RpcSession::reply(std::uint64_t seq, std::string_view error, std::string& out) {
    rpc::append(out, rpc::ResponseHeader{.error = std::string{error}, .seq = seq});
    replied_ = true;
}

// --- records -------------------------------------------------------------------------------------

void RpcSession::deliver(std::string_view event, std::string_view name, const Record& record) {
    bool any = false;
    for (Stream& stream : streams_) {
        if (!stream.filter.wants(event, name)) continue;
        queue_record(stream.outlet, record);
        any = true;
    }
    if (any) parts_.wake();
}

void RpcSession::deliver(const serf::QueryReceived& query) {
    bool any = false;
    for (Stream& stream : streams_) {
        if (!stream.filter.wants("query", query.name)) continue;
        const std::uint64_t id = ++last_query_;
        pending_.emplace(id, query.handle);
        if (pending_.size() > parts_.limits.pending_queries) pending_.erase(pending_.begin());
        queue_record(stream.outlet, std::make_shared<const std::string>(rpc::encode(
                                        rpc::QueryRecord{.id = id,
                                                         .ltime = query.time.value(),
                                                         .name = query.name,
                                                         .payload = to_payload(query.payload)})));
        any = true;
    }
    if (any) parts_.wake();
}

void RpcSession::queue_record(Outlet& outlet, const Record& record) {
    if (outlet.queue.push(record)) return;
    ++parts_.stats.records_dropped;
    if (std::exchange(outlet.overflowing, true)) return;
    parts_.complain("rpc-records-dropped", parts_.peer + " reads stream " +
                                               std::to_string(outlet.seq) +
                                               " too slowly; dropping its records");
}

bool RpcSession::write_record(std::string& out) {
    if (monitor_ && write_record_of(monitor_->outlet, out)) return true;
    const auto writes = [&](auto& source) { return write_record_of(source.outlet, out); };
    if (std::ranges::any_of(streams_, writes)) return true;
    const auto wrote = std::ranges::find_if(asked_, writes);
    if (wrote == asked_.end()) return false;
    if (wrote->done && wrote->outlet.queue.empty()) asked_.erase(wrote);
    return true;
}

bool RpcSession::write_record_of(Outlet& outlet, std::string& out) {
    if (outlet.queue.empty()) {
        if (std::exchange(outlet.overflowing, false)) {
            parts_.complain("rpc-records-dropped", parts_.peer + " caught up on stream " +
                                                       std::to_string(outlet.seq) + "; " +
                                                       std::to_string(outlet.queue.take_dropped()) +
                                                       " records were dropped");
        }
        return false;
    }
    rpc::append(out, rpc::ResponseHeader{.seq = outlet.seq});
    out += *outlet.queue.pop();
    ++parts_.stats.records_sent;
    return true;
}

}  // namespace rollcall::agent

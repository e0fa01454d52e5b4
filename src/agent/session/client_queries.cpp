// SPDX-License-Identifier: Apache-2.0
#include "agent/session/client_queries.h"

#include <algorithm>
#include <utility>

namespace rollcall::agent {

ClientQueries::~ClientQueries() {
    for (const Asked& asked : asked_) {
        if (asked.request && !asked.done) client_.control.forget_query(*asked.request);
    }
}

std::string ClientQueries::ask(std::uint64_t seq, const rpc::QueryRequest& request) {
    const std::size_t most = client_.limits.queries_per_client;
    if (asked_.size() >= most) {
        return "Too many queries: at most " + std::to_string(most) + " at once per connection";
    }
    // Registered before the call: our own ack comes inside it.
    asked_.push_back({.outlet = Outlet{client_, seq, client_.limits.query_records}});
    Asked& asked = asked_.back();
    const auto id = client_.control.query(
        request, [this, &asked, alive = std::weak_ptr{alive_}](const rpc::AnswerRecord& record) {
            if (!alive.expired()) answered(asked, record);
        });
    if (!id) {
        asked_.pop_back();
        return id.error();
    }
    asked.request = *id;
    return {};
}

void ClientQueries::answered(Asked& asked, const rpc::AnswerRecord& record) {
    auto encoded = std::make_shared<const std::string>(rpc::encode(record));
    asked.done = record.type == "done";
    if (asked.done) {
        asked.outlet.push_last(std::move(encoded));
    } else {
        asked.outlet.push(encoded);
    }
    client_.wake();
}

Record ClientQueries::offer(const serf::QueryReceived& query) {
    const std::uint64_t id = ++last_id_;
    offered_.emplace(id, query.handle);
    if (offered_.size() > client_.limits.pending_queries) offered_.erase(offered_.begin());
    return std::make_shared<const std::string>(
        rpc::encode(rpc::QueryRecord{.id = id,
                                     .ltime = query.time.value(),
                                     .name = query.name,
                                     .payload = to_payload(query.payload)}));
}

std::string ClientQueries::respond(std::uint64_t id, Bytes payload) {
    const auto query = offered_.find(id);
    if (query == offered_.end()) return "No pending queries matching ID";
    const auto error = client_.control.respond(query->second, payload);
    if (!error) return {};
    if (error->cause == serf::MessageError::Cause::response_too_late) {
        offered_.erase(query);
        return "No pending queries matching ID";
    }
    return "failed to respond to key query: " + to_string(*error);  // Serf says so of every query
}

bool ClientQueries::write(std::string& out) {
    const auto wrote =
        std::ranges::find_if(asked_, [&](Asked& asked) { return asked.outlet.write(out); });
    if (wrote == asked_.end()) return false;
    if (wrote->done && wrote->outlet.empty()) asked_.erase(wrote);
    return true;
}

}  // namespace rollcall::agent

// SPDX-License-Identifier: Apache-2.0
//
// The queries that a client has sent and whose answers it gets, and the queries of others that it
// may answer.
#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "agent/session/outlet.h"

namespace rollcall::agent {

class ClientQueries {
public:
    explicit ClientQueries(RpcClient& client) : client_{client} {}
    ~ClientQueries();
    ClientQueries(const ClientQueries&) = delete;
    ClientQueries& operator=(const ClientQueries&) = delete;

    // Sends a query to the members; its answers become records of this Seq. "", or why it was not
    // sent.
    [[nodiscard]] std::string ask(std::uint64_t seq, const rpc::QueryRequest& request);
    [[nodiscard]] bool running() const { return !asked_.empty(); }

    // The record of a query that the client may answer, with an id of its own.
    [[nodiscard]] Record offer(const serf::QueryReceived& query);
    // Answers an offered query. "", or why not.
    [[nodiscard]] std::string respond(std::uint64_t id, Bytes payload);

    // Appends one record of an answer. False: there is none.
    [[nodiscard]] bool write(std::string& out);

private:
    struct Asked {  // erased with its last record
        Outlet outlet;
        std::optional<RequestId> request;  // while it runs
        bool done = false;
    };
    void answered(Asked& asked, const rpc::AnswerRecord& record);

    RpcClient& client_;
    std::list<Asked> asked_;
    std::map<std::uint64_t, serf::QueryHandle> offered_;  // by the id in the record
    std::uint64_t last_id_ = 0;
    // Answers may come after the session's end: they check this.
    std::shared_ptr<int> alive_ = std::make_shared<int>();
};

}  // namespace rollcall::agent

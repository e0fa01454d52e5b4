// SPDX-License-Identifier: Apache-2.0
//
// The records of one Seq of a client: of a stream, a monitor or a query. A client that reads too
// slowly loses records; that is counted, logged once, and logged again when it has caught up.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "agent/session/client.h"
#include "agent/session/record_queue.h"

namespace rollcall::agent {

class Outlet {
public:
    Outlet(RpcClient& client, std::uint64_t seq, std::size_t most_records)
        : client_{client}, seq_{seq}, queue_{most_records} {}

    [[nodiscard]] std::uint64_t seq() const { return seq_; }
    [[nodiscard]] bool empty() const { return queue_.empty(); }
    void push(const Record& record);
    // The last record of a query is never dropped.
    void push_last(Record record) { queue_.push_last(std::move(record)); }
    // Appends one record. False: there is none.
    [[nodiscard]] bool write(std::string& out);

private:
    RpcClient& client_;
    std::uint64_t seq_;
    RecordQueue queue_;
    bool overflowing_ = false;
};

}  // namespace rollcall::agent

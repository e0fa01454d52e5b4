// SPDX-License-Identifier: Apache-2.0
//
// A client's stream of the agent's journal: a place in it, from which the client reads at its own
// pace. Copies and queues nothing; what the journal drops before a slow client has read it is
// announced by a record `lagged`, with the number. One thread.
#pragma once

#include <cstdint>
#include <string>

#include "agent/journal/journal.h"
#include "agent/session/client.h"

namespace rollcall::agent {

class JournalStream {
public:
    struct Wanted {
        std::uint64_t since = 0;  // the records after this one
        std::uint64_t last = 0;   // above 0: begin with at most so many that are there already
        Level level = Level::info;
        std::string member = {};  // "": all
    };

    JournalStream(RpcClient& client, std::uint64_t seq, Wanted wanted);
    ~JournalStream();
    JournalStream(const JournalStream&) = delete;
    JournalStream& operator=(const JournalStream&) = delete;

    [[nodiscard]] std::uint64_t seq() const { return seq_; }
    // Appends one record. False: there is none, or none so far; then the client is woken soon.
    [[nodiscard]] bool write(std::string& out);

private:
    [[nodiscard]] bool wants(const JournalRecord& record) const;
    void append(std::string& out, const std::string& json);

    RpcClient& client_;
    std::uint64_t seq_;
    Wanted wanted_;
    std::uint64_t read_ = 0;  // the number of the last record that was read
    bool restarted_ = false;  // to be announced
    std::uint64_t subscription_ = 0;
    std::uint64_t trace_ = 0;  // of the log, which produces such lines only if they are asked for
};

}  // namespace rollcall::agent

// SPDX-License-Identifier: Apache-2.0
//
// One round of `rollcall top`: asks all members for their sample by the built-in query (rule E8),
// in so many slots that the answers of a large cluster do not come all at once. One thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>

#include "base/result.h"
#include "cli/context.h"
#include "cli/rpc_client.h"
#include "cli/top/table.h"

namespace rollcall::cli {

struct TopQuestion {
    rpc::MembersFilteredRequest filter;
    std::optional<std::chrono::milliseconds> timeout;  // nullopt: time_for()
};

// Slots of 50 ms for 50 members each, in half of the time if it is given.
[[nodiscard]] std::size_t slots_for(std::size_t members,
                                    std::optional<std::chrono::milliseconds> timeout);
// 2 s, and the time of the slots.
[[nodiscard]] std::chrono::milliseconds time_for(std::size_t slots);

class TopRound {
public:
    TopRound(RpcClient& client, const TopQuestion& question)
        : client_{client}, question_{question} {}

    [[nodiscard]] std::optional<Failure> begin();
    // Waits for the next record, at most so long. The error: interrupted, or the agent stopped.
    [[nodiscard]] std::optional<RpcError> step(
        std::optional<std::chrono::milliseconds> limit = std::nullopt);
    // All that are up have answered, or the time is over.
    [[nodiscard]] bool settled() const { return done_ || top_->complete(); }
    // The query has ended: nothing more comes.
    [[nodiscard]] bool done() const { return done_; }
    // Asks which of those that did not answer have failed meanwhile. Once settled.
    [[nodiscard]] std::optional<Failure> look_again();
    // After begin().
    [[nodiscard]] const Top& top() const { return *top_; }

private:
    RpcClient& client_;
    const TopQuestion& question_;
    std::optional<Top> top_;
    bool done_ = false;
};

}  // namespace rollcall::cli

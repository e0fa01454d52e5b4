// SPDX-License-Identifier: Apache-2.0
//
// The broadcasts of this layer: intents, queries and user events, each in a separate queue (rule
// I7). A packet is filled in that order, after membership's own messages, so that a flood of events
// never delays membership. Messages of this layer never replace each other, but in a flood of
// intents. Bounded in number; a message too long for any packet is refused at once, since it would
// wait indefinitely.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "membership/application.h"
#include "membership/broadcast_queue.h"
#include "serf/config.h"
#include "serf/stats.h"

namespace rollcall::serf {

class Queues {
public:
    using Token = membership::BroadcastQueue::Token;

    explicit Queues(const Config& config);

    // Determines the number and the length of queued messages.
    struct Cluster {
        std::size_t members = 0;
        bool encrypted = false;
        std::optional<MemberId> packet_sender;  // it knows the message already
    };
    // The bytes are copied. finished() returns the token once the message was sent often enough,
    // was dropped or replaced. When many intents wait, one about the same member is replaced: it is
    // older, and so of no effect any more.
    void intent(Bytes message, Cluster cluster, std::string_view about, Token token = 0);
    void query(Bytes message, Cluster cluster);
    void event(Bytes message, Cluster cluster);

    // The longest message that fits into a packet.
    [[nodiscard]] std::size_t longest(const Cluster& cluster) const;

    // Fills a packet. `limit`: how often each message is sent.
    void take(std::size_t overhead, std::size_t budget, unsigned limit,
              const membership::Recipient& recipient, membership::BroadcastSink& sink);

    // The caller clears it.
    [[nodiscard]] std::vector<Token>& finished() { return intents_.finished(); }
    [[nodiscard]] bool empty() const {
        return intents_.size() + events_.size() + queries_.size() == 0;
    }
    [[nodiscard]] std::size_t intents() const { return intents_.size(); }
    [[nodiscard]] std::size_t queries() const { return queries_.size(); }
    [[nodiscard]] std::size_t events() const { return events_.size(); }
    [[nodiscard]] BroadcastDrops dropped() const;

private:
    void put(membership::BroadcastQueue& queue, Bytes message, Cluster cluster,
             std::string_view key = {}, Token token = 0);
    [[nodiscard]] std::size_t depth(std::size_t members) const;

    std::size_t max_depth_, min_depth_;
    std::size_t longest_;
    std::uint64_t too_long_ = 0;
    membership::BroadcastQueue intents_, queries_, events_;
};

}  // namespace rollcall::serf

// SPDX-License-Identifier: Apache-2.0
#include "serf/queues.h"

#include <algorithm>
#include <limits>
#include <span>
#include <string>

#include "wire/packet.h"

namespace rollcall::serf {
namespace {

// The overhead of a packet with one user message: the compound's head and length, and the type byte
// of a user message.
constexpr std::size_t kAroundMessage =
    wire::kCompoundHeader + wire::kCompoundPart + wire::kChecksumHeader + 1;
// At most, for the seal: version, nonce, tag and padding.
constexpr std::size_t kSeal = 1 + 12 + 16 + 16;

std::size_t label_header(const std::string& label) {
    return label.empty() ? 0 : 2 + label.size();
}

// Rule I7. More intents wait only when the cluster is in uproar, or under attack.
constexpr std::size_t kManyIntents = 256;

// The largest number of parts in a compound; some of them belong to membership.
constexpr std::size_t kMessagesPerPacket = wire::kMaxCompoundParts / 2;

}  // namespace

// Depth is kept by shrink_to(), as it follows the number of members.
Queues::Queues(const Config& config)
    : max_depth_{config.max_queue_depth},
      min_depth_{config.min_queue_depth},
      longest_{config.membership.packet_size - kAroundMessage -
               label_header(config.membership.layers.label)},
      intents_{std::numeric_limits<std::size_t>::max()},
      queries_{std::numeric_limits<std::size_t>::max()},
      events_{std::numeric_limits<std::size_t>::max()} {}

void Queues::intent(Bytes message, Cluster cluster, std::string_view about, Token token) {
    const bool crowded = intents_.size() >= kManyIntents;
    put(intents_, message, cluster, crowded ? about : std::string_view{}, token);
}

void Queues::query(Bytes message, Cluster cluster) {
    put(queries_, message, cluster);
}

void Queues::event(Bytes message, Cluster cluster) {
    put(events_, message, cluster);
}

void Queues::take(std::size_t overhead, std::size_t budget, unsigned limit,
                  const membership::Recipient& recipient, membership::BroadcastSink& sink) {
    std::size_t messages = std::min(kMessagesPerPacket, sink.messages_left());
    for (membership::BroadcastQueue* queue : {&intents_, &queries_, &events_}) {
        budget -= queue->take(
            overhead, budget, limit, messages,
            [&](Bytes message) {
                sink.add(message);
                --messages;
            },
            recipient);
    }
}

BroadcastDrops Queues::dropped() const {
    return {.intents = intents_.dropped(),
            .queries = queries_.dropped(),
            .events = events_.dropped(),
            .too_long = too_long_};
}

std::size_t Queues::longest(const Cluster& cluster) const {
    return longest_ - (cluster.encrypted ? kSeal : 0);
}

void Queues::put(membership::BroadcastQueue& queue, Bytes message, Cluster cluster,
                 std::string_view key, Token token) {
    if (message.size() > longest(cluster)) {
        ++too_long_;
        if (token != 0) queue.finished().push_back(token);
        return;
    }
    const auto& sender = cluster.packet_sender;
    queue.queue(key, message, token, sender ? std::span{&*sender, 1} : std::span<const MemberId>{});
    queue.shrink_to(depth(cluster.members));
}

// Rule I7: a fixed cap, or one that grows with the cluster when a minimum is set.
std::size_t Queues::depth(std::size_t members) const {
    return min_depth_ > 0 ? std::max(2 * members, min_depth_) : max_depth_;
}

}  // namespace rollcall::serf

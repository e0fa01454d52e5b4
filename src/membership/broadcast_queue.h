// SPDX-License-Identifier: Apache-2.0
//
// Messages waiting for gossip (rule G1). Each message is sent in a bounded number of packets; a
// newer message under the same key replaces an older one. Order of taking: fewest transmissions
// first, then longer, then newer. Bounded: when full, the most transmitted message is dropped and
// counted. Independent of time and peers.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/ids.h"

namespace rollcall::membership {

// Rule G1: mult x ceil(log10(members + 1)): 1x for 1..9 members, 2x for 10..99, and so on.
[[nodiscard]] unsigned transmit_limit(unsigned retransmit_mult, std::size_t members);

// How often a message is sent. Rule G1: a verdict of death half as often again as others. Who
// misses all copies of it would wait for a verdict of its own, or for the next push/pull.
enum class Reach : std::uint8_t { usual, wide };
[[nodiscard]] constexpr unsigned transmit_limit(Reach reach, unsigned usual) {
    return reach == Reach::wide ? usual + (usual + 1) / 2 : usual;
}

// The recipient of a packet, as far as counting transmissions goes.
struct Recipient {
    bool known = false;  // false: not in our table; each transmission counts
    MemberId member;
    bool live = true;        // transmissions to the dead do not count
    std::size_t others = 0;  // live members without us: when all are informed, each send counts
};

class BroadcastQueue {
public:
    // Identifies a command that waits until a message is done (or replaced, or dropped); 0 = none.
    using Token = std::uint64_t;

    explicit BroadcastQueue(std::size_t max_entries) : max_entries_{max_entries} {}
    BroadcastQueue(const BroadcastQueue&) = delete;
    BroadcastQueue& operator=(const BroadcastQueue&) = delete;

    // The bytes are copied. An empty key never replaces and is never replaced.
    // `informed`: members that know it already, e.g. its subject and the sender.
    void queue(std::string_view key, Bytes message, Token token = 0,
               std::span<const MemberId> informed = {}, Reach reach = Reach::usual);

    // Counts a message that fits no packet, and finishes its token.
    void refuse(Token token) {
        ++dropped_;
        if (token != 0) finished_.push_back(token);
    }

    // Passes messages for one packet to sink(Bytes), each costing `overhead` more than its size,
    // all within `budget`, at most `max_messages`. Each is counted as transmitted once and leaves
    // the queue at the limit of its reach, where `limit` is the usual one. Spans live until the
    // next call on this queue. Returns the bytes used.
    template <class Sink>
    std::size_t take(std::size_t overhead, std::size_t budget, unsigned limit,
                     std::size_t max_messages, Sink&& sink, const Recipient& recipient = {}) {
        recycle();
        std::size_t used = 0;
        std::size_t taken = 0;
        for (auto it = order_.begin(); it != order_.end() && taken < max_messages;) {
            if (used + overhead >= budget) break;
            it = first_that_fits(*it, budget - used - overhead);
            if (it == order_.end()) break;
            const auto next = std::next(it);
            const std::uint32_t slot = it->slot;
            const Bytes message{entries_[slot].message};
            used += overhead + message.size();
            ++taken;
            if (counts(entries_[slot], recipient, limit)) transmitted(it, limit);
            sink(message);
            it = next;
        }
        put_back();
        return used;
    }

    // Drops the message with this key, if one waits.
    void forget(std::string_view key);
    // Drops the most-sent messages until at most `max_entries` are left.
    void shrink_to(std::size_t max_entries);

    // Tokens of messages that are done, in that order. The caller clears it.
    [[nodiscard]] std::vector<Token>& finished() { return finished_; }
    [[nodiscard]] std::size_t size() const { return order_.size(); }
    [[nodiscard]] std::uint64_t dropped() const { return dropped_; }

private:
    static constexpr std::size_t kMaxInformed = 8;  // per message; a new one replaces the oldest

    struct Entry {
        std::vector<std::byte> message;
        std::string key;
        Token token = 0;
        Reach reach = Reach::usual;
        std::uint32_t sends = 0;  // counted or not
        std::array<MemberId, kMaxInformed> informed{};
        std::uint8_t informed_count = 0;
        std::uint8_t oldest = 0;

        [[nodiscard]] bool is_informed(MemberId member) const;
        void add_informed(MemberId member);
    };
    // The order of rule G1, ascending.
    struct Rank {
        std::uint32_t transmits = 0;
        std::uint32_t length = 0;  // longer first
        std::uint64_t id = 0;      // newer first
        std::uint32_t slot = 0;
        friend bool operator<(const Rank& a, const Rank& b) {
            return std::tie(a.transmits, b.length, b.id) < std::tie(b.transmits, a.length, a.id);
        }
    };
    using Order = std::set<Rank>;
    using Index = std::unordered_map<std::string, Order::iterator, NameHash, std::equal_to<>>;

    // From `from` on: the first message of its tier no longer than `room`, else of the next tiers.
    Order::iterator first_that_fits(Rank from, std::size_t room);
    // Rule G1: a transmission to an informed member does not count, as long as other members are
    // not informed. Bounded: after three times the limit every transmission counts.
    static bool counts(Entry& entry, const Recipient& recipient, unsigned limit);
    void transmitted(Order::iterator it, unsigned limit);
    void put_back();
    void recycle();
    void remove(Order::iterator it);
    void forget_key(const Entry& entry);
    void finish(Entry& entry);
    std::uint32_t new_slot();

    std::size_t max_entries_;
    std::vector<Entry> entries_;
    std::vector<std::uint32_t> free_;
    std::vector<std::uint32_t> spent_;  // finished, but their bytes may still be borrowed
    Order order_;
    Index by_key_;
    std::vector<Order::node_type> riding_;  // taken for the packet being filled
    std::vector<Order::node_type> spare_nodes_;
    std::vector<Index::node_type> spare_keys_;
    std::vector<Token> finished_;
    std::uint64_t next_id_ = 1;
    std::uint64_t dropped_ = 0;
};

}  // namespace rollcall::membership

// SPDX-License-Identifier: Apache-2.0
#include "membership/broadcast_queue.h"

#include <algorithm>
#include <iterator>
#include <limits>

namespace rollcall::membership {

unsigned transmit_limit(unsigned retransmit_mult, std::size_t members) {
    unsigned digits = 0;  // ceil(log10(members + 1)) without a logarithm in every packet
    for (std::size_t rest = members; rest > 0; rest /= 10) ++digits;
    return retransmit_mult * digits;
}

void BroadcastQueue::queue(std::string_view key, Bytes message, Token token,
                           std::span<const MemberId> informed, Reach reach) {
    recycle();
    if (max_entries_ == 0) {
        refuse(token);
        return;
    }
    const auto known = key.empty() ? by_key_.end() : by_key_.find(key);
    if (known != by_key_.end()) {
        finish(entries_[known->second->slot]);
        const auto old = known->second;
        const std::uint32_t slot = old->slot;
        spare_nodes_.push_back(order_.extract(old));
        free_.push_back(slot);
    }

    const std::uint32_t slot = new_slot();
    Entry& entry = entries_[slot];
    entry.message.assign(message.begin(), message.end());
    entry.key.assign(key);
    entry.token = token;
    entry.reach = reach;
    entry.sends = 0;
    entry.informed_count = entry.oldest = 0;
    for (const MemberId member : informed) entry.add_informed(member);
    const Rank rank{
        .length = static_cast<std::uint32_t>(message.size()), .id = next_id_++, .slot = slot};
    Order::iterator it;
    if (spare_nodes_.empty()) {
        it = order_.insert(rank).first;
    } else {
        Order::node_type node = std::move(spare_nodes_.back());
        spare_nodes_.pop_back();
        node.value() = rank;
        it = order_.insert(std::move(node)).position;
    }

    if (known != by_key_.end()) {
        known->second = it;
    } else if (!key.empty()) {
        if (spare_keys_.empty()) {
            by_key_.emplace(std::string{key}, it);
        } else {
            Index::node_type node = std::move(spare_keys_.back());
            spare_keys_.pop_back();
            node.key().assign(key);
            node.mapped() = it;
            by_key_.insert(std::move(node));
        }
    }
    shrink_to(max_entries_);
}

void BroadcastQueue::forget(std::string_view key) {
    recycle();
    const auto known = by_key_.find(key);
    if (known != by_key_.end()) remove(known->second);
}

void BroadcastQueue::shrink_to(std::size_t max_entries) {
    while (order_.size() > max_entries) {
        ++dropped_;
        remove(std::prev(order_.end()));
    }
}

BroadcastQueue::Order::iterator BroadcastQueue::first_that_fits(Rank from, std::size_t room) {
    const auto length = static_cast<std::uint32_t>(
        std::min<std::size_t>(room, std::numeric_limits<std::uint32_t>::max()));
    auto it = order_.lower_bound(from);
    while (it != order_.end() && it->length > length) {
        it = order_.lower_bound({.transmits = it->transmits,
                                 .length = length,
                                 .id = std::numeric_limits<std::uint64_t>::max()});
        // Now at the first short enough of this tier, or at the longest of the next one.
    }
    return it;
}

bool BroadcastQueue::Entry::is_informed(MemberId member) const {
    const auto end = informed.begin() + informed_count;
    return std::find(informed.begin(), end, member) != end;
}

void BroadcastQueue::Entry::add_informed(MemberId member) {
    if (is_informed(member)) return;
    if (informed_count < kMaxInformed) {
        informed[informed_count++] = member;
        return;
    }
    informed[oldest] = member;
    oldest = static_cast<std::uint8_t>((oldest + 1) % kMaxInformed);
}

bool BroadcastQueue::counts(Entry& entry, const Recipient& recipient, unsigned limit) {
    const bool exhausted = entry.sends++ >= 3 * transmit_limit(entry.reach, limit);
    if (!recipient.known || exhausted) return true;
    if (!recipient.live) return false;
    if (entry.is_informed(recipient.member)) return entry.informed_count >= recipient.others;
    entry.add_informed(recipient.member);
    return true;
}

// A message is never twice in one packet: it is set aside until the packet is filled.
void BroadcastQueue::transmitted(Order::iterator it, unsigned limit) {
    const std::uint32_t slot = it->slot;
    if (it->transmits + 1 < transmit_limit(entries_[slot].reach, limit)) {
        riding_.push_back(order_.extract(it));
        ++riding_.back().value().transmits;
        return;
    }
    Entry& entry = entries_[slot];
    finish(entry);
    forget_key(entry);
    spare_nodes_.push_back(order_.extract(it));
    spent_.push_back(slot);
}

void BroadcastQueue::put_back() {
    for (Order::node_type& node : riding_) {
        const std::uint32_t slot = node.value().slot;
        const auto it = order_.insert(std::move(node)).position;
        const Entry& entry = entries_[slot];
        if (!entry.key.empty()) by_key_.find(entry.key)->second = it;
    }
    riding_.clear();
}

void BroadcastQueue::recycle() {
    free_.insert(free_.end(), spent_.begin(), spent_.end());
    spent_.clear();
}

void BroadcastQueue::remove(Order::iterator it) {
    Entry& entry = entries_[it->slot];
    finish(entry);
    forget_key(entry);
    free_.push_back(it->slot);
    spare_nodes_.push_back(order_.extract(it));
}

void BroadcastQueue::forget_key(const Entry& entry) {
    if (entry.key.empty()) return;
    spare_keys_.push_back(by_key_.extract(by_key_.find(entry.key)));
}

void BroadcastQueue::finish(Entry& entry) {
    if (entry.token != 0) finished_.push_back(entry.token);
    entry.token = 0;
}

std::uint32_t BroadcastQueue::new_slot() {
    if (free_.empty()) {
        entries_.emplace_back();
        return static_cast<std::uint32_t>(entries_.size() - 1);
    }
    const std::uint32_t slot = free_.back();
    free_.pop_back();
    return slot;
}

}  // namespace rollcall::membership

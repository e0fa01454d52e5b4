// SPDX-License-Identifier: Apache-2.0
//
// Duplicate detection: the ring of recent user events and the ring of recent queries (rules E1 and
// E2). A slot contains the items of one Lamport time; a newer time that maps to the same slot
// replaces it. Items further back than the length of the ring, or before floor(), are too old to be
// judged and are dropped.
//
// Bounded in bytes too, which Serf's rings are not: when full, the oldest slot is dropped and the
// floor rises above it. So a dropped item is too old from then on and is never taken for a new one;
// a flood shortens the history, but does not let messages circulate.
//
// Items of one time are bounded as well, since each is compared with what comes in.
//
// Item is an owning type with same(view) and bytes(), made from the borrowed View.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/ids.h"

namespace rollcall::serf {

enum class Freshness : std::uint8_t { fresh, duplicate, too_old, no_room };

template <class Item>
class RecentRing {
public:
    // Different items of one Lamport time: as many as members send concurrently.
    static constexpr std::size_t kMaxItemsPerSlot = 4096;

    struct Slot {
        bool used = false;
        LamportTime time;
        std::vector<Item> items;
    };

    RecentRing(std::size_t slots, std::size_t max_bytes) : slots_(slots), max_bytes_{max_bytes} {
        ROLLCALL_CHECK(slots > 0);
    }

    // `clock` is the clock after it witnessed `time`. A fresh item is recorded.
    template <class View>
    Freshness judge(LamportTime clock, LamportTime time, const View& view) {
        if (time < floor_) return Freshness::too_old;
        if (clock.value() > slots_.size() && time.value() < clock.value() - slots_.size()) {
            return Freshness::too_old;
        }
        Slot& slot = slots_[static_cast<std::size_t>(time.value() % slots_.size())];
        if (slot.used && slot.time == time) {
            for (const Item& item : slot.items) {
                if (item.same(view)) return Freshness::duplicate;
            }
            if (slot.items.size() >= kMaxItemsPerSlot) return Freshness::no_room;
        }
        Item item{view};
        const std::size_t cost = item.bytes() + sizeof(Item);
        if (cost > max_bytes_) return Freshness::no_room;
        if (slot.used && slot.time != time) empty(slot);
        while (bytes_ + cost > max_bytes_) {
            Slot& oldest = oldest_slot();
            // Only this time is left: its slot is full.
            if (&oldest == &slot) return Freshness::no_room;
            // Never drop an item that is newer than the one that arrives.
            if (oldest.time > time) return Freshness::no_room;
            floor_ = LamportTime{oldest.time.value() + 1};
            empty(oldest);
        }
        slot.used = true;
        slot.time = time;
        slot.items.push_back(std::move(item));
        bytes_ += cost;
        return Freshness::fresh;
    }

    // Nothing earlier than this is fresh. Falls only in forget_from().
    void raise_floor(LamportTime time) { floor_ = std::max(floor_, time); }
    // Forgets the items of this time and later, as if they had never come.
    void forget_from(LamportTime time) {
        for (Slot& slot : slots_) {
            if (slot.used && slot.time >= time) empty(slot);
        }
        floor_ = std::min(floor_, time);
    }
    [[nodiscard]] LamportTime floor() const { return floor_; }

    // Used and unused slots, not ordered by time.
    [[nodiscard]] const std::vector<Slot>& slots() const { return slots_; }
    [[nodiscard]] std::size_t bytes() const { return bytes_; }

private:
    void empty(Slot& slot) {
        for (const Item& item : slot.items) bytes_ -= item.bytes() + sizeof(Item);
        slot = Slot{};
    }
    // Only when there are bytes, so that there is one.
    Slot& oldest_slot() {
        Slot* oldest = nullptr;
        for (Slot& slot : slots_) {
            if (slot.used && (oldest == nullptr || slot.time < oldest->time)) oldest = &slot;
        }
        ROLLCALL_CHECK(oldest != nullptr);
        return *oldest;
    }

    std::vector<Slot> slots_;
    std::size_t max_bytes_;
    std::size_t bytes_ = 0;
    LamportTime floor_;
};

}  // namespace rollcall::serf

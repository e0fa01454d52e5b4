// SPDX-License-Identifier: Apache-2.0
//
// A hash index of slots: open addressing, four bytes a bucket, at most 7/8 full, no tombstones. The
// owner stores the slots' content, compares it, and computes a slot's hash. A bucket keeps some
// bits of the hash beside the slot's number, which avoids nearly all needless comparisons.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "base/check.h"

namespace rollcall::membership {

// Slots are below 1 << kSlotBits; the remaining bits store a part of the hash.
template <unsigned kSlotBits>
class SlotIndex {
    static_assert(kSlotBits >= 8 && kSlotBits < 32);

public:
    [[nodiscard]] std::size_t size() const { return size_; }
    [[nodiscard]] std::size_t memory() const { return buckets_.capacity() * sizeof(std::uint32_t); }

    // The slot with that hash for which is_it(slot) holds.
    template <class IsIt>
    [[nodiscard]] std::optional<std::uint32_t> find(std::uint32_t hash, IsIt&& is_it) const {
        if (buckets_.empty()) return {};
        const std::size_t mask = buckets_.size() - 1;
        const std::uint32_t mark = mark_of(hash);
        for (std::size_t at = hash & mask; buckets_[at] != 0; at = (at + 1) & mask) {
            const std::uint32_t bucket = buckets_[at];
            if ((bucket & ~kSlotMask) == mark && is_it(bucket & kSlotMask)) {
                return bucket & kSlotMask;
            }
        }
        return {};
    }

    // The slot must not be in it. hash_of(slot): of those that are.
    template <class HashOf>
    void insert(std::uint32_t hash, std::uint32_t slot, HashOf&& hash_of) {
        ROLLCALL_CHECK(slot <= kSlotMask);
        reserve(size_ + 1, hash_of);
        put(hash, slot);
        ++size_;
    }

    // Room for this many without growing.
    template <class HashOf>
    void reserve(std::size_t slots, HashOf&& hash_of) {
        const std::size_t needed = std::bit_ceil(std::max<std::size_t>(8, (slots * 8 + 6) / 7));
        if (needed <= buckets_.size()) return;
        const std::vector<std::uint32_t> before = std::exchange(buckets_, {});
        buckets_.assign(needed, 0);
        for (const std::uint32_t bucket : before) {
            if (bucket != 0) put(hash_of(bucket & kSlotMask), bucket & kSlotMask);
        }
    }

    // The slot must be in it. Moves back every later bucket of the run that may be placed earlier.
    template <class HashOf>
    void erase(std::uint32_t hash, std::uint32_t slot, HashOf&& hash_of) {
        const std::size_t mask = buckets_.size() - 1;
        std::size_t hole = hash & mask;
        while (buckets_[hole] != (mark_of(hash) | slot)) {
            ROLLCALL_CHECK(buckets_[hole] != 0);
            hole = (hole + 1) & mask;
        }
        for (std::size_t at = (hole + 1) & mask; buckets_[at] != 0; at = (at + 1) & mask) {
            const std::size_t home = hash_of(buckets_[at] & kSlotMask) & mask;
            if (((at - home) & mask) >= ((at - hole) & mask)) {
                buckets_[hole] = buckets_[at];
                hole = at;
            }
        }
        buckets_[hole] = 0;
        --size_;
    }

private:
    static constexpr std::uint32_t kSlotMask = (std::uint32_t{1} << kSlotBits) - 1;

    // Never 0, so that no taken bucket is.
    [[nodiscard]] static std::uint32_t mark_of(std::uint32_t hash) {
        return std::max(hash >> kSlotBits, std::uint32_t{1}) << kSlotBits;
    }
    void put(std::uint32_t hash, std::uint32_t slot) {
        const std::size_t mask = buckets_.size() - 1;
        std::size_t at = hash & mask;
        while (buckets_[at] != 0) at = (at + 1) & mask;
        buckets_[at] = mark_of(hash) | slot;
    }

    std::vector<std::uint32_t> buckets_;  // mark and slot; 0: free. A power of two of them
    std::size_t size_ = 0;
};

}  // namespace rollcall::membership

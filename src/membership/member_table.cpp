// SPDX-License-Identifier: Apache-2.0
#include "membership/member_table.h"

#include "base/check.h"

namespace rollcall::membership {
namespace {

constexpr std::uint32_t kGenerations = 1u << (32 - MemberId::kSlotBits);

}  // namespace

std::string_view to_string(State state) {
    switch (state) {
        case State::alive:
            return "alive";
        case State::suspect:
            return "suspect";
        case State::dead:
            return "dead";
        case State::left:
            return "left";
    }
    return "?";
}

const Member* MemberTable::find(MemberId id) const {
    if (id.slot() >= slots_.size()) return nullptr;
    const Slot& slot = slots_[id.slot()];
    return slot.used && slot.generation == id.generation() ? &slot.member : nullptr;
}

Member* MemberTable::find(MemberId id) {
    return const_cast<Member*>(static_cast<const MemberTable*>(this)->find(id));
}

std::optional<MemberId> MemberTable::id_of(std::string_view name) const {
    if (index_.empty()) return {};
    const std::uint32_t entry = index_[bucket_of(name)];
    if (entry == 0) return {};
    return MemberId::make(entry - 1, slots_[entry - 1].generation);
}

const Member* MemberTable::find(std::string_view name) const {
    const auto id = id_of(name);
    return id ? find(*id) : nullptr;
}

std::optional<MemberId> MemberTable::insert(std::string_view name) {
    if (size() >= max_members_ || size() > MemberId::kSlotMask) return {};
    if ((size() + 1) * 2 > index_.size()) grow_index();
    const std::size_t bucket = bucket_of(name);
    ROLLCALL_CHECK(index_[bucket] == 0);

    std::uint32_t at = 0;
    if (free_.empty()) {
        at = static_cast<std::uint32_t>(slots_.size());
        slots_.emplace_back();
    } else {
        at = free_.back();
        free_.pop_back();
    }
    Slot& slot = slots_[at];
    slot.member = Member{};
    slot.member.name.assign(name);
    slot.used = true;
    slot.place = static_cast<std::uint32_t>(order_.size());
    index_[bucket] = at + 1;
    const MemberId id = MemberId::make(at, slot.generation);
    order_.push_back(id);
    return id;
}

void MemberTable::erase(MemberId id) {
    const Member* member = find(id);
    ROLLCALL_CHECK(member != nullptr);
    erase_bucket(bucket_of(member->name));
    Slot& slot = slots_[id.slot()];
    swap(slot.place, order_.size() - 1);
    order_.pop_back();
    slot.member = Member{};
    slot.generation = (slot.generation + 1) % kGenerations;
    slot.used = false;
    free_.push_back(id.slot());
}

void MemberTable::swap(std::size_t a, std::size_t b) {
    std::swap(order_[a], order_[b]);
    slots_[order_[a].slot()].place = static_cast<std::uint32_t>(a);
    slots_[order_[b].slot()].place = static_cast<std::uint32_t>(b);
}

void MemberTable::shuffle(Rng& rng) {
    rng.shuffle(std::span{order_});
    for (std::size_t i = 0; i < order_.size(); ++i) {
        slots_[order_[i].slot()].place = static_cast<std::uint32_t>(i);
    }
}

std::size_t MemberTable::memory() const {
    return slots_.size() * sizeof(Slot) + free_.capacity() * sizeof(free_[0]) +
           order_.capacity() * sizeof(MemberId) + index_.capacity() * sizeof(index_[0]);
}

std::size_t MemberTable::bucket_of(std::string_view name) const {
    const std::size_t mask = index_.size() - 1;
    std::size_t bucket = NameHash{}(name)&mask;
    while (index_[bucket] != 0 && slots_[index_[bucket] - 1].member.name != name) {
        bucket = (bucket + 1) & mask;
    }
    return bucket;
}

void MemberTable::grow_index() {
    index_.assign(index_.empty() ? 16 : index_.size() * 2, 0);
    for (const MemberId id : order_) {
        index_[bucket_of(slots_[id.slot()].member.name)] = id.slot() + 1;
    }
}

// Closes the gap by moving back every later entry of the run that may stand earlier, so that no
// tombstones pile up.
void MemberTable::erase_bucket(std::size_t hole) {
    const std::size_t mask = index_.size() - 1;
    for (std::size_t at = (hole + 1) & mask; index_[at] != 0; at = (at + 1) & mask) {
        const std::size_t home = NameHash{}(slots_[index_[at] - 1].member.name) & mask;
        if (((at - home) & mask) >= ((at - hole) & mask)) {
            index_[hole] = index_[at];
            hole = at;
        }
    }
    index_[hole] = 0;
}

}  // namespace rollcall::membership

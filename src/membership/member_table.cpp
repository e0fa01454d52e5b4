// SPDX-License-Identifier: Apache-2.0
#include "membership/member_table.h"

#include <utility>

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

MemberTable::MemberTable(std::size_t max_members, std::shared_ptr<ProfilePool> profiles)
    : max_members_{max_members},
      profiles_{profiles ? std::move(profiles) : std::make_shared<ProfilePool>()} {}

MemberTable::~MemberTable() {
    for (const MemberId id : order_) profiles_->give_back(records_[id.slot()].profile);
}

std::optional<MemberId> MemberTable::id_of(std::string_view name) const {
    const auto slot = index_.find(hash_of_name(name), [&](std::uint32_t candidate) {
        return profile_in(candidate).name() == name;
    });
    if (!slot) return {};
    return MemberId::make(*slot, records_[*slot].generation);
}

FoundMember MemberTable::find(std::string_view name) const {
    const auto id = id_of(name);
    return id ? find(*id) : FoundMember{};
}

std::optional<MemberId> MemberTable::insert(const Announcement& content) {
    if (size() >= max_members_ || size() > MemberId::kSlotMask) return {};
    ROLLCALL_CHECK(!id_of(content.name));
    make_room();
    std::uint32_t slot = 0;
    if (free_.empty()) {
        slot = static_cast<std::uint32_t>(records_.size());
        records_.emplace_back();
    } else {
        slot = free_.back();
        free_.pop_back();
    }
    Record& record = records_[slot];
    record.profile = profiles_->take(content);
    record.place = static_cast<std::uint32_t>(order_.size()) & MemberId::kSlotMask;
    const MemberId id = MemberId::make(slot, record.generation);
    order_.push_back(id);
    index_.insert(profile_in(slot).name_hash(), slot, hash_of_slot());
    set_incarnation(id, Incarnation{0});
    set_state(id, State::dead, Time{});
    return id;
}

void MemberTable::erase(MemberId id) {
    Record& record = record_of(id);
    index_.erase(profile_in(id.slot()).name_hash(), id.slot(), hash_of_slot());
    swap(record.place, order_.size() - 1);
    order_.pop_back();
    profiles_->give_back(record.profile);
    record.profile = kNoProfile;
    record.generation = (record.generation + 1) % kGenerations;
    free_.push_back(id.slot());
}

void MemberTable::set_profile(MemberId id, const Announcement& content) {
    Record& record = record_of(id);
    const Profile& before = (*profiles_)[record.profile];
    if (before.matches(content)) return;
    ROLLCALL_CHECK(before.name() == content.name);
    profiles_->give_back(std::exchange(record.profile, profiles_->take(content)));
}

void MemberTable::set_incarnation(MemberId id, Incarnation incarnation) {
    record_of(id).incarnation = incarnation;
}

void MemberTable::set_state(MemberId id, State state, Time since) {
    const std::int64_t count = since.time_since_epoch().count();
    const std::int64_t packed = (count << 2) | static_cast<std::int64_t>(state);
    ROLLCALL_CHECK(packed >> 2 == count);
    record_of(id).state_and_since = std::bit_cast<std::array<std::uint32_t, 2>>(packed);
}

void MemberTable::reserve(std::size_t members) {
    records_.reserve(members);
    order_.reserve(members);
    index_.reserve(members, hash_of_slot());
}

// Grows by a sixteenth, not by half: a simulation has a table for every node.
void MemberTable::make_room() {
    if (order_.size() < order_.capacity()) return;
    const std::size_t room = order_.size() + order_.size() / 16 + 8;
    order_.reserve(room);
    records_.reserve(room);
}

void MemberTable::swap(std::size_t a, std::size_t b) {
    std::swap(order_[a], order_[b]);
    records_[order_[a].slot()].place = static_cast<std::uint32_t>(a) & MemberId::kSlotMask;
    records_[order_[b].slot()].place = static_cast<std::uint32_t>(b) & MemberId::kSlotMask;
}

void MemberTable::shuffle(Rng& rng) {
    rng.shuffle(std::span{order_});
    for (std::size_t i = 0; i < order_.size(); ++i) {
        records_[order_[i].slot()].place = static_cast<std::uint32_t>(i) & MemberId::kSlotMask;
    }
}

std::size_t MemberTable::memory() const {
    return records_.capacity() * sizeof(Record) + free_.capacity() * sizeof(free_[0]) +
           order_.capacity() * sizeof(MemberId) + index_.memory();
}

MemberTable::Record& MemberTable::record_of(MemberId id) {
    ROLLCALL_CHECK(id.slot() < records_.size());
    Record& record = records_[id.slot()];
    ROLLCALL_CHECK(record.profile != kNoProfile && record.generation == id.generation());
    return record;
}

}  // namespace rollcall::membership

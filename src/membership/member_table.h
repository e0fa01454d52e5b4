// SPDX-License-Identifier: Apache-2.0
//
// The members that this node knows, by id and by name. What a member announced is a profile, shared
// with other tables; what this node stores about it is a record of 20 bytes. With its place in the
// probe order (a shuffled ring) and in the name index a member takes some 30 bytes. Slots are
// reused; an id contains its slot's generation, so an id kept by an old timer finds no member once
// the slot is reused. Invariant: a name occurs once.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "base/endpoint.h"
#include "base/ids.h"
#include "base/rng.h"
#include "base/time.h"
#include "membership/profile_pool.h"
#include "membership/slot_index.h"
#include "wire/messages.h"

namespace rollcall::membership {

enum class State : std::uint8_t { alive, suspect, dead, left };
[[nodiscard]] std::string_view to_string(State state);

// A member at the time of the lookup. Its profile is borrowed from the table and valid until that
// member's entry changes.
struct Member {
    const Profile* profile = nullptr;
    Time state_changed{};
    Incarnation incarnation;
    State state = State::dead;

    [[nodiscard]] std::string_view name() const { return profile->name(); }
    [[nodiscard]] std::string_view meta() const { return profile->meta(); }   // opaque bytes
    [[nodiscard]] WireAddress address() const { return profile->address(); }  // as announced
    [[nodiscard]] Bytes address_bytes() const { return profile->address_bytes(); }
    [[nodiscard]] std::uint16_t port() const { return profile->port(); }
    [[nodiscard]] const wire::Versions& versions() const { return profile->versions(); }
    // Where its sockets are.
    [[nodiscard]] Endpoint endpoint() const { return *Endpoint::from_wire(address(), port()); }
    [[nodiscard]] bool is_at(const Endpoint& place) const {
        return port() == place.port && endpoint() == place;
    }
    [[nodiscard]] bool is_live() const { return state == State::alive || state == State::suspect; }
};

// The result of a lookup: a member, or none. Used like a pointer, and contains the member itself.
class FoundMember {
public:
    FoundMember() = default;
    explicit FoundMember(const Member& member) : member_{member} {}
    [[nodiscard]] explicit operator bool() const { return member_.profile != nullptr; }
    [[nodiscard]] Member operator*() const { return *operator->(); }
    [[nodiscard]] const Member* operator->() const {
        ROLLCALL_CHECK(member_.profile != nullptr);
        return &member_;
    }
    friend bool operator==(const FoundMember& found, std::nullptr_t) { return !found; }

private:
    Member member_;
};

class MemberTable {
public:
    // Without a pool it makes its own.
    explicit MemberTable(std::size_t max_members, std::shared_ptr<ProfilePool> profiles = {});
    MemberTable(MemberTable&&) = default;
    ~MemberTable();

    // Empty when the id's member is gone, or when none has that name.
    [[nodiscard]] FoundMember find(MemberId id) const {
        if (id.slot() >= records_.size()) return {};
        const Record& record = records_[id.slot()];
        if (record.profile == kNoProfile || record.generation != id.generation()) return {};
        return FoundMember{view(record)};
    }
    [[nodiscard]] FoundMember find(std::string_view name) const;
    [[nodiscard]] std::optional<MemberId> id_of(std::string_view name) const;

    // A new entry in state dead with incarnation 0. nullopt: the table is full. The name must be
    // new.
    std::optional<MemberId> insert(const Announcement& content);
    void erase(MemberId id);
    // Changes of one entry; the id must be valid.
    void set_profile(MemberId id, const Announcement& content);  // of the same name
    void set_incarnation(MemberId id, Incarnation incarnation);
    // `since`: at most 73 years from the clock's origin, either way.
    void set_state(MemberId id, State state, Time since);

    // All entries, in any state.
    [[nodiscard]] std::size_t size() const { return order_.size(); }
    // Reserves room for this many members, where the number is known beforehand.
    void reserve(std::size_t members);
    // In a stable order that changes only by insert, erase and shuffle: what probes walk.
    [[nodiscard]] std::span<const MemberId> ids() const { return order_; }
    void swap(std::size_t a, std::size_t b);  // two places of that order
    void shuffle(Rng& rng);
    // Bytes of this table, without those of the profiles, which are shared.
    [[nodiscard]] std::size_t memory() const;
    [[nodiscard]] const ProfilePool& profiles() const { return *profiles_; }

private:
    static constexpr ProfileId kNoProfile{~std::uint32_t{0}};

    // In words of four bytes: 8-byte alignment would cost every one of them another four.
    struct Record {
        ProfileId profile = kNoProfile;  // the slot is free
        Incarnation incarnation;
        std::uint32_t place : MemberId::kSlotBits = 0;  // in order_
        std::uint32_t generation : 32 - MemberId::kSlotBits = 0;
        // Nanoseconds since the clock's origin, times four, plus the state.
        std::array<std::uint32_t, 2> state_and_since{};
    };
    static_assert(sizeof(Record) == 20);

    [[nodiscard]] Member view(const Record& record) const {
        const auto packed = std::bit_cast<std::int64_t>(record.state_and_since);
        return {.profile = &(*profiles_)[record.profile],
                .state_changed = Time{Duration{packed >> 2}},
                .incarnation = record.incarnation,
                .state = static_cast<State>(packed & 3)};
    }
    [[nodiscard]] Record& record_of(MemberId id);
    [[nodiscard]] const Profile& profile_in(std::uint32_t slot) const {
        return (*profiles_)[records_[slot].profile];
    }
    [[nodiscard]] auto hash_of_slot() const {
        return [this](std::uint32_t slot) { return profile_in(slot).name_hash(); };
    }
    void make_room();

    std::size_t max_members_;
    std::shared_ptr<ProfilePool> profiles_;
    std::vector<Record> records_;
    std::vector<std::uint32_t> free_;
    std::vector<MemberId> order_;
    SlotIndex<MemberId::kSlotBits> index_;
};

}  // namespace rollcall::membership

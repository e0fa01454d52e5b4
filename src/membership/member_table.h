// SPDX-License-Identifier: Apache-2.0
//
// Everybody this node knows of, by id and by name. Slots are dense and reused; an id carries its
// slot's generation, so an id kept by an old timer finds nobody once the slot has a new tenant. The
// probe order (a shuffled ring) is kept beside, not in, the table. Invariant: a name occurs once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/endpoint.h"
#include "base/ids.h"
#include "base/rng.h"
#include "base/time.h"
#include "wire/messages.h"

namespace rollcall::membership {

enum class State : std::uint8_t { alive, suspect, dead, left };
[[nodiscard]] std::string_view to_string(State state);

struct Member {
    std::string name;
    std::string meta;  // bytes, opaque; "" for none
    Time state_changed{};
    Incarnation incarnation;
    WireAddress address;  // as announced, byte for byte
    std::uint16_t port = 0;
    wire::Versions versions;
    State state = State::dead;

    // Where its sockets are.
    [[nodiscard]] Endpoint endpoint() const { return *Endpoint::from_wire(address, port); }
    [[nodiscard]] bool is_at(const Endpoint& place) const {
        return port == place.port && endpoint() == place;
    }
    [[nodiscard]] bool is_live() const { return state == State::alive || state == State::suspect; }
};

class MemberTable {
public:
    explicit MemberTable(std::size_t max_members) : max_members_{max_members} {}

    // nullptr when the id's member is gone, or nobody has that name.
    [[nodiscard]] const Member* find(MemberId id) const;
    [[nodiscard]] Member* find(MemberId id);
    [[nodiscard]] std::optional<MemberId> id_of(std::string_view name) const;
    [[nodiscard]] const Member* find(std::string_view name) const;

    // A new entry in state dead with incarnation 0. nullopt: the table is full. The name must be
    // new.
    std::optional<MemberId> insert(std::string_view name);
    void erase(MemberId id);

    // All entries, in any state.
    [[nodiscard]] std::size_t size() const { return order_.size(); }
    // In a stable order that changes only by insert, erase and shuffle: what probes walk.
    [[nodiscard]] std::span<const MemberId> ids() const { return order_; }
    void swap(std::size_t a, std::size_t b);  // two places of that order
    void shuffle(Rng& rng);
    // Bytes held, without the heap parts of long names and metadata.
    [[nodiscard]] std::size_t memory() const;

private:
    struct Slot {
        Member member;
        std::uint32_t generation = 0;
        std::uint32_t place = 0;  // in order_
        bool used = false;
    };
    // Where the index has the name, or the empty bucket where it would go.
    [[nodiscard]] std::size_t bucket_of(std::string_view name) const;
    void grow_index();
    void erase_bucket(std::size_t hole);

    std::size_t max_members_;
    std::deque<Slot> slots_;  // grows without copying and without slack
    std::vector<std::uint32_t> free_;
    std::vector<MemberId> order_;
    std::vector<std::uint32_t> index_;  // open addressing: slot + 1, 0 = empty; power of two
};

}  // namespace rollcall::membership

// SPDX-License-Identifier: Apache-2.0
//
// Rule F7: the ring of members by a hash of their names. Each watches its successor, so that each
// is watched by a certain member, and the wait for the first ping after a crash has a bound. Every
// node finds only its own successor; that others see another ring for a while does no harm.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/ids.h"
#include "membership/member_table.h"

namespace rollcall::membership {

class RingWatch {
public:
    // FNV-1a, then mixed: names that differ in a digit lie far apart.
    [[nodiscard]] static constexpr std::uint64_t place(std::string_view name) {
        std::uint64_t hash = 0xcbf29ce484222325u;
        for (const char c : name) {
            hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
        }
        hash = (hash ^ (hash >> 30u)) * 0xbf58476d1ce4e5b9u;
        hash = (hash ^ (hash >> 27u)) * 0x94d049bb133111ebu;
        return hash ^ (hash >> 31u);
    }
    // The live set changed.
    void changed() { known_ = false; }
    // The live member that follows us; nullopt: we are alone.
    [[nodiscard]] std::optional<MemberId> successor(const MemberTable& table, MemberId self) {
        if (known_) return successor_;
        known_ = true;
        successor_.reset();
        const std::uint64_t ours = place(table.find(self)->name());
        std::uint64_t least = 0;
        for (const MemberId id : table.ids()) {
            const Member member = *table.find(id);
            if (id == self || !member.is_live()) continue;
            const std::uint64_t distance = place(member.name()) - ours;  // around the ring
            if (!successor_ || distance < least) successor_ = id, least = distance;
        }
        return successor_;
    }

private:
    bool known_ = false;
    std::optional<MemberId> successor_;
};

}  // namespace rollcall::membership

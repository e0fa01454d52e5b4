// SPDX-License-Identifier: Apache-2.0
//
// The member table, the shared profiles, and the index under both: inserted entries are found, and
// unused profiles are freed.
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/rng.h"
#include "membership/member_table.h"

namespace rollcall::membership {
namespace {

Announcement saying(std::string_view name, std::string_view meta = {}) {
    return {.name = name,
            .meta = meta,
            .address = WireAddress::v4(10, 0, 0, 1),
            .port = 7946,
            .versions = wire::kSerfVersions};
}

TEST(SlotIndex, FindsEverySlotAfterRandomChanges) {
    // Few different hashes: long runs, and moves across the end of the buckets.
    Rng rng{5};
    SlotIndex<20> index;
    std::map<std::uint32_t, std::uint32_t> held;  // slot, hash
    const auto hash_of = [&](std::uint32_t slot) { return held.at(slot); };
    for (int step = 0; step < 20000; ++step) {
        const auto slot = static_cast<std::uint32_t>(rng.below(200));
        if (const auto found = held.find(slot); found != held.end()) {
            const std::uint32_t hash = found->second;
            index.erase(hash, slot, hash_of);
            held.erase(found);
        } else {
            const auto hash = static_cast<std::uint32_t>(rng.below(40) * 0x01000193u - 7);
            index.insert(hash, slot, hash_of);
            held.emplace(slot, hash);
        }
        ASSERT_EQ(index.size(), held.size());
        if (step % 50 != 0) continue;
        for (std::uint32_t s = 0; s < 200; ++s) {
            const auto known = held.find(s);
            const std::uint32_t hash = known == held.end() ? 7 : known->second;
            const auto found = index.find(hash, [&](std::uint32_t c) { return c == s; });
            ASSERT_EQ(found.has_value(), known != held.end()) << "slot " << s << " step " << step;
        }
    }
}

TEST(ProfilePool, StoresEqualContentOnce) {
    ProfilePool pool;
    const ProfileId first = pool.take(saying("a", "web"));
    const ProfileId same = pool.take(saying("a", "web"));
    EXPECT_EQ(first, same);
    EXPECT_EQ(pool.size(), 1u);
    pool.give_back(first);
    EXPECT_EQ(pool[same].name(), "a");
    EXPECT_EQ(pool[same].meta(), "web");
    pool.give_back(same);
    EXPECT_EQ(pool.size(), 0u);
}

TEST(ProfilePool, EveryDifferenceIsANewProfile) {
    ProfilePool pool;
    Announcement other = saying("a", "web");
    const ProfileId first = pool.take(other);
    std::vector<ProfileId> others{pool.take(saying("b", "web")), pool.take(saying("a", "db")),
                                  pool.take(saying("aw", "eb"))};
    other.port = 1;
    others.push_back(pool.take(other));
    other.address = *WireAddress::from_bytes(std::vector<std::byte>(16, std::byte{0}));
    others.push_back(pool.take(other));
    other.versions.dcur = 4;
    others.push_back(pool.take(other));
    EXPECT_EQ(pool.size(), 7u);
    for (const ProfileId id : others) {
        EXPECT_NE(id, first);
        pool.give_back(id);
    }
    EXPECT_EQ(pool.size(), 1u);
    EXPECT_TRUE(pool[first].matches(saying("a", "web")));
}

TEST(ProfilePool, ReleasedProfilesAreReused) {
    ProfilePool pool;
    std::size_t most = 0;
    for (int i = 0; i < 10000; ++i) {
        const std::string name = "n" + std::to_string(i);
        const ProfileId id = pool.take(saying(name, "some metadata"));
        most = std::max(most, pool.memory());
        pool.give_back(id);
    }
    EXPECT_LT(most, 512u);
}

TEST(MemberTable, SeparatesProfileAndRecord) {
    const auto pool = std::make_shared<ProfilePool>();
    MemberTable one{10, pool};
    MemberTable two{10, pool};
    const MemberId in_one = *one.insert(saying("a", "web"));
    const MemberId in_two = *two.insert(saying("a", "web"));
    EXPECT_EQ(pool->size(), 1u);

    one.set_state(in_one, State::suspect, Time{std::chrono::nanoseconds{123456789}});
    one.set_incarnation(in_one, Incarnation{7});
    EXPECT_EQ(one.find("a")->state, State::suspect);
    EXPECT_EQ(one.find("a")->state_changed, Time{std::chrono::nanoseconds{123456789}});
    EXPECT_EQ(one.find("a")->incarnation, Incarnation{7});
    EXPECT_EQ(two.find("a")->state, State::dead);
    EXPECT_EQ(two.find("a")->incarnation, Incarnation{0});

    two.set_profile(in_two, saying("a", "db"));
    EXPECT_EQ(one.find(in_one)->meta(), "web");
    EXPECT_EQ(two.find(in_two)->meta(), "db");
    EXPECT_EQ(pool->size(), 2u);
    one.erase(in_one);
    EXPECT_EQ(pool->size(), 1u);
}

TEST(MemberTable, TimesAreExactForDecades) {
    MemberTable table{1};
    const MemberId id = *table.insert(saying("a"));
    constexpr std::int64_t kDecades = 70ll * 365 * 24 * 3600 * 1'000'000'000;
    for (const std::int64_t at :
         {std::int64_t{0}, std::int64_t{1}, std::int64_t{-1}, kDecades + 3, -kDecades - 3}) {
        for (const State state : {State::alive, State::suspect, State::dead, State::left}) {
            table.set_state(id, state, Time{Duration{at}});
            EXPECT_EQ(table.find(id)->state_changed, Time{Duration{at}});
            EXPECT_EQ(table.find(id)->state, state);
        }
    }
}

TEST(MemberTable, StaleIdFindsNoMember) {
    MemberTable table{1};
    const MemberId old = *table.insert(saying("a"));
    table.erase(old);
    EXPECT_EQ(table.find(old), nullptr);
    const MemberId fresh = *table.insert(saying("b"));
    EXPECT_EQ(fresh.slot(), old.slot());
    EXPECT_EQ(table.find(old), nullptr);
    EXPECT_EQ(table.find(fresh)->name(), "b");
}

TEST(MemberTable, IsFullAtItsLimit) {
    MemberTable table{2};
    EXPECT_TRUE(table.insert(saying("a")));
    EXPECT_TRUE(table.insert(saying("b")));
    EXPECT_FALSE(table.insert(saying("c")));
    table.erase(*table.id_of("a"));
    EXPECT_TRUE(table.insert(saying("c")));
}

TEST(MemberTable, EveryNameIsFoundAfterRandomChanges) {
    Rng rng{9};
    const auto pool = std::make_shared<ProfilePool>();
    {
        MemberTable table{500, pool};
        std::map<std::string, MemberId> members;
        for (int step = 0; step < 20000; ++step) {
            const std::string name = "m" + std::to_string(rng.below(600));
            if (const auto found = members.find(name); found != members.end()) {
                table.erase(found->second);
                members.erase(found);
            } else if (const auto id = table.insert(saying(name))) {
                members.emplace(name, *id);
            } else {
                ASSERT_EQ(members.size(), 500u);
            }
            if (step % 1000 == 0) table.shuffle(rng);
            if (step % 100 != 0) continue;
            ASSERT_EQ(table.size(), members.size());
            ASSERT_EQ(pool->size(), members.size());
            for (const auto& [known, id] : members) {
                ASSERT_EQ(table.id_of(known), id);
                ASSERT_EQ(table.find(id)->name(), known);
            }
            for (const MemberId id : table.ids()) {
                ASSERT_TRUE(members.contains(std::string{table.find(id)->name()}));
            }
        }
    }
    EXPECT_EQ(pool->size(), 0u);
}

// What the simulator lives on: 10 000 nodes that know each other hold 10^8 of these.
TEST(MemberTable, TakesAtMostThirtyTwoBytesForEachOfTenThousand) {
    constexpr std::size_t kMembers = 10000;
    for (const bool reserved : {false, true}) {
        MemberTable table{kMembers};
        if (reserved) table.reserve(kMembers);
        for (std::size_t i = 0; i < kMembers; ++i) {
            const std::string name = "node-" + std::to_string(i);
            table.insert(saying(name));
        }
        EXPECT_LE(table.memory(), 32 * kMembers) << (reserved ? "reserved" : "one by one");
    }
}

}  // namespace
}  // namespace rollcall::membership

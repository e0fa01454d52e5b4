// SPDX-License-Identifier: Apache-2.0
//
// The strong types: mostly what must not compile.
#include "base/ids.h"

#include <gtest/gtest.h>

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <unordered_map>
#include <unordered_set>

#include "base/time.h"

namespace rollcall {
namespace {

template <class A, class B>
concept Comparable = requires(A a, B b) {
    a == b;
};
template <class A, class B>
concept Ordered = requires(A a, B b) {
    a < b;
};
template <class A>
concept Addable = requires(A a) {
    a + a;
};
template <class C>
concept Readable = requires {
    C::now();
};

TEST(Strong, TwoKindsOfNumbersNeverMix) {
    static_assert(Comparable<Incarnation, Incarnation>);
    static_assert(!Comparable<Incarnation, SequenceNumber>);
    static_assert(!Comparable<LamportTime, RequestId>);
    static_assert(!Comparable<Incarnation, std::uint32_t>);
    static_assert(!std::convertible_to<std::uint32_t, Incarnation>);
    static_assert(!std::convertible_to<Incarnation, std::uint32_t>);
    static_assert(!std::constructible_from<SequenceNumber, Incarnation>);
    static_assert(!Addable<Incarnation>);
    EXPECT_EQ(Incarnation{3}.value(), 3u);
    EXPECT_EQ(Incarnation{}.value(), 0u);
}

TEST(Strong, CostsNothing) {
    static_assert(sizeof(Incarnation) == 4 && sizeof(SequenceNumber) == 4);
    static_assert(sizeof(MemberId) == 4 && sizeof(LamportTime) == 8);
    static_assert(std::is_trivially_copyable_v<Incarnation>);
}

TEST(Incarnation, IsOrderedAndGrowsByOne) {
    EXPECT_LT(Incarnation{1}, Incarnation{2});
    EXPECT_EQ(Incarnation{1}.next(), Incarnation{2});
    EXPECT_GE(Incarnation{2}, Incarnation{2});
}

TEST(SequenceNumber, HasNoOrderBecauseItWrapsAround) {
    static_assert(!Ordered<SequenceNumber, SequenceNumber>);
    EXPECT_EQ(SequenceNumber{7}, SequenceNumber{7});
    EXPECT_FALSE(SequenceNumber{7} == SequenceNumber{8});
}

TEST(LamportTime, IsOrderedOverItsWholeRange) {
    EXPECT_LT(LamportTime{0}, LamportTime{~std::uint64_t{0}});
    EXPECT_FALSE(LamportTime{5} < LamportTime{5});
}

TEST(ProtocolClock, CannotBeAsked) {
    static_assert(!Readable<ProtocolClock>);
    static_assert(Time{} == Time{Duration::zero()});
}

TEST(MemberId, KeepsSlotAndGenerationApart) {
    for (const std::uint32_t slot : {0u, 1u, MemberId::kSlotMask}) {
        for (const std::uint32_t generation : {0u, 1u, 4095u}) {
            const MemberId id = MemberId::make(slot, generation);
            EXPECT_EQ(id.slot(), slot);
            EXPECT_EQ(id.generation(), generation);
        }
    }
    EXPECT_FALSE(MemberId::make(5, 1) == MemberId::make(5, 2)) << "a reused slot is another member";
}

TEST(StreamId, TheTopBitIsTheSideThatOpenedIt) {
    EXPECT_FALSE(StreamId{1}.accepted());
    EXPECT_FALSE(StreamId{StreamId::kAcceptedBit - 1}.accepted());
    EXPECT_TRUE(StreamId{StreamId::kAcceptedBit | 1}.accepted());
    const std::unordered_set<StreamId> known{StreamId{1}, StreamId{StreamId::kAcceptedBit | 1}};
    EXPECT_EQ(known.size(), 2u);
    EXPECT_TRUE(known.contains(StreamId{1}));
}

TEST(RequestId, IsAKey) {
    const std::unordered_set<RequestId> waiting{RequestId{1}, RequestId{2}, RequestId{1}};
    EXPECT_EQ(waiting.size(), 2u);
    EXPECT_FALSE(waiting.contains(RequestId{3}));
}

TEST(NameHash, FindsAStringByAViewOfThePacket) {
    const std::unordered_map<std::string, int, NameHash, std::equal_to<>> by_name{{"n1", 1},
                                                                                  {"n2", 2}};
    constexpr std::string_view packet = "..n2..";
    const auto found = by_name.find(packet.substr(2, 2));
    ASSERT_NE(found, by_name.end());
    EXPECT_EQ(found->second, 2);
    EXPECT_EQ(by_name.find(packet.substr(0, 2)), by_name.end());
}

}  // namespace
}  // namespace rollcall

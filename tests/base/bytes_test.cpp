// SPDX-License-Identifier: Apache-2.0
#include "base/bytes.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace rollcall {
namespace {

TEST(ByteWriter, WritesNumbersBigEndian) {
    std::array<std::byte, 15> room{};
    ByteWriter writer{room};
    writer.u8(0x01);
    writer.u16(0x0203);
    writer.u32(0x04050607u);
    writer.u64(0x08090a0b0c0d0e0full);
    ASSERT_FALSE(writer.failed());
    ASSERT_EQ(writer.size(), room.size());
    for (std::size_t i = 0; i < room.size(); ++i) {
        EXPECT_EQ(std::to_integer<unsigned>(writer.written()[i]), i + 1);
    }
}

TEST(ByteReader, ReadsBackWhatWasWrittenAtTheEndsOfEveryRange) {
    std::array<std::byte, 64> room{};
    ByteWriter writer{room};
    for (const std::uint64_t value : {std::uint64_t{0}, std::uint64_t{1}, ~std::uint64_t{0}}) {
        writer.u8(static_cast<std::uint8_t>(value));
        writer.u16(static_cast<std::uint16_t>(value));
        writer.u32(static_cast<std::uint32_t>(value));
        writer.u64(value);
    }
    writer.append(as_bytes("tail"));
    ASSERT_FALSE(writer.failed());

    ByteReader reader{writer.written()};
    for (const std::uint64_t value : {std::uint64_t{0}, std::uint64_t{1}, ~std::uint64_t{0}}) {
        EXPECT_EQ(reader.u8(), static_cast<std::uint8_t>(value));
        EXPECT_EQ(reader.u16(), static_cast<std::uint16_t>(value));
        EXPECT_EQ(reader.u32(), static_cast<std::uint32_t>(value));
        EXPECT_EQ(reader.u64(), value);
    }
    EXPECT_EQ(as_text(reader.rest()), "tail");
    EXPECT_EQ(as_text(reader.take(4)), "tail");
    EXPECT_TRUE(reader.rest().empty());
    EXPECT_FALSE(reader.failed());
}

TEST(ByteReader, StaysFailedOnceItMetTheEnd) {
    const std::array<std::byte, 3> bytes{std::byte{1}, std::byte{2}, std::byte{3}};
    ByteReader reader{bytes};
    EXPECT_EQ(reader.u32(), 0u);  // three bytes are no number
    EXPECT_TRUE(reader.failed());
    // A field that would still fit must not be taken for the one after the missing field.
    EXPECT_EQ(reader.u8(), 0u);
    EXPECT_TRUE(reader.take(1).empty());
    EXPECT_TRUE(reader.take(0).empty());
    EXPECT_TRUE(reader.failed());
}

TEST(ByteReader, EveryTruncationOfARecordFails) {
    std::array<std::byte, 20> room{};
    ByteWriter writer{room};
    writer.u64(1);
    writer.u32(2);
    writer.u16(3);
    writer.u8(5);
    writer.append(as_bytes("hello"));
    const auto complete = [](Bytes bytes) {
        ByteReader reader{bytes};
        (void)reader.u64();
        (void)reader.u32();
        (void)reader.u16();
        (void)reader.take(reader.u8());
        return !reader.failed();
    };
    EXPECT_TRUE(complete(writer.written()));
    for (std::size_t size = 0; size < writer.size(); ++size) {
        EXPECT_FALSE(complete(writer.written().first(size))) << size;
    }
}

TEST(ByteReader, ADeclaredLengthNearTheLargestNumberIsJustTooLong) {
    const std::array<std::byte, 8> bytes{};
    ByteReader reader{bytes};
    (void)reader.u32();
    EXPECT_TRUE(reader.take(~std::size_t{0}).empty());
    EXPECT_TRUE(reader.failed());
}

TEST(ByteWriter, NeverWritesPastItsRoom) {
    for (std::size_t size = 0; size < 8; ++size) {
        std::array<std::byte, 9> room{};
        room.fill(std::byte{0xaa});
        ByteWriter writer{MutableBytes{room}.first(size)};
        writer.u64(0);
        EXPECT_TRUE(writer.failed()) << size;
        EXPECT_EQ(writer.size(), 0u);
        writer.append({});  // stays failed, whatever comes
        EXPECT_TRUE(writer.failed());
        for (const std::byte b : room) EXPECT_EQ(b, std::byte{0xaa}) << "room of " << size;
    }
}

TEST(ByteWriter, FillsItsRoomToTheLastByte) {
    std::array<std::byte, 5> room{};
    ByteWriter writer{room};
    writer.append(as_bytes("abc"));
    EXPECT_EQ(writer.room_left(), 2u);
    writer.u16(0x6465);
    EXPECT_EQ(writer.room_left(), 0u);
    EXPECT_FALSE(writer.failed());
    EXPECT_EQ(as_text(writer.written()), "abcde");
    writer.append({});
    EXPECT_FALSE(writer.failed());
    writer.u8(0);
    EXPECT_TRUE(writer.failed());
}

TEST(Bytes, CompareByContentAndNeverByAddress) {
    const std::string a = "same";
    const std::string b = "same";
    EXPECT_TRUE(same_bytes(as_bytes(a), as_bytes(b)));
    EXPECT_FALSE(same_bytes(as_bytes(a), as_bytes("sama")));
    EXPECT_FALSE(same_bytes(as_bytes(a), as_bytes("sam")));
    EXPECT_TRUE(same_bytes({}, as_bytes("")));
    EXPECT_FALSE(same_bytes({}, as_bytes("x")));
}

TEST(Bytes, TextMayHoldZeros) {
    using namespace std::string_view_literals;
    const auto text = "a\0b"sv;
    EXPECT_EQ(as_bytes(text).size(), 3u);
    EXPECT_EQ(as_text(as_bytes(text)), text);
}

}  // namespace
}  // namespace rollcall

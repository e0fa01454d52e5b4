// SPDX-License-Identifier: Apache-2.0
//
// The steps from plain text to encryption: which agents understand each other.
#include "wire/encryption.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "support/vectors.h"
#include "wire/golden.h"
#include "wire/packet.h"
#include "wire/stream.h"

namespace rollcall::wire {
namespace {

using rollcall::tests::from_hex;
using tests::RepeatingEntropy;
using Side = PacketCodec::StreamSide;
using Step = Encryption;

constexpr std::array kSteps{Step::off, Step::accept, Step::send, Step::require};

struct Heard final : PacketVisitor {
    int messages = 0, plain = 0;
    std::vector<DecodeError> errors;
    void message(MessageType, Bytes) override { ++messages; }
    void in_plain_text() override { ++plain; }
    void rejected(DecodeError error) override { errors.push_back(error); }
};

struct AtStep {
    explicit AtStep(Step step, std::uint8_t key = 1)
        : entropy{from_hex("000102030405060708090a0b")}, codec{{.encryption = step}, entropy} {
        if (key == 0) return;
        EXPECT_FALSE(codec.keyring().add(std::vector<std::byte>(32, std::byte{key})));
    }
    RepeatingEntropy entropy;
    PacketCodec codec;

    static std::vector<std::byte> nack() {
        std::vector<std::byte> room(64);
        ByteWriter out{room};
        EXPECT_TRUE(encode(Nack{SequenceNumber{7}}, out));
        room.resize(out.size());
        return room;
    }
    std::vector<std::byte> packet() {
        std::vector<std::byte> out(2000);
        const auto message = nack();
        const Bytes part{message};
        out.resize(codec.seal({&part, 1}, {}, out));
        return out;
    }
    Heard hear(Bytes packet) {
        Heard heard;
        codec.open(packet, heard);
        return heard;
    }
    StreamReader read(AtStep& other, Side side) {
        std::vector<std::byte> message;
        encode_user_stream(from_hex("0102"), message);
        std::vector<std::byte> framed;
        other.codec.seal_stream(message, side, framed);
        StreamReader reader{codec, side == Side::dialer ? Side::acceptor : Side::dialer};
        reader.feed(framed);
        reader.finish();
        return reader;
    }
};

TEST(RuleX1, AgentsThatAreOneStepApartUnderstandEachOther) {
    for (const Step from : kSteps) {
        for (const Step to : kSteps) {
            AtStep sender{from}, receiver{to};
            const bool understood = receiver.hear(sender.packet()).messages == 1;
            const bool sealed = from >= Step::send;
            EXPECT_EQ(understood, sealed ? to != Step::off : to != Step::require)
                << to_string(from) << " to " << to_string(to);
            if (std::abs(static_cast<int>(from) - static_cast<int>(to)) <= 1) {
                EXPECT_TRUE(understood);
            }
            for (const Side side : {Side::dialer, Side::acceptor}) {
                EXPECT_EQ(receiver.read(sender, side).status() == StreamReader::Status::complete,
                          understood);
            }
        }
    }
}

TEST(RuleX1, PlainTextIsReportedWhereKeysAreUsedAndOnlyThere) {
    AtStep plain{Step::off};
    for (const Step step : kSteps) {
        AtStep receiver{step};
        const bool counts = step == Step::accept || step == Step::send;
        EXPECT_EQ(receiver.hear(plain.packet()).plain, counts ? 1 : 0) << to_string(step);
        if (step == Step::require) continue;
        EXPECT_EQ(receiver.read(plain, Side::dialer).in_plain_text(), counts) << to_string(step);
    }
    AtStep receiver{Step::accept}, sealing{Step::send};
    EXPECT_EQ(receiver.hear(sealing.packet()).plain, 0);
    EXPECT_FALSE(receiver.read(sealing, Side::dialer).in_plain_text());
}

TEST(RuleX1, WithoutAKeyEveryStepIsPlainText) {
    AtStep plain{Step::off};
    for (const Step step : kSteps) {
        AtStep keyless{step, 0};
        EXPECT_EQ(keyless.packet(), plain.packet());
        EXPECT_EQ(keyless.hear(plain.packet()).messages, 1);
        EXPECT_EQ(keyless.hear(plain.packet()).plain, 0);
    }
}

TEST(RuleX1, WhatIsSealedWithAForeignKeyIsNoPlainText) {
    AtStep receiver{Step::accept}, foreign{Step::require, 2};
    const Heard heard = receiver.hear(foreign.packet());
    EXPECT_EQ(heard.messages, 0);
    ASSERT_EQ(heard.errors.size(), 1u);
    EXPECT_EQ(to_string(heard.errors[0]), to_string(DecodeError::bad_encryption));
}

TEST(RuleX1, AStepTakesEffectAtOnce) {
    AtStep one{Step::off};
    const auto plain = one.packet();
    one.codec.set_encryption(Step::send);
    EXPECT_NE(one.packet(), plain);
    EXPECT_GT(one.codec.overhead(), 0u);
    EXPECT_EQ(one.hear(plain).messages, 1);
    one.codec.set_encryption(Step::require);
    EXPECT_EQ(one.hear(plain).messages, 0);
    one.codec.set_encryption(Step::off);
    EXPECT_EQ(one.packet(), plain);
}

TEST(EncryptionNames, AreReadAndWritten) {
    for (const Step step : kSteps) EXPECT_EQ(parse_encryption(to_string(step)), step);
    EXPECT_FALSE(parse_encryption("on"));
    EXPECT_FALSE(parse_encryption(""));
}

}  // namespace
}  // namespace rollcall::wire

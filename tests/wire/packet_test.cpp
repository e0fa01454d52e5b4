// SPDX-License-Identifier: Apache-2.0
//
// Rule X1: the layers of a datagram, their order, their nesting, and what each refuses.
#include "wire/packet.h"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

#include "base/rng.h"
#include "support/vectors.h"
#include "wire/compress.h"
#include "wire/golden.h"
#include "wire/lzw.h"

namespace rollcall::wire {
namespace {

using rollcall::tests::from_hex;
using rollcall::tests::to_hex;
using tests::Collected;
using tests::RepeatingEntropy;
using Packet = std::vector<std::byte>;

Packet nack_bytes(std::uint32_t sequence) {
    Packet room(64);
    ByteWriter out{room};
    EXPECT_TRUE(encode(Nack{SequenceNumber{sequence}}, out));
    room.resize(out.size());
    return room;
}

// A user message of text that compresses well.
Packet user_bytes(std::size_t size) {
    Packet bytes(size, std::byte{'r'});
    bytes[0] = std::byte{8};
    return bytes;
}

Packet compressed(const Packet& plain) {
    Packet scratch;
    Packet room(lzw_bound(plain.size()) + kCompressOverhead);
    ByteWriter out{room};
    EXPECT_TRUE(put_compressed(plain, room.size(), scratch, out));
    room.resize(out.size());
    return room;
}

Packet compound_of(std::initializer_list<Packet> parts) {
    Packet out{std::byte{7}, static_cast<std::byte>(parts.size())};
    for (const Packet& part : parts) {
        out.push_back(static_cast<std::byte>(part.size() >> 8));
        out.push_back(static_cast<std::byte>(part.size() & 0xff));
    }
    for (const Packet& part : parts) out.insert(out.end(), part.begin(), part.end());
    return out;
}

struct CodecUnderTest {
    explicit CodecUnderTest(LayerConfig config = {}, const char* key = nullptr)
        : entropy{from_hex("000102030405060708090a0b")}, codec{std::move(config), entropy} {
        if (key == nullptr) return;
        EXPECT_FALSE(codec.keyring().add(from_hex(key)));
    }
    RepeatingEntropy entropy;
    PacketCodec codec;

    Collected open(const Packet& packet) {
        Collected got;
        codec.open(packet, got);
        return got;
    }
    Packet seal(std::initializer_list<Packet> messages, bool checksum = false) {
        const std::vector<Bytes> parts(messages.begin(), messages.end());
        Packet out(kMaxDatagram);
        out.resize(codec.seal(parts, {.checksum = checksum}, out));
        return out;
    }
};

constexpr const char* kKey = "000102030405060708090a0b0c0d0e0f";
constexpr const char* kOtherKey =
    "ff0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

void expect_refused(const Collected& got, DecodeError error) {
    EXPECT_TRUE(got.messages.empty());
    ASSERT_EQ(got.errors.size(), 1u);
    EXPECT_EQ(to_string(got.errors[0]), to_string(error));
}

TEST(RuleX1, EveryCombinationOfLayersComesBackAsItWas) {
    for (const char* label : {"", "blue"}) {
        for (const char* key : {static_cast<const char*>(nullptr), kKey, kOtherKey}) {
            for (const std::uint8_t version : {std::uint8_t{0}, std::uint8_t{1}}) {
                for (const bool compress : {false, true}) {
                    for (const bool checksum : {false, true}) {
                        CodecUnderTest peer{{.label = label,
                                             .skip_inbound_label_check = false,
                                             .compress = compress,
                                             .encryption = Encryption::require,
                                             .encryption_version = version},
                                            key};
                        const Packet one = peer.seal({nack_bytes(7)}, checksum);
                        EXPECT_EQ(peer.open(one).messages.size(), 1u);
                        const Packet many =
                            peer.seal({nack_bytes(7), user_bytes(300), nack_bytes(8)}, checksum);
                        const Collected got = peer.open(many);
                        EXPECT_TRUE(got.errors.empty());
                        ASSERT_EQ(got.messages.size(), 3u);
                        EXPECT_EQ(got.messages[2]["fields"]["SeqNo"], 8);
                        if (!compress) {  // the stated overhead is enough, and not far too much
                            const std::size_t plain =
                                9 + 301 - 1 + 9 + 2 + 3 * 2 + (checksum ? 5 : 0);
                            EXPECT_LE(many.size(), plain + peer.codec.overhead());
                            EXPECT_GE(many.size() + 15, plain + peer.codec.overhead());
                        }
                    }
                }
            }
        }
    }
}

TEST(RuleX1, ASealedPacketNeverOverrunsItsRoom) {
    for (const char* key : {static_cast<const char*>(nullptr), kKey}) {
        CodecUnderTest peer{{.label = "blue"}, key};
        const Packet whole = peer.seal({nack_bytes(1), user_bytes(200)}, true);
        ASSERT_FALSE(whole.empty());
        const std::vector<Packet> messages{nack_bytes(1), user_bytes(200)};
        const std::vector<Bytes> parts(messages.begin(), messages.end());
        for (std::size_t room = 0; room < whole.size(); ++room) {
            Packet out(room);  // exact, so that a sanitizer sees one byte too many
            EXPECT_EQ(peer.codec.seal(parts, {.checksum = true}, out), 0u) << room;
        }
    }
}

TEST(RuleX1, NothingEmptyAndNoMoreThan127PartsAreEverSent) {
    CodecUnderTest peer;
    EXPECT_TRUE(peer.seal({}).empty());
    EXPECT_TRUE(peer.seal({Packet{}}).empty());
    EXPECT_TRUE(peer.seal({nack_bytes(1), Packet{}}).empty());
    const Packet nack = nack_bytes(1);
    std::vector<Bytes> parts(kMaxCompoundParts, nack);
    Packet out(kMaxDatagram);
    EXPECT_GT(peer.codec.seal(parts, {}, out), 0u);
    parts.emplace_back(nack);
    EXPECT_EQ(peer.codec.seal(parts, {}, out), 0u);
}

TEST(RuleX1, CompressionIsOnlyKeptWhenItMakesThePacketSmaller) {
    CodecUnderTest peer{{.compress = true}};
    EXPECT_EQ(peer.seal({nack_bytes(1)})[0], std::byte{11});
    EXPECT_EQ(peer.seal({user_bytes(400)})[0], std::byte{9});
    Packet noise(400);
    Rng rng{3};
    for (std::byte& b : noise) b = static_cast<std::byte>(rng.next());
    noise[0] = std::byte{8};
    EXPECT_EQ(peer.seal({noise}), noise);
    CodecUnderTest plain{{.compress = false}};
    EXPECT_EQ(plain.seal({user_bytes(191)})[0], std::byte{8});
    EXPECT_EQ(peer.seal({user_bytes(191)})[0], std::byte{8});  // too small to be worth trying
    EXPECT_EQ(peer.seal({user_bytes(192)})[0], std::byte{9});
    CodecUnderTest eager{{.compress = true, .compress_from = 0}};
    EXPECT_EQ(eager.seal({user_bytes(100)})[0], std::byte{9});
    EXPECT_EQ(plain.seal({user_bytes(400)})[0], std::byte{8});
    EXPECT_EQ(plain.open(peer.seal({user_bytes(400)})).messages.size(), 1u);  // takes both
}

TEST(RuleX1, TheWholePartsOfACutCompoundAreUsedAndTheRestIsRefused) {
    CodecUnderTest peer;
    Packet packet = compound_of({nack_bytes(1), nack_bytes(2), nack_bytes(3)});
    packet.resize(packet.size() - 10);
    const Collected got = peer.open(packet);
    EXPECT_EQ(got.messages.size(), 1u);
    EXPECT_EQ(got.errors, std::vector{DecodeError::truncated});

    expect_refused(peer.open(from_hex("0703000100")), DecodeError::truncated);  // half a table
    expect_refused(peer.open(from_hex("07")), DecodeError::truncated);
    expect_refused(peer.open(from_hex("0700")), DecodeError::empty_message);
}

TEST(RuleX1, AZeroLengthPartIsDroppedAndItsNeighboursAreUsed) {
    CodecUnderTest peer;
    const Collected got = peer.open(compound_of({nack_bytes(1), Packet{}, nack_bytes(3)}));
    EXPECT_EQ(got.messages.size(), 2u);
    EXPECT_EQ(got.errors, std::vector{DecodeError::empty_message});
}

TEST(RuleX1, AnUnknownPartDoesNotStopTheOthers) {
    CodecUnderTest peer;
    const Collected got =
        peer.open(compound_of({from_hex("2a00"), from_hex("0680"), nack_bytes(3)}));
    EXPECT_EQ(got.messages.size(), 1u);
    EXPECT_EQ(got.errors,
              (std::vector{DecodeError::unknown_message, DecodeError::unknown_message}));
}

TEST(RuleX1, ACompoundInsideACompoundIsRefusedAndItsNeighboursAreUsed) {
    CodecUnderTest peer;
    const Packet inner = compound_of({nack_bytes(1), nack_bytes(2)});
    const Collected got = peer.open(compound_of({nack_bytes(3), inner, nack_bytes(4)}));
    EXPECT_EQ(got.messages.size(), 2u);
    EXPECT_EQ(got.errors, std::vector{DecodeError::nested});
    expect_refused(peer.open(compressed(compound_of({inner}))), DecodeError::nested);
}

TEST(RuleX1, OnlyAWholePacketIsCompressedAndOnlyOnce) {
    CodecUnderTest peer;
    const Packet nack = nack_bytes(1);
    EXPECT_EQ(peer.open(compressed(nack)).messages.size(), 1u);
    EXPECT_EQ(peer.open(compressed(compound_of({nack, nack}))).messages.size(), 2u);
    expect_refused(peer.open(compressed(compressed(nack))), DecodeError::nested);
    expect_refused(peer.open(compound_of({compressed(nack)})), DecodeError::nested);
    expect_refused(peer.open(compressed(compound_of({compressed(nack)}))), DecodeError::nested);
}

// The attack: 20 kB of datagram had 16 129 pings, each of them answered.
TEST(RuleX1, ADatagramHasAtMost255Messages) {
    CodecUnderTest peer;
    Packet parts{std::byte{7}, std::byte{255}};
    const Packet nack = nack_bytes(1);
    for (int i = 0; i < 255; ++i) {
        parts.insert(parts.end(), {std::byte{0}, static_cast<std::byte>(nack.size())});
    }
    for (int i = 0; i < 255; ++i) parts.insert(parts.end(), nack.begin(), nack.end());
    EXPECT_EQ(peer.open(compressed(parts)).messages.size(), 255u);
    const Collected got = peer.open(compressed(compound_of({parts, parts, parts, parts})));
    EXPECT_TRUE(got.messages.empty());
    EXPECT_EQ(got.errors, std::vector(4, DecodeError::nested));
}

TEST(RuleX1, NoOtherLayerIsFoundTwice) {
    CodecUnderTest blue{{.label = "blue"}, kKey};
    const Packet sealed = blue.seal({nack_bytes(1)});
    Packet labelled_twice = from_hex("f404626c7565");
    labelled_twice.insert(labelled_twice.end(), sealed.begin(), sealed.end());
    EXPECT_TRUE(blue.open(labelled_twice).messages.empty());
    const Packet sealed_twice = blue.seal({Packet{sealed.begin() + 6, sealed.end()}});
    EXPECT_TRUE(blue.open(sealed_twice).messages.empty());
    CodecUnderTest plain{{.compress = false}};
    const Packet summed_twice = plain.seal({plain.seal({nack_bytes(1)}, true)}, true);
    expect_refused(plain.open(summed_twice), DecodeError::unknown_message);
}

TEST(RuleX1, ExpansionIsCapped) {
    CodecUnderTest peer;
    const Packet fits = compressed(user_bytes(kMaxPacketExpansion));
    EXPECT_LT(fits.size(), 4096u);
    EXPECT_EQ(peer.open(fits).messages.size(), 1u);
    expect_refused(peer.open(compressed(user_bytes(kMaxPacketExpansion + 1))),
                   DecodeError::too_large);
}

TEST(RuleX1, TheChecksumIsOutermostOnly) {
    CodecUnderTest peer{{.compress = false}};
    const Packet with = peer.seal({nack_bytes(1)}, true);
    EXPECT_EQ(peer.open(with).messages.size(), 1u);
    expect_refused(peer.open(compound_of({with})), DecodeError::unknown_message);
    expect_refused(peer.open(compressed(with)), DecodeError::unknown_message);
    for (std::size_t i = 1; i < with.size(); ++i) {
        Packet bad = with;
        bad[i] ^= std::byte{1};
        expect_refused(peer.open(bad), DecodeError::bad_checksum);
    }
    // Fewer than five bytes are no checksum frame.
    expect_refused(peer.open(from_hex("0c000000")), DecodeError::unknown_message);
    expect_refused(peer.open(from_hex("0c00000000")), DecodeError::empty_message);
}

TEST(RuleX1, ALabelMustBeThereAndBeOurs) {
    CodecUnderTest blue{{.label = "blue"}};
    CodecUnderTest none;
    CodecUnderTest outer{{.label = "blue", .skip_inbound_label_check = true}};
    const Packet labelled = blue.seal({nack_bytes(1)});
    const Packet bare = none.seal({nack_bytes(1)});
    EXPECT_EQ(blue.open(labelled).messages.size(), 1u);
    expect_refused(blue.open(bare), DecodeError::label_mismatch);
    expect_refused(none.open(labelled), DecodeError::label_mismatch);
    expect_refused(outer.open(labelled), DecodeError::label_mismatch);
    EXPECT_EQ(outer.open(bare).messages.size(), 1u);
    for (const char* other :
         {"f4", "f404", "f400", "f404626c75", "f404626c7566", "f405626c756500", "f403626c75"}) {
        expect_refused(blue.open(from_hex(other)), DecodeError::label_mismatch);
        expect_refused(none.open(from_hex(other)), DecodeError::label_mismatch);
    }
    expect_refused(blue.open(from_hex("f404626c7565")), DecodeError::empty_message);
}

TEST(RuleX1, TheLabelIsAuthenticatedEvenWhenAnOuterLayerRemovedIt) {
    CodecUnderTest blue{{.label = "blue"}, kKey};
    CodecUnderTest red{{.label = "red!"}, kKey};
    CodecUnderTest outer_blue{{.label = "blue", .skip_inbound_label_check = true}, kKey};
    CodecUnderTest outer_red{{.label = "red!", .skip_inbound_label_check = true}, kKey};
    const Packet sealed = blue.seal({nack_bytes(1)});
    const Packet inner(sealed.begin() + 6, sealed.end());
    EXPECT_EQ(outer_blue.open(inner).messages.size(), 1u);
    EXPECT_EQ(outer_red.open(inner).messages.size(), 0u);
    Packet relabelled = red.seal({nack_bytes(1)});
    std::copy(inner.begin(), inner.end(), relabelled.begin() + 6);
    EXPECT_EQ(red.open(relabelled).messages.size(), 0u);
}

TEST(RuleX1, PlainAndSealedPacketsAreToldApartFromEachOther) {
    CodecUnderTest keyed{{}, kKey};
    CodecUnderTest plain;
    CodecUnderTest lenient{{.encryption = Encryption::send}, kKey};
    CodecUnderTest silent{{.encryption = Encryption::accept}, kKey};
    const Packet bare = plain.seal({nack_bytes(1)});
    const Packet sealed = keyed.seal({nack_bytes(1)});
    expect_refused(keyed.open(bare), DecodeError::not_encrypted);
    expect_refused(plain.open(sealed), DecodeError::encrypted_unexpectedly);
    EXPECT_EQ(lenient.open(bare).messages.size(), 1u);
    EXPECT_EQ(lenient.open(sealed).messages.size(), 1u);
    EXPECT_EQ(silent.seal({nack_bytes(1)}), bare);
    EXPECT_EQ(silent.codec.overhead(), 0u);
}

TEST(RuleX1, AnyInstalledKeyOpensAndOnlyThePrimarySeals) {
    CodecUnderTest old_key{{}, kKey};
    CodecUnderTest both{{}, kOtherKey};
    const Packet sealed = old_key.seal({nack_bytes(1)});
    expect_refused(both.open(sealed), DecodeError::bad_encryption);
    ASSERT_FALSE(both.codec.keyring().add(from_hex(kKey)));
    EXPECT_EQ(both.open(sealed).messages.size(), 1u);
    EXPECT_TRUE(old_key.open(both.seal({nack_bytes(1)})).messages.empty());
    ASSERT_FALSE(both.codec.keyring().use(from_hex(kKey)));
    EXPECT_EQ(old_key.open(both.seal({nack_bytes(1)})).messages.size(), 1u);
}

TEST(RuleX1, AReplacedKeyringIsNoticedThoughItsRevisionIsTheSame) {
    CodecUnderTest peer{{}, kKey};
    const Packet sealed = peer.seal({nack_bytes(1)});
    Keyring other;
    ASSERT_FALSE(other.add(from_hex(kOtherKey)));
    ASSERT_EQ(other.revision(), peer.codec.keyring().revision());
    peer.codec.keyring() = other;
    expect_refused(peer.open(sealed), DecodeError::bad_encryption);
}

TEST(RuleX1, SealedPacketsAreCountedPerPrimaryKey) {
    CodecUnderTest peer{{}, kKey};
    EXPECT_EQ(peer.codec.sealed_with_primary(), 0u);
    peer.seal({nack_bytes(1)});
    std::vector<std::byte> stream;
    peer.codec.seal_stream(nack_bytes(1), PacketCodec::StreamSide::dialer, stream);
    EXPECT_EQ(peer.codec.sealed_with_primary(), 2u);
    ASSERT_FALSE(peer.codec.keyring().add(from_hex(kOtherKey)));
    EXPECT_EQ(peer.codec.sealed_with_primary(), 2u);
    ASSERT_FALSE(peer.codec.keyring().use(from_hex(kOtherKey)));
    EXPECT_EQ(peer.codec.sealed_with_primary(), 0u);
}

TEST(RuleX1, AnyFlippedBitOfASealedPacketIsRefused) {
    for (const std::uint8_t version : {std::uint8_t{0}, std::uint8_t{1}}) {
        CodecUnderTest peer{{.encryption_version = version}, kKey};
        const Packet sealed = peer.seal({nack_bytes(1)});
        // The lowest bit of the first byte turns one version into the other. The format leaves the
        // version out of what is authenticated, and the padding becomes bytes after the message.
        for (std::size_t bit = 1; bit < sealed.size() * 8; ++bit) {
            Packet bad = sealed;
            bad[bit / 8] ^= static_cast<std::byte>(1u << (bit % 8));
            const Collected got = peer.open(bad);
            ASSERT_TRUE(got.messages.empty());
            ASSERT_EQ(got.errors.size(), 1u);
        }
        for (std::size_t size = 0; size < sealed.size(); ++size) {
            const Packet cut(sealed.begin(), sealed.begin() + static_cast<std::ptrdiff_t>(size));
            ASSERT_TRUE(peer.open(cut).messages.empty());
        }
    }
}

// A visitor that answers while it reads, as the core does.
TEST(RuleX1, AnAnswerMaySealWhileAPacketIsStillBeingRead) {
    CodecUnderTest peer{{.compress = true}, kKey};
    struct Answering : PacketVisitor {
        explicit Answering(CodecUnderTest& its_peer) : peer{its_peer} {}
        CodecUnderTest& peer;
        std::size_t users = 0;
        void message(MessageType, Bytes body) override {
            const Packet before(body.begin(), body.end());
            EXPECT_FALSE(peer.seal({user_bytes(500)}).empty());
            EXPECT_TRUE(same_bytes(before, body));
            ++users;
        }
        void rejected(DecodeError) override { ADD_FAILURE(); }
    } visitor{peer};
    peer.codec.open(peer.seal({user_bytes(300), user_bytes(200)}), visitor);
    EXPECT_EQ(visitor.users, 2u);
}

}  // namespace
}  // namespace rollcall::wire

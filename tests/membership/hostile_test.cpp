// SPDX-License-Identifier: Apache-2.0
//
// Hostile input: packets and streams made by mutating real ones. ROLLCALL_FUZZ_ITERATIONS sets how
// many (default 100 000); the seed is printed on
// failure.
#include <gtest/gtest.h>

#include <cstdlib>
#include <span>
#include <string>
#include <vector>

#include "base/rng.h"
#include "membership/node.h"
#include "sim/world/entropy.h"
#include "wire/stream.h"

namespace rollcall::membership {
namespace {

using namespace std::chrono_literals;

std::uint64_t iterations() {
    const char* text = std::getenv("ROLLCALL_FUZZ_ITERATIONS");
    return text != nullptr ? std::strtoull(text, nullptr, 10) : 100'000;
}

Endpoint at(std::uint8_t last, std::uint16_t port = 7946) {
    return *Endpoint::from_wire(WireAddress::v4(10, 0, 0, last), port);
}

Config config_of(std::string name, std::uint8_t last) {
    Config config = Config::lan();
    config.name = std::move(name);
    config.address = WireAddress::v4(10, 0, 0, last);
    return config;
}

// Everything that a packet could have changed: names, states, incarnations, addresses, metadata.
std::string beliefs_of(const Node& node) {
    std::string text;
    for (const MemberId id : node.members().ids()) {
        const Member m = *node.members().find(id);
        text += std::string{m.name()} + ' ' + std::string{to_string(m.state)} + ' ' +
                std::to_string(m.incarnation.value()) + ' ' + m.address().to_string() + ':' +
                std::to_string(m.port()) + ' ' + std::string{m.meta()} + '\n';
    }
    return text;
}

// A node that knows five others, and the packets from which it learned of them.
struct Target {
    explicit Target(Bytes key = {}) : node{config_of("target", 1), app, entropy, 7} {
        if (!key.empty()) {
            EXPECT_FALSE(node.keyring().add(key));
        }
        wire::LayerConfig layers;
        wire::PacketCodec sender{layers, entropy};
        if (!key.empty()) {
            EXPECT_FALSE(sender.keyring().add(key));
        }
        node.start(now, out);
        std::vector<std::vector<std::byte>> messages;
        const auto message = [&](auto&& encode) {
            std::vector<std::byte> room(2048);
            ByteWriter writer{room};
            encode(writer);
            room.resize(writer.size());
            messages.push_back(std::move(room));
        };
        for (std::uint8_t i = 2; i <= 6; ++i) {
            const std::string name = "n" + std::to_string(i);
            const std::string meta(i * 20u, 'm');
            message([&](ByteWriter& w) {
                wire::encode(wire::Alive{.node = name,
                                         .incarnation = Incarnation{i},
                                         .address = WireAddress::v4(10, 0, 0, i),
                                         .port = 7946,
                                         .meta = as_bytes(meta),
                                         .versions = wire::kSerfVersions},
                             w);
            });
        }
        feed(sender, messages);
        const std::size_t alives = messages.size();
        message([](ByteWriter& w) {
            wire::encode(wire::Ping{.sequence = SequenceNumber{77},
                                    .node = "target",
                                    .source_address = WireAddress::v4(10, 0, 0, 3),
                                    .source_port = 7946,
                                    .source_node = "n3"},
                         w);
        });
        message([](ByteWriter& w) {
            wire::encode(wire::IndirectPing{.sequence = SequenceNumber{9},
                                            .node = "n4",
                                            .target = WireAddress::v4(10, 0, 0, 4),
                                            .port = 7946,
                                            .nack = true},
                         w);
        });
        message([](ByteWriter& w) {
            wire::encode(wire::Ack{.sequence = SequenceNumber{5}, .payload = Bytes{}}, w);
        });
        message([](ByteWriter& w) { wire::encode(wire::Nack{.sequence = SequenceNumber{5}}, w); });
        message([](ByteWriter& w) {
            wire::encode_suspect({.node = "n5", .incarnation = Incarnation{1}, .from = "n4"}, w);
        });
        message([](ByteWriter& w) {
            wire::encode_dead({.node = "n5", .incarnation = Incarnation{1}, .from = "n4"}, w);
        });
        // Alone, and many together, through every layer.
        for (const auto& m : messages) {
            const Bytes part{m};
            seeds.push_back(seal(sender, {&part, 1}, false));
        }
        std::vector<Bytes> all{messages.begin(), messages.end()};
        seeds.push_back(seal(sender, all, true));
        seeds.push_back(seal(sender, {all.data(), alives}, false));

        wire::PushPull state{.join = true};
        for (std::uint8_t i = 2; i <= 6; ++i) {
            state.nodes.push_back({.name = "n2",
                                   .address = WireAddress::v4(10, 0, 0, i),
                                   .port = 7946,
                                   .incarnation = Incarnation{1},
                                   .versions = wire::kSerfVersions});
        }
        std::vector<std::byte> plain;
        wire::encode_push_pull(state, plain);
        stream_seeds.push_back(plain);
        stream_seeds.emplace_back();
        sender.seal_stream(plain, wire::PacketCodec::StreamSide::dialer, stream_seeds.back());
        out.clear();
    }

    std::vector<std::byte> seal(wire::PacketCodec& sender, std::span<const Bytes> parts,
                                bool checksum) {
        std::vector<std::byte> packet(4096);
        packet.resize(sender.seal(parts, {.checksum = checksum}, packet));
        EXPECT_FALSE(packet.empty());
        return packet;
    }
    void feed(wire::PacketCodec& sender, const std::vector<std::vector<std::byte>>& messages) {
        for (const auto& m : messages) {
            const Bytes part{m};
            node.handle_packet(now, at(2), seal(sender, {&part, 1}, true), out);
            out.clear();
        }
    }

    sim::SeededEntropy entropy{99};
    Application app;
    Node node;
    Outbox out;
    Time now{};
    std::vector<std::vector<std::byte>> seeds;
    std::vector<std::vector<std::byte>> stream_seeds;
};

// A few random changes: flipped bits, new bytes, cuts, repeats.
std::vector<std::byte> mutate(std::vector<std::byte> bytes, Rng& rng) {
    for (std::uint64_t wounds = 1 + rng.below(4); wounds > 0 && !bytes.empty(); --wounds) {
        const auto at = static_cast<std::size_t>(rng.below(bytes.size()));
        const auto place = bytes.begin() + static_cast<std::ptrdiff_t>(at);
        switch (rng.below(6)) {
            case 0:
                bytes[at] ^= static_cast<std::byte>(1u << rng.below(8));
                break;
            case 1:
                bytes[at] = static_cast<std::byte>(rng.next());
                break;
            case 2:
                bytes.resize(at);
                break;
            case 3:
                bytes.insert(place, static_cast<std::byte>(rng.next()));
                break;
            case 4:
                bytes.erase(place);
                break;
            default: {
                constexpr std::uint8_t kEdges[] = {0x00, 0x7f, 0x80, 0xc0, 0xc1, 0xc6,
                                                   0xcf, 0xdb, 0xdf, 0xff, 0x07, 0x09};
                bytes[at] = static_cast<std::byte>(kEdges[rng.below(std::size(kEdges))]);
            }
        }
    }
    return bytes;
}

TEST(RuleX1, PacketsWithoutKeyChangeNothing) {
    const std::vector<std::byte> key(32, std::byte{0x5a});
    Target target{key};
    const std::string before = beliefs_of(target.node);
    ASSERT_EQ(target.node.members().size(), 6u);
    Rng rng{2026};
    for (std::uint64_t i = 0; i < iterations(); ++i) {
        const auto& seed = target.seeds[static_cast<std::size_t>(rng.below(target.seeds.size()))];
        const auto packet = mutate(seed, rng);
        if (packet == seed) continue;  // an even number of equal changes: the packet is genuine
        target.node.handle_packet(target.now, at(66), packet, target.out);
        ASSERT_EQ(target.out.sends(), 0u) << "answered forged packet " << i;
        target.out.clear();
    }
    EXPECT_EQ(beliefs_of(target.node), before);
    EXPECT_EQ(target.node.stats().refutations, 0u);
}

TEST(RuleX1, MutatedPlainPacketsNeverBreakAnInvariant) {
    Target target;
    Rng rng{4711};
    std::uint64_t rejected_before = 0;
    std::string before = beliefs_of(target.node);
    for (std::uint64_t i = 0; i < iterations(); ++i) {
        const auto& seed = target.seeds[static_cast<std::size_t>(rng.below(target.seeds.size()))];
        const auto packet = mutate(seed, rng);
        const auto messages_before = target.node.stats().messages_received;
        target.node.handle_packet(target.now, at(66), packet, target.out);
        std::uint64_t rejected = 0;
        for (const std::uint64_t n : target.node.stats().packets_rejected) rejected += n;
        if (i % 64 == 0 && rejected > rejected_before &&
            target.node.stats().messages_received == messages_before) {
            // Refused before any message was decoded: then nothing changed.
            ASSERT_EQ(target.out.sends(), 0u) << "packet " << i;
        }
        rejected_before = rejected;
        ASSERT_LE(target.node.members().size(), target.node.config().max_members);
        ASSERT_EQ(target.node.self_member().state, State::alive) << "packet " << i;
        ASSERT_EQ(target.node.self_member().name(), "target");
        target.out.clear();
        if (i % 1000 == 0) {
            target.now += 10ms;
            target.node.handle_timeout(target.now, target.out);
            target.out.clear();
        }
    }
}

TEST(RuleX2, MutatedStreamsNeverBreakAnInvariant) {
    Target target;
    Rng rng{815};
    std::uint64_t next_id = 0;
    const std::uint64_t rounds = iterations() / 10;
    for (std::uint64_t i = 0; i < rounds; ++i) {
        const auto& seed =
            target.stream_seeds[static_cast<std::size_t>(rng.below(target.stream_seeds.size()))];
        const auto bytes = mutate(seed, rng);
        const StreamId id{StreamId::kAcceptedBit | ++next_id};
        target.node.handle_stream_accepted(target.now, id, at(66, 4000), target.out);
        for (std::size_t from = 0; from < bytes.size();) {
            const auto cut = 1 + static_cast<std::size_t>(rng.below(bytes.size() - from));
            target.node.handle_stream_data(target.now, id, Bytes{bytes}.subspan(from, cut),
                                           target.out);
            from += cut;
        }
        target.node.handle_stream_closed(target.now, id, StreamEnd::finished, target.out);
        ASSERT_EQ(target.node.self_member().state, State::alive) << "stream " << i;
        ASSERT_LE(target.node.members().size(), target.node.config().max_members);
        target.out.clear();
    }
}

}  // namespace
}  // namespace rollcall::membership

// SPDX-License-Identifier: Apache-2.0
//
// Known bugs of gossip systems. Each test states what it guards against.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "lone_node.h"
#include "sim/cluster/cluster.h"

namespace rollcall::membership {
namespace {

using namespace std::chrono_literals;
using sim::SimCluster;
using Options = sim::ClusterOptions<Node>;

// An attacker that is not a member and can send anything.
class Stranger {
public:
    explicit Stranger(SimCluster<>& cluster) : cluster_{cluster} { cluster.add_stranger(here_); }
    template <class Encode>
    void send(std::string_view to, Encode&& encode) {
        std::vector<std::byte> room(1400);
        ByteWriter writer{room};
        encode(writer);
        cluster_.network().send(here_, cluster_.node(to).endpoint(), writer.written());
    }
    void suspect(std::string_view to, std::string_view node, std::uint32_t incarnation) {
        send(to, [&](ByteWriter& w) {
            wire::encode_suspect({node, Incarnation{incarnation}, "stranger"}, w);
        });
    }
    void dead(std::string_view to, std::string_view node, std::uint32_t incarnation,
              std::string_view from) {
        send(to, [&](ByteWriter& w) {
            wire::encode_dead({node, Incarnation{incarnation}, from}, w);
        });
    }

private:
    SimCluster<>& cluster_;
    Endpoint here_ = host(250, 4242);
};

// Guards: a refutation that wraps to 0 when accused at 2^32-1 evicts its sender for good.
TEST(KnownBugs, ForgedAccusationEvictsNoMember) {
    const std::uint32_t incarnations[]{0,          1,          2,          1000,
                                       0x00ffffff, 0x01000002, 0x7fffffff, 0x80000000,
                                       0xfffffffc, 0xfffffffd, 0xfffffffe, 0xffffffff};
    for (const std::uint32_t incarnation : incarnations) {
        SimCluster cluster{Options{.nodes = 4, .seed = incarnation}};
        cluster.start_joined();
        Stranger stranger{cluster};
        for (const char* to : {"n1", "n3"}) {  // a bystander, and the victim itself
            stranger.suspect(to, "n3", incarnation);
            stranger.dead(to, "n3", incarnation, "stranger");
            cluster.run_for(10s);
            EXPECT_TRUE(cluster.converges(50s)) << incarnation << '\n' << cluster.story();
        }
    }
}

// Guards: a victim whose incarnation was raised far, while members without its claim still have the
// old one: it must receive and refute an ordinary suspicion among them.
TEST(KnownBugs, MemberWithRaisedIncarnationCanStillRefute) {
    for (const std::uint64_t seed : {1u, 2u, 3u, 4u}) {
        SimCluster cluster{Options{.nodes = 40, .seed = seed}};
        cluster.start_joined();
        const std::uint32_t before = cluster.node("n3").node().self_member().incarnation.value();
        Stranger stranger{cluster};
        stranger.suspect("n3", "n3", 0x7fffff00);
        cluster.run_for(3s);
        for (const auto& other : cluster.nodes()) {
            if (other->name() != "n3") stranger.suspect(other->name(), "n3", before);
        }
        cluster.run_for(100s);
        EXPECT_TRUE(cluster.never_saw("n3", State::dead)) << cluster.story();
        EXPECT_TRUE(cluster.converges(1s)) << cluster.story();
    }
}

// Guards: a forged leave puts its victim in `left`, where its name is unprotected and gossip does
// not reach it.
TEST(KnownBugs, AForgedLeaveIsRefutedByItsVictim) {
    for (const char* reported : {"n1", "n3"}) {
        SimCluster cluster{Options{.nodes = 4, .seed = 2}};
        cluster.start_joined();
        Stranger stranger{cluster};
        stranger.dead(reported, "n3", 1, "n3");
        cluster.run_for(1s);
        EXPECT_TRUE(cluster.converges(59s)) << reported << '\n' << cluster.story();
    }
}

// Guards: newer accusations of a dead member are not recorded, and an alive claim older than the
// death revives it.
TEST(KnownBugs, TheIncarnationNeverFallsWhileAMemberLives) {
    struct Claim {
        int kind;  // alive, suspect, dead
        std::uint32_t incarnation;
    };
    std::vector<Claim> claims{{0, 2}, {1, 3}, {2, 4}, {0, 4}, {2, 3}, {1, 5}};
    std::vector<std::size_t> order{0, 1, 2, 3, 4, 5};
    do {
        LoneNode lone;
        lone.alive({.node = "x"});
        std::uint32_t highest = 1;
        for (const std::size_t i : order) {
            switch (claims[i].kind) {
                case 0:
                    lone.alive({.node = "x", .incarnation = claims[i].incarnation});
                    break;
                case 1:
                    lone.suspect("x", claims[i].incarnation, "n2");
                    break;
                default:
                    lone.dead("x", claims[i].incarnation, "n2");
            }
            ASSERT_GE(lone.incarnation("x"), highest);
            highest = lone.incarnation("x");
        }
        // The newest claim was a suspicion: in any order, it is not considered alive.
        ASSERT_NE(lone.state("x"), State::alive);
    } while (std::ranges::next_permutation(order).found);
}

// Guards: crashes on malformed packets. Each changes nothing and is counted.
TEST(KnownBugs, PacketsThatCrashedOthersAreDropped) {
    using namespace std::string_view_literals;
    const std::string_view packets[]{
        "\x07\x02\x00\x00\x00\x05\x00\x00\x00\x00\x00"sv,  // compound with an empty part
        "\x07\x05\x00\x10"sv,                              // its table is cut off
        "\x07\x00"sv,
        "\x09\x82\xa4"
        "Algo\x00\xa3"
        "Buf\xa3\x00\x03\x02"sv,  // expands to nothing
        "\x09\x82\xa4"
        "Algo\x00\xa3"
        "Buf\xa2\xff\xff"sv,  // is no compression
        "\x09\x82\xa4"
        "Algo\x07\xa3"
        "Buf\xa1x"sv,  // unknown algorithm
        "\x04"sv,      // an alive of nothing
        "\x04\x81\xa4Vsn"sv,
        "\x0c\x00\x00\x00\x00\x00\x80"sv,  // wrong checksum
        "\x06\x80"sv,                      // a push/pull in a datagram
        "\xf4\x03red\x00"sv,               // another label
        "\x00\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91"sv,
        ""sv,
    };
    LoneNode lone;
    lone.know(2);
    for (const std::string_view bytes : packets) {
        std::uint64_t before = 0;
        for (const std::uint64_t n : lone.node().stats().packets_rejected) before += n;
        lone.packet(as_bytes(bytes));
        std::uint64_t after = 0;
        for (const std::uint64_t n : lone.node().stats().packets_rejected) after += n;
        EXPECT_GT(after, before) << ::testing::PrintToString(bytes);
    }
    EXPECT_EQ(lone.node().members().size(), 3u);
    EXPECT_TRUE(lone.take_sent().empty());
    EXPECT_TRUE(lone.broadcasts().empty());
}

// Guards: an alive with fewer than six version bytes crashes, or is stored and forwarded.
TEST(KnownBugs, ShortVersionVectorIsNotStoredOrForwarded) {
    for (std::size_t size = 1; size <= 7; ++size) {
        LoneNode lone;
        lone.encoded([&](ByteWriter& w) {
            wire::encode(wire::Alive{.node = "x",
                                     .incarnation = Incarnation{1},
                                     .address = WireAddress::v4(10, 0, 0, 2),
                                     .port = 7946,
                                     .versions = std::nullopt},
                         w);
        });
        // The same with a vector of that size, written by hand: the last field of the map.
        std::vector<std::byte> room(200);
        ByteWriter writer{room};
        wire::encode(wire::Alive{.node = "x",
                                 .incarnation = Incarnation{1},
                                 .address = WireAddress::v4(10, 0, 0, 2),
                                 .port = 7946,
                                 .versions = wire::kSerfVersions},
                     writer);
        std::vector<std::byte> bytes{writer.written().begin(), writer.written().end()};
        ASSERT_EQ(bytes[bytes.size() - 7], std::byte{0xa6});
        bytes.resize(bytes.size() - 6);
        bytes.back() = static_cast<std::byte>(0xa0 + size);
        bytes.resize(bytes.size() + size, std::byte{1});
        if (size != 6) lone.packet(bytes);
        EXPECT_EQ(lone.member("x"), nullptr) << size;
        EXPECT_TRUE(lone.broadcasts().empty());
    }
}

// Guards: a member that announces versions 0,0,0 makes all later push/pulls of all members fail.
TEST(KnownBugs, AliveWithoutVersionsLocksNoMemberOut) {
    SimCluster cluster{Options{.nodes = 4, .seed = 5}};
    cluster.start_joined();
    Stranger stranger{cluster};
    for (const auto& n : cluster.nodes()) {
        stranger.send(n->name(), [](ByteWriter& w) {
            wire::encode(wire::Alive{.node = "poison",
                                     .incarnation = Incarnation{1},
                                     .address = WireAddress::v4(10, 0, 0, 250),
                                     .port = 4242,
                                     .versions = wire::Versions{}},
                         w);
        });
    }
    cluster.run_for(1s);
    auto& late = cluster.add_node("late");
    late.start();
    late.join(cluster.node("n1").endpoint());
    EXPECT_TRUE(cluster.converges(5s)) << cluster.story();
    for (const auto& n : cluster.nodes()) {
        EXPECT_EQ(n->node().members().find("poison"), nullptr);
        EXPECT_EQ(n->node().stats().merges_refused, 0u);
    }
}

// Guards: many keys, each bad packet tried with all of them.
TEST(KnownBugs, TheNumberOfKeysIsBounded) {
    LoneNode lone;
    for (std::size_t i = 0; i < wire::Keyring::kMaxKeys; ++i) {
        EXPECT_FALSE(
            lone.node().keyring().add(std::vector<std::byte>(16, static_cast<std::byte>(i))));
    }
    EXPECT_EQ(lone.node().keyring().add(std::vector<std::byte>(16, std::byte{99})),
              wire::KeyError::too_many);
}

// Guards: a suspicion that belongs to a name kills the member's next life.
TEST(KnownBugs, SuspicionEndsWhenNameIsTakenOver) {
    for (int step = 0; step < 24; ++step) {
        LoneNode lone{[](Config& c) { c.probe_interval = std::chrono::seconds{1}; }};
        lone.know(4);
        lone.answer_pings();
        lone.alive({.node = "x", .incarnation = 5, .address = host(99).to_wire()});
        lone.suspect("x", 5, "n2");
        lone.advance(std::chrono::seconds{step});
        lone.leaves_by_stream("x", 5, host(99));  // it leaves, and comes back from another address
        lone.alive({.node = "x", .incarnation = 1, .address = host(98).to_wire()});
        lone.advance(10s);
        lone.suspect("x", 1, "n3");  // a new suspicion has all its time
        lone.advance(23s);
        ASSERT_EQ(lone.state("x"), State::suspect) << step;
        lone.advance(1001ms);
        ASSERT_EQ(lone.state("x"), State::dead) << step;
    }
}

// Guards: probes that overlap because their schedule is not stretched with them; and intervals so
// short that suspicion means nothing.
TEST(KnownBugs, IntervalsHaveAFloorAndTheErrorNamesIt) {
    const auto refused = [](auto&& change, const char* field) {
        Config config = Config::lan();
        config.name = "n";
        config.address = WireAddress::v4(10, 0, 0, 1);
        EXPECT_FALSE(config.validate());
        change(config);
        const auto error = config.validate();
        ASSERT_TRUE(error) << field;
        EXPECT_EQ(error->field, field);
        EXPECT_FALSE(error->allowed.empty());
        EXPECT_NE(error->to_string().find(field), std::string::npos);
    };
    refused(
        [](Config& c) {
            c.probe_interval = 9ms;
            c.probe_timeout = 1ms;
        },
        "probe_interval");
    refused([](Config& c) { c.probe_interval = {}; }, "probe_interval");
    refused([](Config& c) { c.probe_timeout = 2s; }, "probe_timeout");
    refused([](Config& c) { c.suspicion_mult = 0; }, "suspicion_mult");
    refused([](Config& c) { c.name = ""; }, "name");
    refused([](Config& c) { c.name = std::string(256, 'x'); }, "name");
    refused([](Config& c) { c.address = {}; }, "address");
    refused([](Config& c) { c.meta.resize(513); }, "meta");
    refused([](Config& c) { c.layers.label = std::string(256, 'x'); }, "layers.label");
    refused([](Config& c) { c.packet_size = 100; }, "packet_size");
    refused([](Config& c) { c.versions.pmin = 0; }, "versions");
}

// Guards: an announcement that every peer ignores, or with an address that receives no answers.
TEST(KnownBugs, UnusableAddressesAreRefusedSettings) {
    struct Case {
        wire::Versions versions;
        const char* value;
    };
    for (const Case& c : {Case{{0, 5, 2, 2, 5, 5}, "protocol 0 to 5, using 2"},
                          Case{{1, 5, 6, 2, 5, 5}, "protocol 1 to 5, using 6"},
                          Case{{3, 5, 2, 2, 5, 5}, "protocol 3 to 5, using 2"},
                          Case{{1, 5, 2, 2, 5, 6}, "application 2 to 5, using 6"},
                          Case{{1, 5, 2, 2, 5, 1}, "application 2 to 5, using 1"},
                          Case{{1, 5, 2, 5, 2, 3}, "application 5 to 2, using 3"}}) {
        Config config = Config::lan();
        config.name = "n";
        config.address = WireAddress::v4(10, 0, 0, 1);
        config.versions = c.versions;
        const auto error = config.validate();
        ASSERT_TRUE(error) << c.value;
        EXPECT_EQ(error->field, "versions");
        EXPECT_EQ(error->value, c.value);
        EXPECT_NE(error->allowed.find("minimum <= in use <= maximum"), std::string::npos);
    }
    for (const auto port : {&Config::port, &Config::bind_port}) {
        Config config = Config::lan();
        config.name = "n";
        config.address = WireAddress::v4(10, 0, 0, 1);
        config.versions = wire::kBareVersions;
        EXPECT_FALSE(config.validate());
        config.*port = 0;
        const auto error = config.validate();
        ASSERT_TRUE(error);
        EXPECT_EQ(error->field, port == &Config::port ? "port" : "bind_port");
        EXPECT_EQ(error->value, "0");
        EXPECT_EQ(error->allowed, "1 to 65535");
    }
}

// Guards: suspecting right after the direct ping. Seen from outside: between a node's first ping
// and its suspicion of the same member lies a whole probe with every path that was launched, or a
// vigil (rule F2).
TEST(KnownBugs, NoSuspicionBeforeEveryPathTimedOut) {
    SimCluster cluster{Options{
        .nodes = 8, .seed = 3, .tweak = [](Config& c, unsigned) { c.variant.looking = false; }}};
    cluster.start_joined();
    cluster.links().set_links({.loss = 0.25});
    unsigned verdicts = 0;
    for (const auto& n : cluster.nodes()) {
        n->set_listener([&](auto& node, const Event& event) {
            const auto* ended = std::get_if<ProbeEnded>(&event);
            if (ended == nullptr || ended->outcome != ProbeOutcome::failed) return;
            ++verdicts;
            EXPECT_GE(ended->took, node.node().config().probe_interval);
            EXPECT_GE(ended->relays_asked, 1u);
        });
    }
    cluster.node("n4").crash();
    cluster.run_for(2min);
    EXPECT_GT(verdicts, 5u);
}

// Guards: an ack that belongs to no probe of ours, or to an older one, counts for the running one.
TEST(KnownBugs, LateAndForeignAcksAreIgnored) {
    LoneNode lone{[](Config& c) { c.probe_interval = std::chrono::seconds{1}; }};
    lone.know(3);
    std::set<std::uint32_t> sequences;
    std::vector<SequenceNumber> old;
    for (int probe = 0; probe < 5; ++probe) {
        std::vector<Message> pings;
        while (pings.empty()) {
            lone.advance(*lone.node().next_deadline() - lone.now());
            pings = of_type(lone.take_sent(), wire::MessageType::ping);
        }
        const SequenceNumber current = pings[0].ping().sequence;
        EXPECT_TRUE(sequences.insert(current.value()).second) << "numbers are not used twice";
        lone.forget_events();
        const std::uint64_t unknown = lone.node().stats().acks_unknown;
        for (const SequenceNumber late : old) lone.ack(late);
        lone.ack(SequenceNumber{current.value() + 1});
        lone.ack(SequenceNumber{0});
        EXPECT_TRUE(lone.take_events<ProbeEnded>().empty());
        EXPECT_EQ(lone.node().stats().acks_unknown, unknown + old.size() + 2);
        lone.ack(current);
        EXPECT_EQ(lone.take_events<ProbeEnded>().size(), 1u);
        lone.ack(current);
        EXPECT_TRUE(lone.take_events<ProbeEnded>().empty()) << "it counts once";
        old.push_back(current);
    }
}

// Guards: predictable sequence numbers, with which an attacker can answer for the dead.
TEST(KnownBugs, SequenceNumbersStartAtRandom) {
    std::set<std::uint32_t> starts;
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        SimCluster cluster{Options{.nodes = 2, .seed = seed}};
        cluster.start_joined();
        cluster.network().set_tap([&](Time, Endpoint, Endpoint, Bytes bytes) {
            if (bytes.empty() || bytes[0] != std::byte{0}) return;
            starts.insert(wire::decode_ping(bytes.subspan(1))->sequence.value() >> 16);
        });
        cluster.run_for(3s);
    }
    EXPECT_GT(starts.size(), 20u);
}

// Guards: a storm of joins fills the queue beyond its bound.
TEST(KnownBugs, QueueIsBoundedAtInsertAndDropsMostSent) {
    LoneNode lone{[](Config& c) { c.max_broadcasts = 64; }};
    for (int i = 0; i < 2000; ++i) {
        const std::string name = "m" + std::to_string(i);
        const auto address =
            WireAddress::v4(10, 1, static_cast<std::uint8_t>(i >> 8), static_cast<std::uint8_t>(i));
        // It announces itself: less of what others say of it is queued (rule S9).
        lone.alive({.node = name, .address = address}, *Endpoint::from_wire(address, 7946));
        ASSERT_LE(lone.node().broadcasts_queued(), 64u);
    }
    EXPECT_EQ(lone.node().stats().broadcasts_dropped, 2000u - 64u);
}

}  // namespace
}  // namespace rollcall::membership

// SPDX-License-Identifier: Apache-2.0
//
// The membership core without a network: the cost of a packet, a broadcast, a look-up and a probe
// round, and the memory per member.
#include <benchmark/benchmark.h>

#include <chrono>
#include <cstring>
#include <string>
#include <vector>

#include "allocations.h"
#include "base/rng.h"
#include "membership/broadcast_queue.h"
#include "membership/member_table.h"
#include "membership/node.h"
#include "sim/world/entropy.h"
#include "wire/packet.h"

namespace rollcall::bench {
namespace {

using namespace std::chrono_literals;
using membership::Config;
using membership::Node;
using membership::Outbox;

WireAddress address_of(std::size_t i) {
    return WireAddress::v4(10, static_cast<std::uint8_t>(i >> 16),
                           static_cast<std::uint8_t>(i >> 8), static_cast<std::uint8_t>(i));
}

std::string name_of(std::size_t i) {
    return "node-" + std::to_string(100000 + i);
}

wire::Alive alive_of(std::size_t i, const std::string& name, std::uint32_t incarnation) {
    static constexpr std::string_view kMeta = "\xff\x81\xa4role\xa3web";
    return {.node = name,
            .incarnation = Incarnation{incarnation},
            .address = address_of(i),
            .port = 7946,
            .meta = as_bytes(kMeta),
            .versions = wire::kSerfVersions};
}

std::vector<std::byte> encoded(auto&& encode) {
    std::vector<std::byte> room(2048);
    ByteWriter writer{room};
    encode(writer);
    room.resize(writer.size());
    return room;
}

// A node that knows `members` others, and a sealer for packets to it.
struct Bed {
    explicit Bed(std::size_t members, bool encrypted = false) : node{config(), app, entropy, 1} {
        if (encrypted) {
            const std::vector<std::byte> key(32, std::byte{7});
            node.keyring().add(key);
            sealer.keyring().add(key);
        }
        node.start(now, out);
        for (std::size_t i = 1; i <= members; ++i) {
            const std::string name = name_of(i);
            const auto alive = encoded([&](ByteWriter& w) { encode(alive_of(i, name, 1), w); });
            const Bytes part{alive};
            deliver(sealed({&part, 1}));
        }
        // Let the broadcasts of the start finish, so that answers carry none.
        for (int i = 0; i < 40 * static_cast<int>(members + 10); ++i) {
            deliver(ping());
            if (node.broadcasts_queued() == 0) break;
        }
    }
    static Config config() {
        Config config = Config::lan();
        config.name = "bench";
        config.address = WireAddress::v4(10, 255, 0, 1);
        config.max_broadcasts = 64;
        return config;
    }
    std::vector<std::byte> sealed(std::span<const Bytes> parts) {
        std::vector<std::byte> packet(65507);
        packet.resize(sealer.seal(parts, {.checksum = true}, packet));
        return packet;
    }
    std::vector<std::byte> ping() {
        const auto message = encoded([](ByteWriter& w) {
            encode(wire::Ping{.sequence = SequenceNumber{1000},
                              .node = "bench",
                              .source_address = address_of(1),
                              .source_port = 7946,
                              .source_node = "node-100001"},
                   w);
        });
        const Bytes part{message};
        return sealed({&part, 1});
    }
    void deliver(Bytes packet) {
        out.clear();
        node.handle_packet(now, *Endpoint::from_wire(address_of(1), 7946), packet, out);
    }

    membership::Application app;
    sim::SeededEntropy entropy{1};
    wire::PacketCodec sealer{wire::LayerConfig{}, entropy};
    Node node;
    Outbox out;
    Time now{};
};

void handle_ping(benchmark::State& state) {
    Bed bed{100, state.range(0) != 0};
    const auto packet = bed.ping();
    const CountAllocations counted{state};
    for (auto _ : state) bed.deliver(packet);
}
BENCHMARK(handle_ping)->ArgName("encrypted")->Arg(0)->Arg(1);

// Ten known alive claims: the common packet of a settled cluster.
void handle_known_alives(benchmark::State& state) {
    Bed bed{100};
    std::vector<std::vector<std::byte>> messages;
    for (std::size_t i = 1; i <= 10; ++i) {
        const std::string name = name_of(i);
        messages.push_back(encoded([&](ByteWriter& w) { encode(alive_of(i, name, 1), w); }));
    }
    const std::vector<Bytes> parts{messages.begin(), messages.end()};
    const auto packet = bed.sealed(parts);
    const CountAllocations counted{state};
    for (auto _ : state) bed.deliver(packet);
    state.SetItemsProcessed(state.iterations() * 10);
}
BENCHMARK(handle_known_alives);

// Ten new alive claims: each raises an incarnation and is gossiped.
void handle_new_alives(benchmark::State& state) {
    Bed bed{100};
    std::uint32_t incarnation = 1;
    for (auto _ : state) {
        state.PauseTiming();
        ++incarnation;
        std::vector<std::vector<std::byte>> messages;
        for (std::size_t i = 1; i <= 10; ++i) {
            const std::string name = name_of(i);
            messages.push_back(
                encoded([&](ByteWriter& w) { encode(alive_of(i, name, incarnation), w); }));
        }
        const std::vector<Bytes> parts{messages.begin(), messages.end()};
        const auto packet = bed.sealed(parts);
        state.ResumeTiming();
        bed.deliver(packet);
    }
    state.SetItemsProcessed(state.iterations() * 10);
}
BENCHMARK(handle_new_alives);

// One packet's worth taken from a queue of n, and as much put back.
void broadcast_queue(benchmark::State& state) {
    const auto n = static_cast<std::size_t>(state.range(0));
    membership::BroadcastQueue queue{n + 64};
    const std::vector<std::byte> message(90, std::byte{1});
    std::uint64_t next = 0;
    const auto refill = [&] {
        while (queue.size() < n) queue.queue(name_of(next++ % (2 * n)), message);
    };
    refill();
    std::size_t taken = 0;
    const CountAllocations counted{state};
    for (auto _ : state) {
        queue.take(2, 1398, 3, 127, [&](Bytes) { ++taken; });
        refill();
    }
    state.SetItemsProcessed(static_cast<std::int64_t>(taken));
}
BENCHMARK(broadcast_queue)->ArgName("entries")->Arg(10)->Arg(1000)->Arg(10000);

void table_look_up(benchmark::State& state) {
    const auto n = static_cast<std::size_t>(state.range(0));
    membership::MemberTable table{n};
    std::vector<std::string> names;
    for (std::size_t i = 0; i < n; ++i) {
        names.push_back(name_of(i));
        table.insert({.name = names.back(), .address = address_of(i), .port = 7946});
    }
    Rng rng{3};
    const CountAllocations counted{state};
    for (auto _ : state) {
        benchmark::DoNotOptimize(table.id_of(names[static_cast<std::size_t>(rng.below(n))]));
    }
}
BENCHMARK(table_look_up)->ArgName("members")->Arg(10000)->Arg(100000);

// A second of an idle member of n: one probe, five rounds of gossip, and the ack.
void probe_round(benchmark::State& state) {
    Bed bed{static_cast<std::size_t>(state.range(0))};
    const CountAllocations counted{state};
    for (auto _ : state) {
        const Time end = bed.now + 1s;
        while (bed.node.next_deadline() && *bed.node.next_deadline() < end) {
            bed.now = *bed.node.next_deadline();
            bed.out.clear();
            bed.node.handle_timeout(bed.now, bed.out);
        }
        bed.now = end;
    }
}
BENCHMARK(probe_round)->ArgName("members")->Arg(100)->Arg(10000)->Iterations(500);

// Memory of one more member in a table of 10 000, and of its profile, which all nodes that share a
// pool store once. Tables grown one by one, and with reserved
// room.
void bytes_per_member(benchmark::State& state) {
    constexpr std::size_t kMembers = 10000;
    const bool reserved = state.range(0) != 0;
    for (auto _ : state) {
        membership::MemberTable members{kMembers};
        if (reserved) members.reserve(kMembers);
        for (std::size_t i = 0; i < kMembers; ++i) {
            const std::string name = name_of(i);
            members.insert({.name = name,
                            .meta = "\xff\x81\xa4role\xa3web",
                            .address = address_of(i),
                            .port = 7946,
                            .versions = wire::kSerfVersions});
        }
        state.counters["table"] = static_cast<double>(members.memory()) / kMembers;
        state.counters["profile"] = static_cast<double>(members.profiles().memory()) / kMembers;
    }
}
BENCHMARK(bytes_per_member)->ArgName("reserved")->Arg(0)->Arg(1)->Iterations(1);

}  // namespace
}  // namespace rollcall::bench

// SPDX-License-Identifier: Apache-2.0
//
// What bytes cost: decoding and encoding each message, a packet through all its layers, LZW, and a
// push/pull. Allocations stand beside the times; on the packet path they are to be zero.
#include <benchmark/benchmark.h>

#include <array>
#include <string>
#include <vector>

#include "allocations.h"
#include "base/rng.h"
#include "sim/world/entropy.h"
#include "wire/lzw.h"
#include "wire/packet.h"
#include "wire/stream.h"

namespace {

using namespace rollcall;
using namespace rollcall::wire;
using bench::CountAllocations;
using Buffer = std::vector<std::byte>;

// --- messages as they are in a cluster -----------------------------------------------------------

const WireAddress kAddress = WireAddress::v4(10, 1, 2, 3);

Ping typical_ping() {
    return {.sequence = SequenceNumber{70000},
            .node = "worker-017",
            .source_address = kAddress,
            .source_port = 7946,
            .source_node = "worker-004"};
}

// What a Serf agent puts into its acks: a network coordinate, mostly floating point.
const Buffer& coordinate_payload() {
    static const Buffer payload = [] {
        Rng rng{5};
        Buffer bytes;
        const auto text = [&](std::string_view s) {
            bytes.push_back(static_cast<std::byte>(0xa0 | s.size()));
            bytes.insert(bytes.end(), as_bytes(s).begin(), as_bytes(s).end());
        };
        const auto number = [&] {
            bytes.push_back(std::byte{0xcb});
            bytes.push_back(std::byte{0x3f});
            for (int i = 0; i < 7; ++i) bytes.push_back(static_cast<std::byte>(rng.next()));
        };
        bytes = {std::byte{1}, std::byte{0x84}};
        for (const char* key : {"Adjustment", "Error", "Height"}) text(key), number();
        text("Vec");
        bytes.push_back(std::byte{0x98});
        for (int i = 0; i < 8; ++i) number();
        return bytes;
    }();
    return payload;
}

const Buffer& tags_meta() {
    static const Buffer meta = [] {
        const auto text = as_bytes(
            "\xff\x83\xa2"
            "dc\xa4"
            "east\xa4role\xa6worker\xa7version\xa5"
            "1.2.3");
        return Buffer(text.begin(), text.end());
    }();
    return meta;
}

Alive typical_alive(std::string_view name) {
    return {.node = name,
            .incarnation = Incarnation{3},
            .address = kAddress,
            .port = 7946,
            .meta = Bytes{tags_meta()},
            .versions = kSerfVersions};
}

template <class Encode>
Buffer encoded(Encode&& encode_it) {
    Buffer room(4096);
    ByteWriter out{room};
    if (!encode_it(out)) std::abort();
    room.resize(out.size());
    return room;
}

Buffer ping_bytes() {
    return encoded([](ByteWriter& out) { return encode(typical_ping(), out); });
}
Buffer ack_bytes() {
    return encoded([](ByteWriter& out) {
        return encode(Ack{SequenceNumber{70000}, Bytes{coordinate_payload()}}, out);
    });
}
Buffer alive_bytes(int i) {
    const std::string name = "worker-" + std::to_string(100 + i);
    return encoded([&](ByteWriter& out) { return encode(typical_alive(name), out); });
}
Buffer suspect_bytes() {
    return encoded([](ByteWriter& out) {
        return encode_suspect({"worker-017", Incarnation{3}, "worker-004"}, out);
    });
}

// The parts of one datagram.
struct Load {
    const char* name;
    std::vector<Buffer> messages;
    [[nodiscard]] std::vector<Bytes> parts() const { return {messages.begin(), messages.end()}; }
};

const std::vector<Load>& loads() {
    static const std::vector<Load> all = [] {
        std::vector<Load> l;
        l.push_back({"ping", {ping_bytes()}});
        l.push_back({"ack", {ack_bytes()}});
        l.push_back({"ping+suspect", {ping_bytes(), suspect_bytes()}});
        l.push_back({"2_suspects", {suspect_bytes(), suspect_bytes()}});
        l.push_back({"alive", {alive_bytes(0)}});
        l.push_back({"ack+alive", {ack_bytes(), alive_bytes(0)}});
        l.push_back({"2_alives", {alive_bytes(0), alive_bytes(1)}});
        l.push_back({"3_alives", {alive_bytes(0), alive_bytes(1), alive_bytes(2)}});
        Load full{"full_1400", {}};
        std::size_t size = 2;
        for (int i = 0; size + alive_bytes(i).size() + 2 <= 1400; ++i) {
            full.messages.push_back(alive_bytes(i));
            size += full.messages.back().size() + 2;
        }
        l.push_back(full);
        return l;
    }();
    return all;
}

// --- one message ---------------------------------------------------------------------------------

template <class Decode>
void decode_bench(benchmark::State& state, const Buffer& message, Decode decode) {
    const Bytes body = Bytes{message}.subspan(1);
    const CountAllocations allocs{state};
    for (auto _ : state) {
        auto decoded = decode(body);
        if (!decoded.ok()) std::abort();
        benchmark::DoNotOptimize(decoded);
    }
    state.counters["bytes"] = static_cast<double>(message.size());
}

void decode_ping_message(benchmark::State& state) {
    decode_bench(state, ping_bytes(), decode_ping);
}
void decode_ack_message(benchmark::State& state) {
    decode_bench(state, ack_bytes(), decode_ack);
}
void decode_alive_message(benchmark::State& state) {
    decode_bench(state, alive_bytes(0), decode_alive);
}
void decode_suspect_message(benchmark::State& state) {
    decode_bench(state, suspect_bytes(), decode_accusation);
}
BENCHMARK(decode_ping_message);
BENCHMARK(decode_ack_message);
BENCHMARK(decode_alive_message);
BENCHMARK(decode_suspect_message);

template <class Encode>
void encode_bench(benchmark::State& state, Encode encode_it) {
    std::array<std::byte, 2048> room;
    const CountAllocations allocs{state};
    for (auto _ : state) {
        ByteWriter out{room};
        if (!encode_it(out)) std::abort();
        benchmark::DoNotOptimize(room);
    }
}

void encode_ping_message(benchmark::State& state) {
    encode_bench(state, [m = typical_ping()](ByteWriter& out) { return encode(m, out); });
}
void encode_ack_message(benchmark::State& state) {
    const Ack ack{SequenceNumber{70000}, Bytes{coordinate_payload()}};
    encode_bench(state, [&](ByteWriter& out) { return encode(ack, out); });
}
void encode_alive_message(benchmark::State& state) {
    encode_bench(state,
                 [m = typical_alive("worker-100")](ByteWriter& out) { return encode(m, out); });
}
void encode_suspect_message(benchmark::State& state) {
    encode_bench(state, [](ByteWriter& out) {
        return encode_suspect({"worker-017", Incarnation{3}, "worker-004"}, out);
    });
}
BENCHMARK(encode_ping_message);
BENCHMARK(encode_ack_message);
BENCHMARK(encode_alive_message);
BENCHMARK(encode_suspect_message);

// --- a datagram through its layers ---------------------------------------------------------------

struct NoDecoding : PacketVisitor {
    std::size_t messages = 0;
    void message(MessageType, Bytes) override { ++messages; }
    void rejected(DecodeError) override { std::abort(); }
};
struct PingDecoding : PacketVisitor {
    void message(MessageType, Bytes body) override {
        auto ping = decode_ping(body);
        benchmark::DoNotOptimize(ping);
    }
    void rejected(DecodeError) override { std::abort(); }
};

void add_key(PacketCodec& codec) {
    if (codec.keyring().add(Buffer(32, std::byte{7}))) std::abort();
}

// The whole of it: layers off, message decoded.
void open_and_decode_ping(benchmark::State& state) {
    sim::SeededEntropy entropy{1};
    PacketCodec codec{{}, entropy};
    const Buffer ping = ping_bytes();
    PingDecoding visitor;
    const CountAllocations allocs{state};
    for (auto _ : state) codec.open(ping, visitor);
}
BENCHMARK(open_and_decode_ping);

struct Layers {
    const char* name;
    bool compress;
    bool checksum;
    bool sealed;
};
constexpr Layers kLayers[] = {{"plain", false, false, false},
                              {"crc", false, true, false},
                              {"lzw", true, false, false},
                              {"aes", false, false, true},
                              {"lzw+crc+aes", true, true, true}};

void seal_packet(benchmark::State& state, const Load& load, const Layers& layers) {
    sim::SeededEntropy entropy{1};
    PacketCodec codec{{.compress = layers.compress, .compress_from = 0}, entropy};
    if (layers.sealed) add_key(codec);
    const auto parts = load.parts();
    std::array<std::byte, 2048> out;
    std::size_t size = codec.seal(parts, {.checksum = layers.checksum}, out);
    const CountAllocations allocs{state};
    for (auto _ : state) {
        size = codec.seal(parts, {.checksum = layers.checksum}, out);
        benchmark::DoNotOptimize(out);
    }
    state.counters["bytes"] = static_cast<double>(size);
}

void open_packet(benchmark::State& state, const Load& load, const Layers& layers) {
    sim::SeededEntropy entropy{1};
    PacketCodec codec{{.compress = layers.compress, .compress_from = 0}, entropy};
    if (layers.sealed) add_key(codec);
    Buffer packet(2048);
    packet.resize(codec.seal(load.parts(), {.checksum = layers.checksum}, packet));
    NoDecoding visitor;
    codec.open(packet, visitor);
    const CountAllocations allocs{state};
    for (auto _ : state) codec.open(packet, visitor);
    state.counters["bytes"] = static_cast<double>(packet.size());
}

// --- compression alone: what it costs and what it saves ------------------------------------------

Buffer plain_of(const Load& load) {
    sim::SeededEntropy entropy{1};
    PacketCodec codec{{.compress = false}, entropy};
    Buffer plain(2048);
    plain.resize(codec.seal(load.parts(), {}, plain));
    return plain;
}

void encode_lzw(benchmark::State& state, const Load& load) {
    const Buffer plain = plain_of(load);
    Buffer out(lzw_bound(plain.size()));
    std::size_t packed = lzw_encode(plain, out).value_or(0);
    const CountAllocations allocs{state};
    for (auto _ : state) packed = lzw_encode(plain, out).value_or(0);
    state.counters["plain"] = static_cast<double>(plain.size());
    state.counters["packed"] = static_cast<double>(packed + 16);  // with the message round it
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(plain.size()));
}

void decode_lzw(benchmark::State& state, const Load& load) {
    const Buffer plain = plain_of(load);
    Buffer packed(lzw_bound(plain.size()));
    packed.resize(lzw_encode(plain, packed).value_or(0));
    Buffer out;
    if (!lzw_decode(packed, 1 << 20, out).ok()) std::abort();
    const CountAllocations allocs{state};
    for (auto _ : state) {
        auto size = lzw_decode(packed, 1 << 20, out);
        benchmark::DoNotOptimize(size);
    }
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(plain.size()));
}

// --- a push/pull of n members --------------------------------------------------------------------

PushPull exchange_of(std::size_t members, std::vector<std::string>& names) {
    PushPull exchange{.join = true, .nodes = {}, .user_state = {}};
    names.resize(members);
    for (std::size_t i = 0; i < members; ++i) {
        names[i] = "worker-" + std::to_string(100000 + i);
        exchange.nodes.push_back({.name = names[i],
                                  .address = kAddress,
                                  .port = 7946,
                                  .incarnation = Incarnation{3},
                                  .state = NodeState::alive,
                                  .meta = Bytes{tags_meta()},
                                  .versions = kSerfVersions});
    }
    return exchange;
}

void seal_push_pull(benchmark::State& state) {
    sim::SeededEntropy entropy{1};
    PacketCodec codec{{.compress = true}, entropy};
    std::vector<std::string> names;
    const PushPull exchange = exchange_of(static_cast<std::size_t>(state.range(0)), names);
    Buffer message;
    Buffer out;
    for (auto _ : state) {
        message.clear();
        out.clear();
        encode_push_pull(exchange, message);
        codec.seal_stream(message, PacketCodec::StreamSide::dialer, out);
    }
    state.counters["plain"] = static_cast<double>(message.size());
    state.counters["bytes"] = static_cast<double>(out.size());
}
BENCHMARK(seal_push_pull)->Arg(100)->Arg(10000)->Unit(benchmark::kMicrosecond);

void read_push_pull(benchmark::State& state) {
    sim::SeededEntropy entropy{1};
    PacketCodec codec{{.compress = true}, entropy};
    std::vector<std::string> names;
    Buffer message;
    Buffer bytes;
    encode_push_pull(exchange_of(static_cast<std::size_t>(state.range(0)), names), message);
    codec.seal_stream(message, PacketCodec::StreamSide::dialer, bytes);
    for (auto _ : state) {
        StreamReader reader{codec, PacketCodec::StreamSide::acceptor};
        if (reader.feed(bytes) != StreamReader::Status::complete) std::abort();
    }
}
BENCHMARK(read_push_pull)->Arg(100)->Arg(10000)->Unit(benchmark::kMicrosecond);

const bool registered = [] {
    for (const Load& load : loads()) {
        for (const Layers& layers : kLayers) {
            const std::string name = std::string{load.name} + "/" + layers.name;
            benchmark::RegisterBenchmark(("seal/" + name).c_str(), seal_packet, load, layers);
            benchmark::RegisterBenchmark(("open/" + name).c_str(), open_packet, load, layers);
        }
        benchmark::RegisterBenchmark(("lzw_encode/" + std::string{load.name}).c_str(), encode_lzw,
                                     load);
        benchmark::RegisterBenchmark(("lzw_decode/" + std::string{load.name}).c_str(), decode_lzw,
                                     load);
    }
    return true;
}();

}  // namespace

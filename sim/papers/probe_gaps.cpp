// SPDX-License-Identifier: Apache-2.0
//
// S4: with a ring shuffled after each round, two pings of one target by one member are at most
// 2n - 1 periods apart, n the length of its list. One real core; every ping is answered.
#include <algorithm>
#include <array>
#include <unordered_map>

#include "base/check.h"
#include "membership/node.h"
#include "sim/papers/frame/batches.h"
#include "sim/papers/frame/rows.h"
#include "sim/papers/swim/prototype.h"
#include "sim/world/entropy.h"
#include "wire/packet.h"

namespace rollcall::sim::papers {
namespace {

constexpr std::array<unsigned, 5> kListLengths = {8, 16, 32, 64, 128};

// A core whose pings are answered at once.
class AnsweredNode {
public:
    AnsweredNode(unsigned others, std::uint64_t seed)
        : entropy_{seed}, codec_{{}, entropy_}, node_{settings(), application_, entropy_, seed} {
        node_.start(now_, out_);
        for (unsigned i = 0; i < others; ++i) add_member(i);
    }
    // The target of the next ping.
    Endpoint next_ping() {
        for (;;) {
            out_.clear();
            now_ = std::max(now_, *node_.next_deadline());
            node_.handle_timeout(now_, out_);
            PingReader reader;
            Endpoint target;
            out_.for_each_send([&](const Endpoint& to, Bytes packet) {
                codec_.open(packet, reader);
                target = to;
            });
            if (!reader.sequence) continue;
            answer(target, *reader.sequence);
            return target;
        }
    }

private:
    struct PingReader final : wire::PacketVisitor {
        std::optional<SequenceNumber> sequence;
        void message(wire::MessageType type, Bytes body) override {
            if (type == wire::MessageType::ping) sequence = wire::decode_ping(body)->sequence;
        }
        void rejected(wire::DecodeError) override {}
    };
    static membership::Config settings() {
        membership::Config config = swim_prototype();
        config.name = "me";
        config.address = WireAddress::v4(10, 255, 0, 1);
        return config;
    }
    template <class Encode>
    void deliver(const Endpoint& from, Encode&& encode) {
        std::array<std::byte, 1024> room{}, packet{};
        ByteWriter writer{room};
        encode(writer);
        const Bytes part = writer.written();
        const std::size_t size = codec_.seal({&part, 1}, {}, packet);
        out_.clear();
        node_.handle_packet(now_, from, Bytes{packet}.first(size), out_);
    }
    void add_member(unsigned i) {
        const WireAddress address = WireAddress::v4(10, 0, 0, static_cast<std::uint8_t>(i + 1));
        const std::string name = "m" + std::to_string(i);
        deliver(*Endpoint::from_wire(address, 7946), [&](ByteWriter& w) {
            wire::encode(wire::Alive{.node = name,
                                     .incarnation = Incarnation{1},
                                     .address = address,
                                     .port = 7946,
                                     .versions = wire::kSerfVersions},
                         w);
        });
    }
    void answer(const Endpoint& from, SequenceNumber sequence) {
        deliver(from, [&](ByteWriter& w) { wire::encode(wire::Ack{.sequence = sequence}, w); });
    }

    SeededEntropy entropy_;
    wire::PacketCodec codec_;
    membership::Application application_;
    membership::Outbox out_;
    membership::Node node_;
    Time now_{std::chrono::hours{1}};
};

double longest_gap(unsigned others, std::uint64_t periods, std::uint64_t seed) {
    AnsweredNode node{others, seed};
    std::unordered_map<Endpoint, std::uint64_t, EndpointHash> last;  // looked up, never walked
    std::uint64_t longest = 0;
    for (std::uint64_t period = 1; period <= periods; ++period) {
        std::uint64_t& before = last[node.next_ping()];
        if (before > 0) longest = std::max(longest, period - before);
        before = period;
    }
    ROLLCALL_CHECK(last.size() == others);
    return static_cast<double>(longest);
}

std::uint64_t gap_periods(const Scale& scale) {
    return scale.pick<std::uint64_t>(100, 1000, 1000) * 1000;
}

std::vector<Figure> judge_gaps(const Scale&, const Results& results) {
    const Batches batches{.cells = kListLengths.size()};
    std::vector<Figure> figures;
    for (std::size_t i = 0; i < kListLengths.size(); ++i) {
        const double bound = 2.0 * kListLengths[i] - 1;
        Figure figure{.name = "longest gap in periods, n = " + std::to_string(kListLengths[i]),
                      .published = "at most " + number(bound)};
        figure.simulated = batches.column(results, "swim/probe-gaps", i, 0).front();
        figure.interval = {figure.simulated, figure.simulated};
        const bool tight = i > 0 || figure.simulated >= 0.95 * bound;
        figure.allowed = i > 0 ? "the same" : "the same, and at least 95 % of it";
        figure.verdict = verdict_of(figure.simulated <= bound && tight);
        figures.push_back(std::move(figure));
    }
    return figures;
}

}  // namespace

void add_probe_gaps(Catalogue& all) {
    all.experiments.push_back(
        {.id = "swim/probe-gaps",
         .weight = 2,
         .jobs = [](const Scale&) { return kListLengths.size(); },
         .run = [](const Scale& s, std::size_t job, std::uint64_t seed) -> Measurement {
             return {longest_gap(kListLengths[job], gap_periods(s), seed)};
         }});
    all.rows.push_back(
        {.id = "S4",
         .paper = "swim",
         .target = "Round-robin bounds the time between two pings of one target",
         .scenario = "One core with n others in its list, every ping answered; gaps are counted in "
                     "periods. n counts the others, since no member pings itself.",
         .tolerance = "2n - 1 is never exceeded, and at n = 8 nearly reached",
         .repetition = "thousands of periods for each n: 100 quick, 1000 normal and full",
         .experiments = {"swim/probe-gaps"},
         .judge = judge_gaps});
}

}  // namespace rollcall::sim::papers

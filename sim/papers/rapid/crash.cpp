// SPDX-License-Identifier: Apache-2.0
//
// R3, R6: ten of a thousand processes crash at once (Rapid, Fig. 8), and what every process sends
// and receives each second of that experiment (Table 2).
#include <algorithm>
#include <array>

#include "sim/papers/frame/batches.h"
#include "sim/papers/frame/rows.h"
#include "sim/papers/rapid/cluster.h"

namespace rollcall::sim::papers {
namespace {

using namespace std::chrono_literals;

constexpr unsigned kCrashMembers = 1000;
constexpr int kCrashAt = 60, kCrashEnd = 150;                                    // seconds
constexpr std::array<double, 6> kTable2 = {0.54, 5.61, 7.36, 0.64, 6.40, 8.04};  // KB/s, rx then tx

// Bytes that a host has received and sent so far, in datagrams only: one push/pull among a thousand
// members is several times the published maximum of any second.
struct HostBytes {
    std::uint64_t received = 0, sent = 0;
};
HostBytes bytes_of(const HostTraffic& traffic) {
    return {traffic.datagram_bytes_received, traffic.datagram_bytes_sent};
}

// KB received and sent, by process and second.
class ByteMeter {
public:
    explicit ByteMeter(RapidCluster& rapid) : rapid_{rapid} {
        before_.reserve(rapid.members());
        for (const auto& process : rapid.cluster.nodes()) {
            before_.push_back(bytes_of(rapid.cluster.network().traffic_of(process->host())));
        }
    }
    void note() {
        for (unsigned i = 0; i < rapid_.members(); ++i) {
            const auto& process = *rapid_.cluster.nodes()[i];
            if (!process.running()) continue;
            const HostBytes now = bytes_of(rapid_.cluster.network().traffic_of(process.host()));
            received.push_back(static_cast<double>(now.received - before_[i].received) / 1000);
            sent.push_back(static_cast<double>(now.sent - before_[i].sent) / 1000);
            before_[i] = now;
        }
    }
    std::vector<double> received, sent;

private:
    RapidCluster& rapid_;
    std::vector<HostBytes> before_;
};

// Seconds from the crash to the first change of any process's size, and from that to the last
// change; mean, p99 and maximum of KB/s received, and sent.
Measurement crash_ten(std::uint64_t seed) {
    RapidCluster rapid{kCrashMembers, seed, true};
    rapid.begin_whole();
    ByteMeter meter{rapid};
    for (int second = 1; second <= kCrashAt; ++second) {
        (void)rapid.next_second();
        meter.note();
    }
    for (const std::string& name : rapid.last_ten()) rapid.cluster.node(name).crash();
    double first = 0, last = 0;
    std::vector<unsigned> before = rapid.sizes();
    for (int second = kCrashAt + 1; second <= kCrashEnd; ++second) {
        const auto& sizes = rapid.next_second();
        meter.note();
        for (unsigned i = 0; i + 10 < kCrashMembers; ++i) {
            if (sizes[i] >= before[i]) continue;
            if (first == 0) first = second;
            last = second;
        }
        before = sizes;
    }
    return {first - kCrashAt,
            last - first,
            mean(meter.received),
            quantile(meter.received, 0.99),
            quantile(meter.received, 1),
            mean(meter.sent),
            quantile(meter.sent, 0.99),
            quantile(meter.sent, 1)};
}

Batches crash_batches(const Scale& scale) {
    return {.cells = 1, .batches = scale.pick<std::size_t>(5, 10, 20)};
}

std::vector<Figure> judge_crash(const Scale& scale, const Results& results) {
    const Batches batches = crash_batches(scale);
    std::vector<Figure> figures;
    const auto add = [&](const char* name, const char* published, std::size_t column,
                         const Band& allowed) {
        const auto values = batches.column(results, "rapid/crash", 0, column);
        Figure figure{.name = name, .published = published};
        figure.simulated = median(values);
        figure.interval = middle(values, 1);
        figure.must_be_in(allowed);
        figures.push_back(std::move(figure));
    };
    add("seconds to the first change of a size", "about 14", 0, {13, 17});
    add("seconds from the first change to the last", "about 3", 1, {1, 5});
    return figures;
}

std::vector<Figure> judge_crash_load(const Scale& scale, const Results& results) {
    constexpr std::array<const char*, 6> kNames = {"received, mean", "received, p99",
                                                   "received, most", "sent, mean",
                                                   "sent, p99",      "sent, most"};
    constexpr std::array kSlack = {0.3, 0.4, 0.6};
    const Batches batches = crash_batches(scale);
    std::vector<Figure> figures;
    for (std::size_t i = 0; i < kNames.size(); ++i) {
        const auto values = batches.column(results, "rapid/crash", 0, 2 + i);
        const Band allowed = within(kTable2[i], kSlack[i % 3]);
        Figure figure{.name = std::string{"KB/s "} + kNames[i], .published = number(kTable2[i])};
        figure.simulated = mean(values);
        figure.interval = middle(values, 1);
        figure.must_be_in(allowed);
        figures.push_back(std::move(figure));
    }
    return figures;
}

constexpr const char* kCrashReps = "runs: 5 quick, 10 normal, 20 full";

}  // namespace

void add_rapid_crash(Catalogue& all) {
    all.experiments.push_back(
        {.id = "rapid/crash",
         .weight = 3,
         .jobs = [](const Scale& s) { return crash_batches(s).jobs(); },
         .run = [](const Scale&, std::size_t, std::uint64_t seed) { return crash_ten(seed); }});
    all.rows.push_back(
        {.id = "R3",
         .paper = "rapid",
         .target = "Ten crashes pass through several sizes in about 3 s (Fig. 8)",
         .scenario = "1000 processes that know each other; ten crash at 60 s; sizes once a "
                     "second to 150 s.",
         .free_parameters = "The time of the crash is not printed; 60 s follows from "
                            "memberlist's arithmetic.",
         .tolerance = "first change 13 to 17 s after the crash, 1 to 5 s to the last "
                      "(the interval is from the least to the most)",
         .repetition = kCrashReps,
         .experiments = {"rapid/crash"},
         .judge = judge_crash});
    all.rows.push_back(
        {.id = "R6",
         .paper = "rapid",
         .target = "Bytes per process and second (Table 2)",
         .scenario = "The runs of R3, every process and second from 0 to 150 s.",
         .free_parameters =
             "What the published figures count, and when, is not stated. Here: payloads "
             "of datagrams, compressed; 1 KB is 1000 bytes; no metadata; not the "
             "joins. One push/pull of 1000 members, or one second of "
             "joining, is more than the published maximum of any second.",
         .tolerance =
             "means within 30 %, p99 40 %, most 60 % (the interval is from the least to the "
             "most)",
         .repetition = kCrashReps,
         .experiments = {"rapid/crash"},
         .judge = judge_crash_load});
}

}  // namespace rollcall::sim::papers

// SPDX-License-Identifier: Apache-2.0
//
// Two big runs of the simulated world, each once and whole: how long they take, and what they
// hold in memory. One line per run, `--json` for machines. A run in which a crash went unnoticed
// is no measurement: it ends with exit code 1. Run each in a process of its own: the peak of memory
// is the process's.
#include <sys/resource.h>

#include <chrono>
#include <cstdio>
#include <cstring>
#include <string>
#include <string_view>

#include "sim/cluster/cluster.h"
#include "sim/world/keep_memory.h"

namespace rollcall::bench {
namespace {

using namespace std::chrono_literals;
using Cluster = sim::SimCluster<membership::Node>;

struct Run {
    const char* name;
    unsigned nodes;
    Duration simulated;
    unsigned crashes;  // spread evenly over the first half of it
};
constexpr Run kRuns[] = {{"1k", 1000, 600s, 10}, {"10k", 10000, 60s, 1}};

double seconds(const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
}
struct Watch {
    std::chrono::steady_clock::time_point wall = std::chrono::steady_clock::now();
    double cpu = cpu_now();

    static rusage usage() {
        rusage now{};
        getrusage(RUSAGE_SELF, &now);
        return now;
    }
    static double cpu_now() {
        const rusage now = usage();
        return seconds(now.ru_utime) + seconds(now.ru_stime);
    }
    [[nodiscard]] double wall_passed() const {
        return std::chrono::duration<double>(std::chrono::steady_clock::now() - wall).count();
    }
    [[nodiscard]] double cpu_passed() const { return cpu_now() - cpu; }
};

// No running node considers a crashed one alive.
bool all_noticed(const Cluster& cluster) {
    for (const auto& viewer : cluster.nodes()) {
        if (!viewer->running()) continue;
        for (const auto& other : cluster.nodes()) {
            if (other->running()) continue;
            const auto member = viewer->node().members().find(other->name());
            if (member && member->is_live()) return false;
        }
    }
    return true;
}

bool measure(const Run& run, bool json) {
    const Watch beginning;
    Cluster cluster{{.nodes = run.nodes, .seed = 1, .keep_story = false}};
    cluster.start_joined();
    const double setup_cpu = beginning.cpu_passed();
    for (unsigned crash = 0; crash < run.crashes; ++crash) {
        const std::string name = "n" + std::to_string(2 + crash * (run.nodes / run.crashes));
        cluster.after(5s + run.simulated / 2 / run.crashes * crash,
                      [&cluster, name] { cluster.node(name).crash(); });
    }
    const std::uint64_t events_before = cluster.events_handled();
    const Watch watch;
    cluster.run_for(run.simulated);
    const double wall = watch.wall_passed();
    const double cpu = watch.cpu_passed();

    const double simulated = std::chrono::duration<double>(run.simulated).count();
    const auto events = static_cast<double>(cluster.events_handled() - events_before);
    const double pairs = static_cast<double>(run.nodes) * run.nodes;
    double tables = static_cast<double>(cluster.profiles().memory());
    for (const auto& node : cluster.nodes()) {
        if (node->running()) tables += static_cast<double>(node->node().members().memory());
    }
    const double peak = static_cast<double>(Watch::usage().ru_maxrss) * 1024;
    const bool noticed = all_noticed(cluster);
    const char* const format =
        json ? "{\"run\":\"%s\",\"nodes\":%u,\"simulated_s\":%.0f,\"crashes\":%u,\"noticed\":%s,"
               "\"setup_cpu_s\":%.2f,\"wall_s\":%.2f,\"cpu_s\":%.2f,\"times_real_time\":%.1f,"
               "\"events\":%.0f,\"events_per_cpu_s\":%.0f,\"table_bytes_per_pair\":%.2f,"
               "\"peak_bytes_per_pair\":%.2f,\"peak_mib\":%.0f}\n"
             : "%s: %u nodes for %.0f s with %u crashes (all noticed: %s); set up in %.2f s of CPU;"
               " %.2f s wall, %.2f s CPU, %.1f times real time (by CPU); %.0f core events, %.0f per"
               " second of CPU; %.2f bytes per pair in tables, %.2f of all memory; peak %.0f MiB\n";
    std::printf(format, run.name, run.nodes, simulated, run.crashes, noticed ? "true" : "false",
                setup_cpu, wall, cpu, simulated / cpu, events, events / cpu, tables / pairs,
                peak / pairs, peak / (1 << 20));
    return noticed;
}

int main(int argc, char** argv) {
    sim::keep_freed_memory();
    bool json = false;
    const Run* chosen = nullptr;
    for (int i = 1; i < argc; ++i) {
        const std::string_view argument{argv[i]};
        bool known = argument == "--json";
        json = json || known;
        for (const Run& run : kRuns) {
            if (argument != run.name) continue;
            chosen = &run;
            known = true;
        }
        if (!known) {
            chosen = nullptr;
            break;
        }
    }
    if (chosen == nullptr) {
        std::fprintf(stderr, "usage: sim_large 1k|10k [--json]\n");
        return 2;
    }
    return measure(*chosen, json) ? 0 : 1;
}

}  // namespace
}  // namespace rollcall::bench

int main(int argc, char** argv) {
    return rollcall::bench::main(argc, argv);
}

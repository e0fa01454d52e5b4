// SPDX-License-Identifier: Apache-2.0
#include "agent/metrics/sample_metrics.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace rollcall::agent {
namespace {

using SamplerRow = MetricRow<Sampler::Stats>;
using SampleAnswerRow = MetricRow<SampleAnswers::Stats>;
template <auto Member>
constexpr auto kSamplerNumber = &number_of<Sampler::Stats, Member>;
template <auto Member>
constexpr auto kSampleAnswerNumber = &number_of<SampleAnswers::Stats, Member>;

// clang-format off
constexpr std::array kSamplerRows{
    SamplerRow{"rollcall_samples_total", "Samples of this machine taken.", "", "", kSamplerNumber<&Sampler::Stats::taken>},
    SamplerRow{"rollcall_samples_skipped_total", "Samples not taken, as a read of the one before had not ended.", "", "", kSamplerNumber<&Sampler::Stats::skipped>},
};
constexpr std::array kSampleAnswerRows{
    SampleAnswerRow{"rollcall_sample_answers_total", "Answers to members that asked for the sample.", "", "", kSampleAnswerNumber<&SampleAnswers::Stats::answered>},
    SampleAnswerRow{"rollcall_sample_questions_refused_total", "Such questions not answered, by cause.", "cause", "no_member", kSampleAnswerNumber<&SampleAnswers::Stats::strangers>},
    SampleAnswerRow{"rollcall_sample_questions_refused_total", "", "cause", "too_many", kSampleAnswerNumber<&SampleAnswers::Stats::too_many>},
};
// clang-format on

// Series of one family: the first has the help, also when it is not the first of the list.
class FamilyOf {
public:
    FamilyOf(Families& families, std::string_view name, std::string_view help)
        : families_{families}, name_{name}, help_{help} {}
    void add(const Families::Labels& labels, double value) {
        families_.number(name_, help_, value, labels);
        help_ = {};
    }

private:
    Families& families_;
    std::string_view name_, help_;
};

void add_stalls(std::string_view name, std::string_view help, const Pressure& pressure,
                Families& families) {
    FamilyOf family{families, name, help};
    const auto add = [&](std::string_view resource, const std::optional<Stall>& stall) {
        if (!stall) return;
        if (stall->some) family.add({{"resource", resource}, {"tasks", "some"}}, *stall->some);
        if (stall->full) family.add({{"resource", resource}, {"tasks", "all"}}, *stall->full);
    };
    add("cpu", pressure.cpu);
    add("memory", pressure.memory);
    add("io", pressure.io);
}

void add_cpu(const Cpu& cpu, Families& families) {
    families.gauge("rollcall_host_cpus", "Cores of this host.", cpu.cores);
    FamilyOf times{families, "rollcall_host_cpu_seconds_total",
                   "CPU time of this host, of all cores together, by what it was used for."};
    times.add({{"mode", "user"}}, cpu.times.user);
    times.add({{"mode", "system"}}, cpu.times.system);
    times.add({{"mode", "iowait"}}, cpu.times.iowait);
    times.add({{"mode", "steal"}}, cpu.times.steal);
    times.add({{"mode", "idle"}}, cpu.times.idle);
}

void add_memory(const Memory& memory, Families& families) {
    const auto number = [](std::uint64_t bytes) { return static_cast<double>(bytes); };
    families.gauge("rollcall_host_memory_bytes", "Memory of this host.", number(memory.total));
    families.gauge("rollcall_host_memory_available_bytes",
                   "Of it, what new processes could get without swapping.",
                   number(memory.available));
    families.gauge("rollcall_host_swap_bytes", "Swap space of this host.",
                   number(memory.swap_total));
    families.gauge("rollcall_host_swap_free_bytes", "Of it, what is free.",
                   number(memory.swap_free));
}

void add_load(const Load& load, Families& families) {
    FamilyOf family{families, "rollcall_host_load",
                    "Processes of this host that run or wait, averaged over so many minutes."};
    family.add({{"minutes", "1"}}, load.one);
    family.add({{"minutes", "5"}}, load.five);
    family.add({{"minutes", "15"}}, load.fifteen);
}

void add_network(const Network& network, Families& families) {
    const auto add = [&](std::string_view name, std::string_view help,
                         std::uint64_t Traffic::*figure) {
        FamilyOf family{families, name, help};
        family.add({{"direction", "received"}}, static_cast<double>(network.received.*figure));
        family.add({{"direction", "sent"}}, static_cast<double>(network.sent.*figure));
    };
    add("rollcall_host_network_bytes_total", "Bytes through all interfaces of this host but lo.",
        &Traffic::bytes);
    add("rollcall_host_network_packets_total", "Packets through them.", &Traffic::packets);
    add("rollcall_host_network_errors_total", "Errors of them.", &Traffic::errors);
    add("rollcall_host_network_drops_total", "Packets that they dropped.", &Traffic::drops);
}

void add_disks(const Disks& disks, Families& families) {
    FamilyOf bytes{families, "rollcall_host_disk_bytes_total",
                   "Bytes read from and written to the disks of this host."};
    bytes.add({{"direction", "read"}}, static_cast<double>(disks.read_bytes));
    bytes.add({{"direction", "written"}}, static_cast<double>(disks.written_bytes));
    families.counter("rollcall_host_disk_busy_seconds_total",
                     "Time in which a disk had requests, added up over the disks.",
                     disks.io_seconds);
}

void add_cgroup(const Cgroup& cgroup, Families& families) {
    const auto gauge = [&](std::string_view name, std::string_view help,
                           std::optional<double> value) {
        if (value) families.gauge(name, help, *value);
    };
    const auto bytes = [](const std::optional<std::uint64_t>& number) {
        return number ? std::optional{static_cast<double>(*number)} : std::nullopt;
    };
    families.gauge("rollcall_cgroup_info", "Always 1; the label is the version of cgroups.", 1,
                   {{"version", std::to_string(cgroup.version)}});
    if (cgroup.cpu_seconds) {
        families.counter("rollcall_cgroup_cpu_seconds_total", "CPU time of this agent's cgroup.",
                         *cgroup.cpu_seconds);
    }
    gauge("rollcall_cgroup_cpu_limit_cores", "Its limit, in cores; no series without a limit.",
          cgroup.cpu_limit);
    if (cgroup.throttling) {
        families.counter("rollcall_cgroup_cpu_periods_total", "Periods of that limit.",
                         static_cast<double>(cgroup.throttling->periods));
        families.counter("rollcall_cgroup_cpu_throttled_periods_total",
                         "Of them, those in which the limit held processes back.",
                         static_cast<double>(cgroup.throttling->throttled));
        families.counter("rollcall_cgroup_cpu_throttled_seconds_total",
                         "Time in which it held processes back.", cgroup.throttling->seconds);
    }
    gauge("rollcall_cgroup_memory_bytes", "Memory of this agent's cgroup, with file cache.",
          bytes(cgroup.memory));
    gauge("rollcall_cgroup_memory_limit_bytes", "Its limit; no series without a limit.",
          bytes(cgroup.memory_limit));
    add_stalls("rollcall_cgroup_pressure_ratio",
               "The same as rollcall_host_pressure_ratio for the tasks of this agent's cgroup.",
               cgroup.pressure, families);
}

}  // namespace

void add_metrics(const Sample& sample, Time now, Families& families) {
    families.gauge("rollcall_sample_age_seconds", "Age of the sample that the next ones are from.",
                   in_seconds(now - sample.taken));
    if (sample.cpu) add_cpu(*sample.cpu, families);
    if (sample.memory) add_memory(*sample.memory, families);
    if (sample.load) add_load(*sample.load, families);
    add_stalls("rollcall_host_pressure_ratio",
               "Share of the last 10 s in which some, or all, tasks of this host waited for the "
               "resource (PSI).",
               sample.pressure, families);
    if (sample.network) add_network(*sample.network, families);
    if (sample.disks) add_disks(*sample.disks, families);
    if (sample.uptime_seconds) {
        families.gauge("rollcall_host_uptime_seconds", "Time since this host was started.",
                       *sample.uptime_seconds);
    }
    if (sample.cgroup) add_cgroup(*sample.cgroup, families);
}

void add_metrics(const Sampler::Stats& stats, Families& families) {
    add_rows(kSamplerRows, stats, families);
}

void add_metrics(const SampleAnswers::Stats& stats, Families& families) {
    add_rows(kSampleAnswerRows, stats, families);
}

}  // namespace rollcall::agent

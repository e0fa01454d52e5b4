// SPDX-License-Identifier: Apache-2.0
#include "agent/samples/sample_json.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

namespace rollcall::agent {
namespace {

using SampleJson = nlohmann::ordered_json;

// In the order in which they are left out.
constexpr std::array<std::string_view, 9> kDispensable{
    "network", "disks", "cgroup", "uptime_s", "pressure", "load", "memory", "cpu", "age_ms"};

// Three decimals: more say nothing, and cost bytes.
double three_decimals(double number) {
    constexpr double kParts = 1000;
    return std::round(number * kParts) / kParts;
}

SampleJson json_part(const Pressure& pressure) {
    SampleJson json = SampleJson::object();
    const auto add = [&json](const char* resource, const std::optional<Stall>& stall) {
        if (!stall) return;
        SampleJson& shares = json[resource] = SampleJson::object();
        if (stall->some) shares["some"] = three_decimals(*stall->some);
        if (stall->full) shares["full"] = three_decimals(*stall->full);
    };
    add("cpu", pressure.cpu);
    add("memory", pressure.memory);
    add("io", pressure.io);
    return json;
}

SampleJson json_part(const Traffic& traffic) {
    return {{"bytes", traffic.bytes},
            {"packets", traffic.packets},
            {"errors", traffic.errors},
            {"drops", traffic.drops}};
}

SampleJson json_of_cpu(const Sample& sample) {
    SampleJson json{{"cores", sample.cpu->cores}};
    if (!sample.cpu_share) return json;
    const CpuShare& share = *sample.cpu_share;
    json["busy"] = three_decimals(share.busy);
    json["user"] = three_decimals(share.user);
    json["system"] = three_decimals(share.system);
    json["iowait"] = three_decimals(share.iowait);
    json["steal"] = three_decimals(share.steal);
    return json;
}

SampleJson json_of_cgroup(const Sample& sample) {
    const Cgroup& cgroup = *sample.cgroup;
    SampleJson json{{"version", cgroup.version}};
    if (sample.cgroup_cores) json["cores"] = three_decimals(*sample.cgroup_cores);
    if (cgroup.cpu_seconds) json["cpu_s"] = three_decimals(*cgroup.cpu_seconds);
    if (cgroup.cpu_limit) json["cpu_limit"] = three_decimals(*cgroup.cpu_limit);
    if (cgroup.throttling) {
        json["throttled_s"] = three_decimals(cgroup.throttling->seconds);
        json["throttled_periods"] = cgroup.throttling->throttled;
        json["periods"] = cgroup.throttling->periods;
    }
    if (cgroup.memory) json["memory"] = *cgroup.memory;
    if (cgroup.memory_limit) json["memory_limit"] = *cgroup.memory_limit;
    if (SampleJson pressure = json_part(cgroup.pressure); !pressure.empty()) {
        json["pressure"] = std::move(pressure);
    }
    return json;
}

SampleJson json_of_sample(const Sample& sample, Time now) {
    using std::chrono::milliseconds;
    const auto age = std::chrono::duration_cast<milliseconds>(now - sample.taken);
    SampleJson json{{"state", "ok"}, {"age_ms", std::max(age, milliseconds{0}).count()}};
    if (sample.cpu) json["cpu"] = json_of_cpu(sample);
    if (sample.memory) {
        json["memory"] = {{"total", sample.memory->total},
                          {"available", sample.memory->available},
                          {"swap_total", sample.memory->swap_total},
                          {"swap_free", sample.memory->swap_free}};
    }
    if (sample.load) json["load"] = {sample.load->one, sample.load->five, sample.load->fifteen};
    if (SampleJson pressure = json_part(sample.pressure); !pressure.empty()) {
        json["pressure"] = std::move(pressure);
    }
    if (sample.network) {
        json["network"] = {{"received", json_part(sample.network->received)},
                           {"sent", json_part(sample.network->sent)}};
    }
    if (sample.disks) {
        json["disks"] = {{"read_bytes", sample.disks->read_bytes},
                         {"written_bytes", sample.disks->written_bytes},
                         {"io_s", three_decimals(sample.disks->io_seconds)}};
    }
    if (sample.uptime_seconds) {
        json["uptime_s"] = static_cast<std::uint64_t>(*sample.uptime_seconds);
    }
    if (sample.cgroup) json["cgroup"] = json_of_cgroup(sample);
    return json;
}

}  // namespace

nlohmann::ordered_json sample_json(const Sampler& sampler, Time now) {
    if (sampler.off()) return {{"state", "off"}};
    const Sample* const sample = sampler.latest(now);
    if (sample == nullptr) return {{"state", "none"}};
    return json_of_sample(*sample, now);
}

std::string sample_text(const Sampler& sampler, Time now, std::size_t room) {
    SampleJson json = sample_json(sampler, now);
    std::string text = json.dump();
    for (const std::string_view part : kDispensable) {
        if (text.size() <= room) break;
        if (json.erase(std::string{part}) == 0) continue;
        json["cut"] = true;
        text = json.dump();
    }
    return text.size() <= room ? text : std::string{};
}

}  // namespace rollcall::agent

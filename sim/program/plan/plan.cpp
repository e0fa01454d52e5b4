// SPDX-License-Identifier: Apache-2.0
#include "sim/program/plan/plan.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "sim/scenario/judge/spread.h"
#include "sim/scenario/language/settings.h"
#include "sim/scenario/language/units.h"
#include "sim/scenario/run/runner.h"

namespace rollcall::sim {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kVaryForm =
    "NAME=VALUE,VALUE,... like probe_interval=500ms,1s; NAME is nodes, loss, or a setting";

std::vector<std::string_view> vary_names() {
    std::vector<std::string_view> names{"nodes", "loss"};
    for (const Setting& one : settings()) names.push_back(one.name);
    return names;
}

// What each node sent from the start to the end of the schedule. Only nodes that run at both times
// on the same host: the others ran for a shorter time.
class SendRates final : public Observer {
public:
    void begins(const ClusterView& view) override {
        for (std::uint32_t n = 1; n <= view.nodes(); ++n) first_.push_back(read(view, n));
    }
    void ends(const ClusterView& view) override {
        const double seconds = std::chrono::duration<double>(view.now()).count();
        if (seconds <= 0) return;
        for (std::uint32_t n = 1; n <= view.nodes(); ++n) {
            const Reading now = read(view, n);
            const Reading& then = first_[n - 1];
            if (!then.running || !now.running || then.host != now.host) continue;
            packets.push_back(static_cast<double>(now.packets - then.packets) / seconds);
            bytes.push_back(static_cast<double>(now.bytes - then.bytes) / seconds);
        }
    }
    std::vector<double> packets, bytes;  // per second, one for each such node

private:
    struct Reading {
        bool running = false;
        HostId host = 0;
        std::uint64_t packets = 0, bytes = 0;
    };
    static Reading read(const ClusterView& view, std::uint32_t node) {
        const HostTraffic& traffic = view.network().traffic_of(view.host(node));
        return {view.running(node), view.host(node), traffic.datagrams_sent,
                traffic.datagram_bytes_sent + traffic.stream_bytes_sent};
    }
    std::vector<Reading> first_;
};

struct OneRun {
    std::map<std::string, double> figures;
    double packets_median = 0, packets_p99 = 0, bytes_median = 0, bytes_p99 = 0;
    double node_hours = 0;
};

OneRun execute_once(const Scenario& scenario, std::uint64_t seed) {
    SendRates rates;
    const std::array<Observer*, 1> observers{&rates};
    RunResult result = run(scenario, seed, {.invariants = false, .observers = observers});
    OneRun one{.figures = std::move(result.figures)};
    if (!rates.packets.empty()) {
        one.packets_median = quantile(rates.packets, 0.5);
        one.packets_p99 = quantile(rates.packets, 0.99);
        one.bytes_median = quantile(rates.bytes, 0.5);
        one.bytes_p99 = quantile(rates.bytes, 0.99);
    }
    one.node_hours =
        scenario.nodes * std::chrono::duration<double, std::ratio<3600>>(scenario.length).count();
    return one;
}

PlanFigures summed_up(const std::vector<OneRun>& runs) {
    const auto values = [&](const std::string& name) {
        std::vector<double> list;
        for (const OneRun& one : runs) {
            if (const auto found = one.figures.find(name); found != one.figures.end()) {
                list.push_back(found->second);
            }
        }
        return list;
    };
    const auto at = [](std::vector<double> list, double share) {
        return list.empty() ? std::nullopt
                            : std::optional<double>{quantile(std::move(list), share)};
    };
    const auto sum = [&](const std::string& name) {
        double all = 0;
        for (const double value : values(name)) all += value;
        return static_cast<std::uint64_t>(all);
    };
    const auto median = [&](double OneRun::*field) {
        std::vector<double> list(runs.size());
        std::ranges::transform(runs, list.begin(), [&](const OneRun& one) { return one.*field; });
        return quantile(std::move(list), 0.5);
    };
    PlanFigures figures{.runs = static_cast<unsigned>(runs.size()),
                        .first_s = at(values("detect_first_s"), 0.5),
                        .median_s = at(values("detect_median_s"), 0.5),
                        .p99_s = at(values("detect_p99_s"), 0.5),
                        .all_s = at(values("detect_last_s"), 1),
                        .missed = sum("detect_missed"),
                        .false_failures = sum("false_failures"),
                        .false_suspicions = sum("false_suspicions"),
                        .packets_median = median(&OneRun::packets_median),
                        .packets_p99 = median(&OneRun::packets_p99),
                        .bytes_median = median(&OneRun::bytes_median),
                        .bytes_p99 = median(&OneRun::bytes_p99)};
    for (const OneRun& one : runs) figures.node_hours += one.node_hours;
    return figures;
}

}  // namespace

std::optional<Vary> parse_vary(std::string_view text, Problem& problem) {
    problem = {.field = "--vary", .value = std::string{text}, .allowed = std::string{kVaryForm}};
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos || equals == 0) return {};
    Vary vary{.name = std::string{text.substr(0, equals)}, .values = {}};
    const auto names = vary_names();
    if (std::ranges::find(names, vary.name) == names.end()) {
        problem.value = vary.name;
        problem.allowed = listed_words(names) + did_you_mean(vary.name, names);
        return {};
    }
    problem.field += " " + vary.name;
    std::string_view rest = text.substr(equals + 1);
    for (bool more = true; more;) {
        const std::size_t comma = rest.find(',');
        more = comma != std::string_view::npos;
        std::string value{rest.substr(0, comma)};
        if (more) rest.remove_prefix(comma + 1);
        problem.value = value;
        problem.allowed = "non-empty values, each once, separated by commas";
        if (value.empty() || std::ranges::find(vary.values, value) != vary.values.end()) return {};
        if (vary.name == "loss" && !parse_share(value)) {
            problem.allowed = kShareForm;
            return {};
        }
        if (vary.name == "nodes" &&
            (!parse_count(value) || *parse_count(value) < 1 || *parse_count(value) > kMostNodes)) {
            problem.allowed = "a count from 1 to " + std::to_string(kMostNodes);
            return {};
        }
        vary.values.push_back(std::move(value));
    }
    return vary;
}

PlanPoints plan_points(std::string_view text, const std::string& name, const FileOptions& options,
                       const std::vector<Vary>& varies) {
    PlanPoints plan;
    std::size_t count = 1;
    for (const Vary& vary : varies) count *= std::min(vary.values.size(), kMostPlanPoints + 1);
    if (count > kMostPlanPoints) {
        plan.problems.push_back({.field = "--vary",
                                 .value = std::to_string(count) + " combinations",
                                 .allowed = "at most " + std::to_string(kMostPlanPoints)});
        return plan;
    }
    for (std::size_t i = 0; i < count; ++i) {
        PlanPoint point;
        FileOptions changed = options;
        std::optional<double> loss;
        for (std::size_t rest = i, k = varies.size(); k-- > 0;) {
            const Vary& vary = varies[k];
            const std::string& value = vary.values[rest % vary.values.size()];
            rest /= vary.values.size();
            point.values.insert(point.values.begin(), {vary.name, value});
            if (vary.name == "nodes") {
                changed.nodes = static_cast<unsigned>(*parse_count(value));
            } else if (vary.name == "loss") {
                loss = parse_share(value);
            } else {
                changed.settings.emplace_back(vary.name, value);
            }
        }
        ScenarioFile file = read_scenario(text, name, changed);
        if (!file.problems.empty()) {
            plan.problems = std::move(file.problems);
            return plan;
        }
        point.scenario = std::move(file.scenario);
        if (loss) point.scenario.links.loss = *loss;
        point.scenario.healing = {};  // no figure counts it
        plan.points.push_back(std::move(point));
    }
    return plan;
}

std::vector<PlanFigures> run_plan(const std::vector<PlanPoint>& points,
                                  const PlanOptions& options) {
    const std::size_t all = points.size() * options.seeds;
    std::vector<OneRun> runs(all);
    std::atomic<std::size_t> next{0};
    std::size_t done = 0;
    std::mutex mutex;
    std::condition_variable changed;
    const auto work = [&] {
        for (std::size_t i = next++; i < all; i = next++) {
            runs[i] =
                execute_once(points[i / options.seeds].scenario, options.seed + i % options.seeds);
            const std::lock_guard lock{mutex};
            ++done;
            changed.notify_one();
        }
    };
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < std::min<std::size_t>(options.threads, all); ++i) {
        threads.emplace_back(work);
    }
    std::unique_lock lock{mutex};
    for (std::size_t reported = 0; reported < all;) {
        changed.wait(lock, [&] { return done > reported; });
        reported = done;
        if (!options.progress) continue;
        lock.unlock();
        options.progress(reported, all);
        lock.lock();
    }
    lock.unlock();
    threads.clear();
    std::vector<PlanFigures> figures;
    for (std::size_t p = 0; p < points.size(); ++p) {
        const auto first = runs.begin() + static_cast<std::ptrdiff_t>(p * options.seeds);
        figures.push_back(summed_up({first, first + options.seeds}));
    }
    return figures;
}

std::string point_name(const PlanPoint& point) {
    std::string name;
    for (const auto& [key, value] : point.values) {
        if (!name.empty()) name += ' ';
        name.append(key).append("=").append(value);
    }
    return name;
}

}  // namespace rollcall::sim

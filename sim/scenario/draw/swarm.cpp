// SPDX-License-Identifier: Apache-2.0
#include "sim/scenario/draw/swarm.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <set>
#include <thread>

#include "base/check.h"
#include "base/rng.h"

namespace rollcall::sim {
namespace {

constexpr auto kProgressEvery = std::chrono::milliseconds{200};

// The sum of these does not depend on the order of the seeds, but on the hash of each seed.
std::uint64_t mixed(std::uint64_t seed, std::uint64_t hash) {
    return Rng{hash ^ Rng{seed}.next()}.next();
}

class Swarm {
public:
    explicit Swarm(const SwarmOptions& options) : options_{options} {
        ROLLCALL_CHECK(options.seeds > 0 && options.threads > 0 && options.shard >= 1 &&
                       options.shard <= options.shards);
        result_.from = options.from;
        result_.seeds = options.seeds;
        result_.shards = options.shards;
        result_.parts = {options.shard};
        all_ = (options.seeds - options.shard + options.shards) / options.shards;
    }

    SwarmResult go() {
        std::vector<std::thread> workers;
        workers.reserve(options_.threads);
        for (unsigned i = 0; i < options_.threads; ++i) workers.emplace_back([this] { work(); });
        {
            std::unique_lock lock{mutex_};
            while (working_ > 0 || started_ < options_.threads) {
                changed_.wait_for(lock, kProgressEvery);
                report_progress(lock);
            }
        }
        for (std::thread& worker : workers) worker.join();
        std::ranges::sort(result_.failures, {}, &SwarmFailure::seed);
        if (options_.stop_at_violation && result_.failures.size() > 1) result_.failures.resize(1);
        if (result_.failures.size() > SwarmResult::kMostFailures) {
            result_.failures.resize(SwarmResult::kMostFailures);
        }
        return std::move(result_);
    }

private:
    void report_progress(std::unique_lock<std::mutex>& lock) {
        if (!options_.progress) return;
        const SwarmProgress progress{
            .done = result_.done, .all = all_, .violations = result_.failures.size()};
        lock.unlock();
        options_.progress(progress);
        lock.lock();
    }

    void work() {
        {
            const std::lock_guard lock{mutex_};
            ++started_;
            ++working_;
        }
        while (const auto seed = next_seed()) one(*seed);
        const std::lock_guard lock{mutex_};
        --working_;
        changed_.notify_all();
    }

    std::optional<std::uint64_t> next_seed() {
        const std::uint64_t n = next_.fetch_add(1);
        if (n >= all_) return {};
        const std::uint64_t seed = options_.from + (options_.shard - 1) + n * options_.shards;
        if (options_.stop_at_violation && seed > first_broken_.load()) return {};
        return seed;
    }

    void one(std::uint64_t seed) {
        const Scenario scenario = options_.scenario(seed, options_.limits);
        const RunOptions how{.invariants = true};
        RunResult run_result = sim::run(scenario, seed, how);
        const bool again = options_.twice_every != 0 && seed % options_.twice_every == 0;
        if (again) {
            // Without observers, which must not change a run.
            const RunResult second = sim::run(scenario, seed, {.invariants = false});
            if (second.hash != run_result.hash) {
                run_result.violations.push_back(
                    {.at = run_result.length,
                     .invariant = kSameSeedSameHash,
                     .what = "seed " + std::to_string(seed) + " gave two different runs"});
            }
        }
        keep(seed, scenario, std::move(run_result), again);
    }

    void keep(std::uint64_t seed, const Scenario& scenario, RunResult run_result, bool again) {
        if (!run_result.holds()) {
            std::uint64_t first = first_broken_.load();
            while (seed < first && !first_broken_.compare_exchange_weak(first, seed)) {
            }
        }
        const std::lock_guard lock{mutex_};
        ++result_.done;
        result_.twice += again ? 1 : 0;
        result_.hash += mixed(seed, run_result.hash);
        result_.events += run_result.events;
        result_.node_seconds +=
            std::chrono::duration<double>(run_result.length).count() * scenario.nodes;
        if (run_result.holds()) return;
        std::set<std::string> invariants;
        for (const Violation& v : run_result.violations) invariants.insert(v.invariant);
        for (const std::string& invariant : invariants) ++result_.broken[invariant];
        result_.failures.push_back({seed, std::move(run_result.violations)});
        changed_.notify_all();
    }

    const SwarmOptions& options_;
    std::uint64_t all_ = 0;
    std::atomic<std::uint64_t> next_{0};
    std::atomic<std::uint64_t> first_broken_{~std::uint64_t{0}};
    std::mutex mutex_;  // for the members below
    std::condition_variable changed_;
    unsigned started_ = 0;
    unsigned working_ = 0;
    SwarmResult result_;
};

}  // namespace

SwarmResult run_swarm(const SwarmOptions& options) {
    return Swarm{options}.go();
}

}  // namespace rollcall::sim

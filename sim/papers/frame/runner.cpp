// SPDX-License-Identifier: Apache-2.0
#include "sim/papers/frame/runner.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <thread>

#include "base/check.h"

namespace rollcall::sim::papers {
namespace {

struct Job {
    const Experiment* experiment;
    std::size_t number;
    Measurement* place;  // one per job: nothing is shared between jobs
};

}  // namespace

Results run_experiments(const std::vector<const Experiment*>& experiments, const RunPlan& plan) {
    ROLLCALL_CHECK(plan.threads >= 1 && plan.shard >= 1 && plan.shard <= plan.of);
    Results results;
    std::vector<Job> jobs;
    for (const Experiment* experiment : experiments) {
        auto& measurements = results[experiment->id];
        measurements.resize(experiment->jobs(plan.scale));
        for (std::size_t i = 0; i < measurements.size(); ++i) {
            jobs.push_back({experiment, i, &measurements[i]});
        }
    }
    std::ranges::stable_sort(jobs, std::greater{},
                             [](const Job& job) { return job.experiment->weight; });
    // Distributed after sorting, so that every shard gets the same number of long jobs.
    std::vector<Job> mine;
    double weight = 0;
    for (std::size_t i = plan.shard - 1; i < jobs.size(); i += plan.of) {
        mine.push_back(jobs[i]);
        weight += jobs[i].experiment->weight;
    }

    std::atomic<std::size_t> next{0};
    std::mutex progress_mutex;
    double done = 0;
    std::size_t jobs_done = 0;
    const auto work = [&] {
        for (std::size_t i = next++; i < mine.size(); i = next++) {
            const Job& job = mine[i];
            *job.place = job.experiment->run(plan.scale, job.number,
                                             seed_of(job.experiment->id, job.number));
            if (!plan.progress) continue;
            const std::lock_guard lock{progress_mutex};
            done += job.experiment->weight;
            plan.progress({.done = done / weight, .jobs_done = ++jobs_done, .jobs = mine.size()});
        }
    };
    std::vector<std::thread> threads;
    for (unsigned t = 1; t < plan.threads; ++t) threads.emplace_back(work);
    work();
    for (std::thread& thread : threads) thread.join();
    return results;
}

}  // namespace rollcall::sim::papers

// SPDX-License-Identifier: Apache-2.0
#include "sim/papers/fast/run.h"

#include <algorithm>
#include <numeric>
#include <optional>
#include <span>
#include <string>

#include "base/check.h"
#include "base/rng.h"
#include "sim/papers/fast/network.h"

namespace rollcall::sim::papers {
namespace {

using namespace std::chrono_literals;
using Death = DetectionWorld::Death;

constexpr Duration kMeasured = 170s;
constexpr Duration kFirstDeath = 20s, kBetweenDeaths = 30s;
constexpr std::size_t kDeaths = 4;
constexpr double kManyDie = 0.3;

double hours_of(Duration time) {
    return std::chrono::duration<double, std::ratio<3600>>(time).count();
}

// Who knows of one death.
struct Noticing {
    std::size_t victim = 0;
    Time died{};
    std::vector<bool> awaited;  // healthy members that live and do not know yet
    std::size_t missing = 0;
    std::optional<Duration> first, all;
};

class WorldRun {
public:
    WorldRun(const DetectionWorld& world, const WorldJob& job, std::uint64_t seed)
        : world_{world},
          dice_{seed},
          cluster_{
              comparison_cluster(*job.profile, job.members, seed, comparison_links(world.distant))},
          ward_{cluster_, dice_.next()},
          order_(job.members),
          sick_(job.members) {}

    WorldOutcome go() {
        begin_in_peace(cluster_);
        begin_ = cluster_.now();
        listen();
        begin_illness();
        plan_deaths();
        const Traffic before = cluster_.network().traffic();
        cluster_.run_for(kMeasured);
        const Traffic& after = cluster_.network().traffic();
        outcome_.packets = static_cast<double>(after.datagrams - before.datagrams);
        outcome_.bytes = static_cast<double>(after.datagram_bytes - before.datagram_bytes);
        outcome_.streams = static_cast<double>(after.streams - before.streams);
        outcome_.node_hours +=
            static_cast<double>(order_.size() - noticings_.size()) * hours_of(kMeasured);
        for (const Noticing& death : noticings_) {
            const Duration to_the_end = cluster_.now() - death.died;
            outcome_.node_hours += hours_of(death.died - begin_);
            outcome_.first.push_back(seconds_of(death.first.value_or(to_the_end)));
            outcome_.all.push_back(seconds_of(death.all.value_or(to_the_end)));
        }
        return std::move(outcome_);
    }

private:
    void begin_illness() {
        std::iota(order_.begin(), order_.end(), std::size_t{0});
        dice_.shuffle(std::span{order_});
        const std::size_t ill = world_.ill_of(static_cast<unsigned>(order_.size()));
        const std::vector<std::size_t> who{order_.begin(),
                                           order_.begin() + static_cast<std::ptrdiff_t>(ill)};
        if (world_.ill_are_sick) {
            for (const std::size_t one : who) sick_[one] = true;
        }
        if (world_.loss > 0) {
            LinkQuality lossy = comparison_links(world_.distant);
            lossy.loss = world_.loss;
            cluster_.links().set_links(lossy);
        }
        ward_.afflict(who, world_.illness);
    }
    // The last of the random order die: never one that is sick.
    void plan_deaths() {
        if (world_.death == Death::many) {
            const auto many =
                static_cast<std::size_t>(kManyDie * static_cast<double>(order_.size()));
            cluster_.after(kFirstDeath, [this, many] {
                die({order_.end() - static_cast<std::ptrdiff_t>(many), order_.end()});
            });
            return;
        }
        for (std::size_t i = 0; i < kDeaths; ++i) {
            const std::size_t victim = order_[order_.size() - 1 - i];
            ROLLCALL_CHECK(!sick_[victim]);
            cluster_.after(kFirstDeath + kBetweenDeaths * static_cast<std::int64_t>(i),
                           [this, victim] { die({victim}); });
        }
    }
    void die(const std::vector<std::size_t>& victims) {
        for (const std::size_t victim : victims) {
            auto& member = *cluster_.nodes()[victim];
            world_.death == Death::process ? member.kill() : member.crash();
        }
        for (Noticing& earlier : noticings_) {
            for (const std::size_t victim : victims) await_no_more(earlier, victim);
        }
        std::vector<bool> awaited(order_.size());
        for (std::size_t i = 0; i < order_.size(); ++i) {
            awaited[i] = !sick_[i] && cluster_.nodes()[i]->running();
        }
        const auto missing = static_cast<std::size_t>(std::ranges::count(awaited, true));
        for (const std::size_t victim : victims) {
            noticings_.push_back(
                {.victim = victim, .died = cluster_.now(), .awaited = awaited, .missing = missing});
        }
    }
    void await_no_more(Noticing& death, std::size_t observer) {
        if (!death.awaited[observer]) return;
        death.awaited[observer] = false;
        if (--death.missing == 0) death.all = cluster_.now() - death.died;
    }

    void listen() {
        for (std::size_t i = 0; i < cluster_.nodes().size(); ++i) {
            cluster_.nodes()[i]->set_listener(
                [this, i](const auto&, const membership::Event& event) {
                    if (const auto* failed = std::get_if<membership::MemberFailed>(&event)) {
                        on_failed(i, place_of(failed->about.name));
                    } else if (const auto* suspected =
                                   std::get_if<membership::MemberSuspected>(&event)) {
                        const std::size_t about = place_of(suspected->about.name);
                        if (lives(about) && !sick_[about]) outcome_.false_suspicions += 1;
                    }
                });
        }
    }
    void on_failed(std::size_t observer, std::size_t about) {
        if (!lives(about)) {
            for (Noticing& death : noticings_) {
                if (death.victim != about) continue;
                if (!death.first) death.first = cluster_.now() - death.died;
                await_no_more(death, observer);
            }
        } else if (sick_[about]) {
            outcome_.of_sick += 1;
        } else {
            outcome_.false_positives += 1;
            if (!sick_[observer]) outcome_.at_healthy += 1;
        }
    }
    [[nodiscard]] bool lives(std::size_t who) const { return cluster_.nodes()[who]->running(); }

    const DetectionWorld& world_;
    Rng dice_;
    SimCluster<membership::Node> cluster_;
    Ward ward_;
    std::vector<std::size_t> order_;  // places, in a random order: the ill first
    std::vector<bool> sick_;          // by place
    std::vector<Noticing> noticings_;
    Time begin_{};
    WorldOutcome outcome_;
};

}  // namespace

void WorldOutcome::add(const WorldOutcome& other) {
    node_hours += other.node_hours;
    false_positives += other.false_positives;
    at_healthy += other.at_healthy;
    of_sick += other.of_sick;
    false_suspicions += other.false_suspicions;
    packets += other.packets;
    bytes += other.bytes;
    streams += other.streams;
    first.insert(first.end(), other.first.begin(), other.first.end());
    all.insert(all.end(), other.all.begin(), other.all.end());
}

Measurement WorldOutcome::measurement() const {
    Measurement m{node_hours,       false_positives, at_healthy, of_sick,
                  false_suspicions, packets,         bytes,      streams};
    m.insert(m.end(), first.begin(), first.end());
    m.insert(m.end(), all.begin(), all.end());
    return m;
}

WorldOutcome WorldOutcome::of(const Measurement& m) {
    WorldOutcome outcome{.node_hours = m.at(0),
                         .false_positives = m.at(1),
                         .at_healthy = m.at(2),
                         .of_sick = m.at(3),
                         .false_suspicions = m.at(4),
                         .packets = m.at(5),
                         .bytes = m.at(6),
                         .streams = m.at(7)};
    const auto begin = m.begin() + 8;
    const auto half = begin + (m.end() - begin) / 2;
    outcome.first.assign(begin, half);
    outcome.all.assign(half, m.end());
    return outcome;
}

WorldOutcome run_world(const DetectionWorld& world, const WorldJob& job) {
    // The same for all profiles.
    const std::uint64_t seed =
        seed_of(world.experiment() + "-" + std::to_string(job.members), job.repetition);
    return WorldRun{world, job, seed}.go();
}

}  // namespace rollcall::sim::papers

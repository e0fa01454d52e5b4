// SPDX-License-Identifier: Apache-2.0
#include "membership/suspicion.h"

#include <algorithm>
#include <cmath>

#include "membership/swim_scale.h"

namespace rollcall::membership {
namespace {

constexpr Duration kSlowTrack = std::chrono::seconds{1};

}  // namespace

Duration slow_interval(const Config& config) {
    return config.fast_verdicts ? std::max(config.probe_interval, kSlowTrack)
                                : config.probe_interval;
}

SuspicionBounds suspicion_bounds(const Config& config, std::size_t members) {
    const double n = static_cast<double>(std::max<std::size_t>(members, 1));
    const auto thousandths = static_cast<std::int64_t>(1000.0 * std::max(1.0, std::log10(n)));
    SuspicionBounds bounds;
    bounds.min = slow_interval(config) * thousandths * config.suspicion_mult / 1000;
    if (config.variant.looking) bounds.lead = std::min(kLastWord, bounds.min / 2);
    if (config.variant.natural_logarithms) {
        bounds.min = config.probe_interval * config.suspicion_mult * swim_scale(members);
    }
    bounds.max = bounds.min * config.suspicion_max_timeout_mult;
    // Other members: all but us and the suspect.
    const std::size_t wanted = config.variant.confirmations.value_or(
        config.suspicion_mult > 2 ? config.suspicion_mult - 2 : 0);
    if (members >= 2 && members - 2 >= wanted) bounds.expected = static_cast<unsigned>(wanted);
    return bounds;
}

Duration suspicion_timeout(const SuspicionBounds& bounds, unsigned confirmed) {
    if (bounds.expected == 0) return bounds.min;
    const double shrink = std::log(confirmed + 1.0) / std::log(bounds.expected + 1.0);
    const std::chrono::duration<double, std::milli> span = bounds.max - bounds.min;
    const std::chrono::duration<double, std::milli> max = bounds.max;
    const auto whole = std::chrono::floor<std::chrono::milliseconds>(max - shrink * span);
    return std::max(bounds.min, Duration{whole});
}

void Suspicions::start(Time now, MemberId member, Incarnation incarnation, std::string_view accuser,
                       const SuspicionBounds& bounds) {
    stop(member);
    Suspicion& suspicion = running_[member.value()];
    suspicion.incarnation = incarnation;
    suspicion.bounds = bounds;
    suspicion.started = now;
    suspicion.accusers.emplace_back(accuser);
    arm(member, suspicion);
}

bool Suspicions::confirm(MemberId member, std::string_view accuser) {
    const auto found = running_.find(member.value());
    if (found == running_.end()) return false;
    Suspicion& suspicion = found->second;
    if (suspicion.accusers.size() > suspicion.bounds.expected) return false;
    if (std::ranges::find(suspicion.accusers, accuser) != suspicion.accusers.end()) return false;
    suspicion.accusers.emplace_back(accuser);
    deadlines_.erase(suspicion.deadline);
    arm(member, suspicion);
    return true;
}

void Suspicions::stop(MemberId member) {
    const auto found = running_.find(member.value());
    if (found == running_.end()) return;
    deadlines_.erase(found->second.deadline);
    running_.erase(found);
}

void Suspicions::remember(MemberId member, const VigilEvidence& vigil) {
    const auto found = running_.find(member.value());
    if (found != running_.end()) found->second.vigil = vigil;
}

void Suspicions::restart_all(Time now) {
    const std::vector<Deadline> old{deadlines_.begin(), deadlines_.end()};
    deadlines_.clear();
    for (const Deadline& deadline : old) {
        Suspicion& suspicion = running_.at(deadline.member.value());
        suspicion.started = now;
        suspicion.accusers.resize(1);
        arm(deadline.member, suspicion);
    }
}

std::span<const std::string> Suspicions::accusers(MemberId member) const {
    const auto found = running_.find(member.value());
    if (found == running_.end()) return {};
    return found->second.accusers;
}

std::optional<Time> Suspicions::next_deadline() const {
    if (deadlines_.empty()) return {};
    return deadlines_.begin()->at;
}

std::optional<Suspicions::Expired> Suspicions::pop_due(Time now) {
    if (deadlines_.empty() || deadlines_.begin()->at > now) return {};
    const MemberId member = deadlines_.begin()->member;
    Suspicion& suspicion = running_.at(member.value());
    Expired expired{.member = member,
                    .incarnation = suspicion.incarnation,
                    .accusers = std::move(suspicion.accusers),
                    .bounds = suspicion.bounds,
                    .end = suspicion.deadline.at + suspicion.bounds.lead,
                    .vigil = suspicion.vigil};
    stop(member);
    return expired;
}

void Suspicions::arm(MemberId member, Suspicion& suspicion) {
    const auto confirmed = static_cast<unsigned>(suspicion.accusers.size() - 1);
    const Duration timeout = suspicion_timeout(suspicion.bounds, confirmed);
    suspicion.deadline = {suspicion.started + timeout - suspicion.bounds.lead, next_order_++,
                          member};
    deadlines_.insert(suspicion.deadline);
}

}  // namespace rollcall::membership

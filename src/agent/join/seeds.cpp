// SPDX-License-Identifier: Apache-2.0
#include "agent/join/seeds.h"

#include <algorithm>
#include <utility>

#include "transport/seed_file.h"
#include "transport/srv.h"

namespace rollcall::agent {
namespace {

constexpr unsigned kMostDoublings = 3;

bool same_seed(const HostPort& a, const HostPort& b) {
    return a.host == b.host && a.port == b.port && a.name == b.name;
}

}  // namespace

Duration seed_delay(Duration interval, unsigned failures, double dice) {
    const auto stretched =
        interval * (std::int64_t{1} << std::min(failures > 0 ? failures - 1 : 0, kMostDoublings));
    return std::chrono::duration_cast<Duration>(stretched * (0.75 + dice / 2));
}

Seeds::Seeds(Options options, std::uint64_t dice_seed)
    : options_{std::move(options)}, dice_{dice_seed} {
    for (const auto* list : {&options_.join, &options_.retry_join}) {
        for (const HostPort& seed : *list) {
            if (std::ranges::none_of(all_, [&](const HostPort& s) { return same_seed(s, seed); })) {
                all_.push_back(seed);
            }
        }
    }
}

void Seeds::begin(Time now) {
    enter(now, !options_.join.empty()         ? Phase::start
               : !options_.retry_join.empty() ? Phase::retry
                                              : Phase::idle);
}

void Seeds::enter(Time now, Phase phase) {
    phase_ = phase;
    attempts_ = failures_ = 0;
    switch (phase) {
        case Phase::start:
        case Phase::retry:
            due_ = now;
            return;
        case Phase::watch:
            return wait(now, 0);
        case Phase::idle:
        case Phase::failed:
            due_.reset();
            return;
    }
}

void Seeds::wait(Time now, unsigned failures) {
    due_ = now + seed_delay(options_.interval, failures, dice_.unit());
}

std::vector<HostPort> Seeds::take_due(Time now) {
    if (!due_ || now < *due_) return {};
    due_.reset();
    ++attempts_;
    switch (phase_) {
        case Phase::start:
            return options_.join;
        case Phase::retry:
            return options_.retry_join;
        case Phase::watch:
            return all_;
        case Phase::idle:
        case Phase::failed:
            return {};
    }
    return {};
}

void Seeds::attempt_ended(Time now, unsigned contacted, unsigned missing) {
    switch (phase_) {
        case Phase::start:
            if (contacted == 0) return enter(now, Phase::failed);
            return enter(now, options_.retry_join.empty() ? Phase::watch : Phase::retry);
        case Phase::retry:
            if (contacted > 0) return enter(now, Phase::watch);
            if (options_.max_attempts > 0 && attempts_ >= options_.max_attempts) {
                return enter(now, Phase::failed);
            }
            return wait(now, ++failures_);
        case Phase::watch:
            failures_ = missing == 0 ? 0 : failures_ + 1;
            return wait(now, failures_);
        case Phase::idle:
        case Phase::failed:
            return;
    }
}

void Seeds::attempt_met_ourselves(Time now, bool others) {
    switch (phase_) {
        case Phase::start:
            return enter(now, options_.retry_join.empty() ? Phase::watch : Phase::retry);
        case Phase::retry: {
            const bool last = options_.max_attempts > 0 && attempts_ >= options_.max_attempts;
            if (!others || last) return enter(now, Phase::watch);
            return wait(now, ++failures_);
        }
        case Phase::watch:
            failures_ = others ? failures_ + 1 : 0;
            return wait(now, failures_);
        case Phase::idle:
        case Phase::failed:
            return;
    }
}

void Seeds::attempt_held(Time now) {
    --attempts_;
    wait(now, 0);
}

void Seeds::resume(Time now) {
    if (due_ && *due_ > now) due_ = now;
}

void Seeds::member_lost(Time now) {
    if (phase_ != Phase::watch || !due_) return;  // a running attempt plans the next
    failures_ = 0;
    const Time soon = now + seed_delay(options_.interval, 0, dice_.unit());
    due_ = std::min(*due_, soon);
}

std::vector<Endpoint> strangers_among(const std::vector<Endpoint>& addresses,
                                      const std::function<bool(const Endpoint&)>& is_member) {
    std::vector<Endpoint> strangers;
    bool known_v4 = false, known_v6 = false;
    for (const Endpoint& address : addresses) {
        if (is_member(address)) {
            (address.is_v4() ? known_v4 : known_v6) = true;
        } else {
            strangers.push_back(address);
        }
    }
    if (known_v4 || known_v6) {
        std::erase_if(strangers, [&](const Endpoint& address) {
            return !(address.is_v4() ? known_v4 : known_v6);
        });
    }
    return strangers;
}

std::string to_text(const HostPort& seed) {
    if (transport::service_of(seed.host) || transport::seed_file_of(seed.host)) return seed.host;
    const bool v6 = seed.host.find(':') != std::string::npos;
    return (seed.name.empty() ? "" : seed.name + "/") + (v6 ? "[" + seed.host + "]" : seed.host) +
           ":" + std::to_string(seed.port);
}

}  // namespace rollcall::agent

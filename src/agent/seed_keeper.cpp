// SPDX-License-Identifier: Apache-2.0
#include "agent/seed_keeper.h"

#include <memory>
#include <utility>

#include "agent/duration.h"
#include "transport/clock.h"
#include "transport/uv_timer.h"

namespace rollcall::agent {
namespace {

constexpr std::string_view kSeedComponent = "agent";

std::string with_advice(const JoinErrors& errors) {
    const std::string advice = advice_on(errors);
    return on_one_line(errors) + (advice.empty() ? "" : " (" + advice + ")");
}

}  // namespace

SeedKeeper::SeedKeeper(Parts parts, Seeds seeds)
    : parts_{std::move(parts)}, seeds_{std::move(seeds)} {
    for (const HostPort& seed : seeds_.all()) status_[to_text(seed)] = "not tried yet";
}
SeedKeeper::~SeedKeeper() = default;

int SeedKeeper::begin() {
    const int error =
        timer_.init(*this, [&](uv_timer_t* timer) { return uv_timer_init(&parts_.loop, timer); });
    if (error != 0) return error;
    seeds_.begin(transport::clock_now());
    arm();
    return 0;
}

void SeedKeeper::member_lost() {
    if (closed_) return;
    seeds_.member_lost(transport::clock_now());
    arm();
}

void SeedKeeper::close(const std::function<void()>& closed) {
    closed_ = true;
    timer_.close(closed);
}

void SeedKeeper::arm() {
    const auto at = seeds_.next_deadline();
    if (!at) {
        uv_timer_stop(timer_.get());
        return;
    }
    transport::start_timer<&SeedKeeper::due>(timer_, *at - transport::clock_now());
}

void SeedKeeper::due() {
    auto seeds = seeds_.take_due(transport::clock_now());
    if (seeds.empty()) return arm();
    parts_.joiner.resolve(std::move(seeds), [this](std::vector<Joiner::Resolved> resolved) {
        if (closed_) return;
        if (seeds_.phase() == Seeds::Phase::watch) return watch(std::move(resolved));
        join(std::move(resolved));
    });
}

void SeedKeeper::join(std::vector<Joiner::Resolved> resolved) {
    const auto asked = std::make_shared<const std::vector<Joiner::Resolved>>(std::move(resolved));
    parts_.joiner.join_resolved(*asked, parts_.replay,
                                [this, asked](unsigned contacted, const JoinErrors& errors) {
                                    if (closed_) return;
                                    for (const Joiner::Resolved& seed : *asked) note(seed);
                                    note(errors);
                                    attempt_ended(contacted, 0, errors);
                                });
}

void SeedKeeper::watch(std::vector<Joiner::Resolved> resolved) {
    std::vector<Joiner::Resolved> missing;
    for (Joiner::Resolved& seed : resolved) {
        seed.endpoints = note(seed);
        if (!seed.endpoints.empty() || !seed.error.empty()) missing.push_back(std::move(seed));
    }
    if (missing.empty()) return attempt_ended(0, 0, {});
    const auto count = static_cast<unsigned>(missing.size());
    // Old events were delivered, or not wanted, at the first join.
    parts_.joiner.join_resolved(missing, false,
                                [this, count](unsigned contacted, const JoinErrors& errors) {
                                    if (closed_) return;
                                    note(errors);
                                    attempt_ended(contacted, count, errors);
                                });
}

// Why a seed did not answer, in place of "not a member". Of several addresses the last one counts.
void SeedKeeper::note(const JoinErrors& errors) {
    for (const JoinError& error : errors) {
        const auto status = status_.find(error.seed);
        if (status != status_.end() && error.address) status->second = to_text(error);
    }
}

// How a seed stands now. Answers its addresses that are no members.
std::vector<Endpoint> SeedKeeper::note(const Joiner::Resolved& seed) {
    std::vector<Endpoint> strangers = parts_.strangers(seed);
    std::string& status = status_[to_text(seed.seed)];
    if (!seed.error.empty()) {
        status = seed.error;
    } else if (strangers.empty()) {
        status = "alive member";
    } else if (seed.endpoints.size() == 1) {
        status = "not a member";
    } else {
        status = std::to_string(strangers.size()) + " of " + std::to_string(seed.endpoints.size()) +
                 " addresses are no members";
    }
    return strangers;
}

void SeedKeeper::attempt_ended(unsigned contacted, unsigned missing, const JoinErrors& errors) {
    const Seeds::Phase before = seeds_.phase();
    const unsigned attempts = seeds_.attempts();
    seeds_.attempt_ended(transport::clock_now(), contacted, missing);
    if (seeds_.phase() == Seeds::Phase::failed) {  // which has a line of its own
        return parts_.failed(
            (before == Seeds::Phase::start
                 ? std::string{"could not join at start: "}
                 : "maximum retry join attempts made (" + std::to_string(attempts) + "): ") +
            with_advice(errors));
    }
    if (before != Seeds::Phase::watch || missing > 0)
        log_attempt(before == Seeds::Phase::watch, attempts, contacted, errors);
    arm();
}

void SeedKeeper::log_attempt(bool watching, unsigned attempt, unsigned contacted,
                             const JoinErrors& errors) {
    if (contacted > 0) {
        parts_.log.write(watching ? Level::debug : Level::info, kSeedComponent, "seeds-joined",
                         (watching ? "asked seeds that are no alive members; " : "joined; ") +
                             std::to_string(contacted) + " answered",
                         {{"contacted", contacted}});
        return;
    }
    parts_.log.write(watching ? Level::debug : Level::warn, kSeedComponent, "seeds-unreachable",
                     "no seed answered: " + with_advice(errors),
                     {{"attempt", attempt}, {"error", on_one_line(errors)}});
}

}  // namespace rollcall::agent

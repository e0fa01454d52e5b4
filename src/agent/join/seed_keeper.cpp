// SPDX-License-Identifier: Apache-2.0
#include "agent/join/seed_keeper.h"

#include <algorithm>
#include <utility>

#include "transport/clock.h"

namespace rollcall::agent {
namespace {

constexpr std::string_view kSeedComponent = "agent";

std::string with_advice(const JoinErrors& errors) {
    const std::string advice = advice_for(errors);
    return on_one_line(errors) + (advice.empty() ? "" : " (" + advice + ")");
}

}  // namespace

SeedKeeper::SeedKeeper(Parts parts, Seeds seeds)
    : parts_{std::move(parts)}, seeds_{std::move(seeds)} {
    for (const HostPort& seed : seeds_.all()) status_.try_emplace(to_text(seed));
}
SeedKeeper::~SeedKeeper() = default;

std::string_view to_string(SeedState state) {
    switch (state) {
        case SeedState::untried:
            return "untried";
        case SeedState::member:
            return "member";
        case SeedState::self:
            return "self";
        case SeedState::partly:
            return "partly";
        case SeedState::missing:
            return "missing";
        case SeedState::unresolved:
            return "unresolved";
        case SeedState::deferred:
            return "deferred";
    }
    return "unknown";
}
static_assert(static_cast<std::size_t>(SeedState::deferred) + 1 == kSeedStates);

rpc::StringMap SeedKeeper::status() const {
    rpc::StringMap texts;
    for (const auto& [seed, status] : status_) texts.emplace(seed, status.text);
    return texts;
}

std::array<std::size_t, kSeedStates> SeedKeeper::count_by_state() const {
    std::array<std::size_t, kSeedStates> counts{};
    for (const auto& [seed, status] : status_) ++counts[static_cast<std::size_t>(status.state)];
    return counts;
}

void SeedKeeper::begin() {
    timer_.init(*this, parts_.loop);
    seeds_.begin(transport::clock_now());
    arm();
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
        timer_.stop();
        return;
    }
    timer_.start<&SeedKeeper::due>(*at - transport::clock_now());
}

void SeedKeeper::address_changed() {
    if (closed_) return;
    logged_held_ = false;
    ourselves_.clear();
    seeds_.resume(transport::clock_now());
    arm();
}

void SeedKeeper::due() {
    auto seeds = seeds_.take_due(transport::clock_now());
    if (seeds.empty()) return arm();
    const bool watching = seeds_.phase() == Seeds::Phase::watch;
    // Past events are replayed at the first join only.
    parts_.joiner.join(
        std::move(seeds), parts_.replay && !watching,
        [this, watching](const Joiner::Resolved& seed) { return choose(seed, watching); },
        [this](Joiner::Outcome outcome) {
            if (closed_) return;
            ended(std::move(outcome));
            parts_.attempted();
        });
}

SeedKeeper::Standing SeedKeeper::standing(const Joiner::Resolved& seed) const {
    Standing now;
    Joiner::Resolved others{.seed = seed.seed};
    for (const Endpoint& endpoint : seed.endpoints) {
        if (parts_.is_self(endpoint) || ourselves_.contains(endpoint)) {
            now.self = true;
        } else {
            others.endpoints.push_back(endpoint);
        }
    }
    for (const Endpoint& endpoint : parts_.strangers(others)) {
        (parts_.out_of_reach(endpoint) ? now.held : now.strangers).push_back(endpoint);
    }
    return now;
}

Joiner::Chosen SeedKeeper::choose(const Joiner::Resolved& seed, bool watching) {
    const Standing now = standing(seed);
    set_status(seed, now);
    if (watching) return {.contact = now.strangers};
    Joiner::Chosen chosen;
    for (const Endpoint& endpoint : seed.endpoints) {
        if (!parts_.is_self(endpoint) && !ourselves_.contains(endpoint) &&
            !parts_.out_of_reach(endpoint)) {
            chosen.contact.push_back(endpoint);
        }
    }
    return chosen;
}

void SeedKeeper::set_status(const Joiner::Resolved& seed, const Standing& now) {
    Status& status = status_[to_text(seed.seed)];
    const std::size_t missing = now.strangers.size() + now.held.size();
    if (!seed.error.empty()) {
        status = {SeedState::unresolved, seed.error};
    } else if (!now.held.empty()) {
        status = {SeedState::deferred, "deferred: this host has only loopback addresses"};
    } else if (missing > 0 && seed.endpoints.size() == 1) {
        status = {SeedState::missing, "not a member"};
    } else if (missing > 0) {
        status = {missing < seed.endpoints.size() ? SeedState::partly : SeedState::missing,
                  std::to_string(missing) + " of " + std::to_string(seed.endpoints.size()) +
                      " addresses are not members"};
    } else if (now.self) {
        status = {SeedState::self, "this agent itself"};
    } else {
        status = {SeedState::member, "alive member"};
    }
}

// Replaces "not a member" by why the seed did not answer; of several addresses the last one counts.
void SeedKeeper::set_status(const JoinErrors& errors) {
    for (const JoinError& error : errors) {
        const auto status = status_.find(error.seed);
        if (status != status_.end() && error.address) status->second.text = to_text(error);
    }
}

void SeedKeeper::ended(Joiner::Outcome outcome) {
    const Seeds::Phase before = seeds_.phase();
    const bool watching = before == Seeds::Phase::watch;
    const unsigned attempts = seeds_.attempts();
    ourselves_.insert(outcome.ourselves.begin(), outcome.ourselves.end());
    const auto met = static_cast<unsigned>(outcome.ourselves.size());
    const unsigned contacted = outcome.contacted - std::min(outcome.contacted, met);
    unsigned missing = 0;
    bool self = false;
    std::vector<Endpoint> held;
    for (const Joiner::Resolved& seed : outcome.seeds) {
        const Standing now = standing(seed);
        set_status(seed, now);
        self = self || now.self;
        held.insert(held.end(), now.held.begin(), now.held.end());
        if (!now.strangers.empty() || !seed.error.empty()) ++missing;
    }
    set_status(outcome.errors);
    const Time now = transport::clock_now();
    if (contacted == 0 && !held.empty()) {
        log_held(held);
        seeds_.attempt_held(now);
        return arm();
    }
    if (contacted == 0 && self) {
        if (missing > 0) log_attempt(watching, attempts, 0, outcome.errors);
        log_alone();
        seeds_.attempt_met_ourselves(now, missing > 0);
        return arm();
    }
    if (contacted > 0) logged_alone_ = false;
    seeds_.attempt_ended(now, contacted, missing);
    if (seeds_.phase() == Seeds::Phase::failed) {  // logged by the agent
        return parts_.failed(
            (before == Seeds::Phase::start
                 ? std::string{"could not join at start: "}
                 : "maximum retry join attempts made (" + std::to_string(attempts) + "): ") +
            with_advice(outcome.errors));
    }
    if (!watching || missing > 0) log_attempt(watching, attempts, contacted, outcome.errors);
    arm();
}

void SeedKeeper::log_attempt(bool watching, unsigned attempt, unsigned contacted,
                             const JoinErrors& errors) {
    if (contacted > 0) {
        parts_.log.write(watching ? Level::debug : Level::info, kSeedComponent, "seeds-joined",
                         (watching ? "contacted seeds that are not alive members; " : "joined; ") +
                             std::to_string(contacted) + " answered",
                         {{"contacted", contacted}});
        return;
    }
    parts_.log.write(watching ? Level::debug : Level::warn, kSeedComponent, "seeds-unreachable",
                     "no seed answered: " + with_advice(errors),
                     {{"attempt", attempt}, {"error", on_one_line(errors)}});
}

// Once, until another member has answered.
void SeedKeeper::log_alone() {
    if (seeds_.phase() == Seeds::Phase::watch || std::exchange(logged_alone_, true)) return;
    parts_.log.write(Level::info, kSeedComponent, "seed-is-self",
                     "a seed is this agent itself and no other seed answered: alone until another "
                     "member joins",
                     {});
}

void SeedKeeper::log_held(const std::vector<Endpoint>& held) {
    if (std::exchange(logged_held_, true)) return;
    parts_.log.write(Level::warn, kSeedComponent, "no-address",
                     "deferring the join of " + held.front().to_string() +
                         (held.size() > 1 ? " and others" : "") +
                         ": this host has only loopback addresses, so a peer could not answer; "
                         "waiting for another address, or set --advertise",
                     {{"seed", held.front().to_string()}});
}

}  // namespace rollcall::agent

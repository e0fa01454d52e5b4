// SPDX-License-Identifier: Apache-2.0
#include "agent/join/joiner.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "agent/join/seeds.h"

namespace rollcall::agent {
namespace {

// How long the first resolved seed waits for others, so that usually one join contacts them all.
constexpr std::chrono::milliseconds kGather{50};

}  // namespace

struct Joiner::Attempt {
    struct Seed {
        Resolved resolved;
        std::vector<Endpoint> handed;  // passed to `choose`
    };
    std::vector<Seed> seeds;
    bool replay = false;
    Choose choose;
    Done done;
    std::size_t looking_up = 0, joining = 0;
    std::vector<membership::JoinPeer> wanted;  // resolved, not contacted yet
    Outcome outcome;

    // The seed of an address, as given by the operator.
    [[nodiscard]] std::string seed_at(const Endpoint& address) const {
        for (const Seed& seed : seeds) {
            if (std::ranges::find(seed.handed, address) != seed.handed.end()) {
                return to_text(seed.resolved.seed);
            }
        }
        return address.to_string();
    }
};

Joiner::Joiner(uv_loop_t& loop, CoreDriver& core) : core_{core}, resolver_{loop} {
    gather_.init(*this, loop);
}
Joiner::~Joiner() = default;

void Joiner::join(std::vector<HostPort> seeds, bool replay, Choose choose, Done done) {
    const auto attempt = std::make_shared<Attempt>();
    for (HostPort& seed : seeds) attempt->seeds.push_back({.resolved = {.seed = std::move(seed)}});
    attempt->replay = replay;
    attempt->choose = std::move(choose);
    attempt->done = std::move(done);
    attempt->looking_up = attempt->seeds.size();
    if (attempt->seeds.empty()) return end_if_over(attempt);
    for (std::size_t i = 0; i < attempt->seeds.size(); ++i) {
        const HostPort seed = attempt->seeds[i].resolved.seed;
        resolver_.resolve(
            seed.host, seed.port,
            [this, attempt, i](transport::Resolver::Answer answer) {
                if (stopped_) return;
                --attempt->looking_up;
                if (answer) return resolved(attempt, i, std::move(*answer));
                Resolved& unknown = attempt->seeds[i].resolved;
                unknown.error = answer.error();
                attempt->outcome.errors.push_back({.seed = to_text(unknown.seed),
                                                   .cause = unknown.error,
                                                   .host = unknown.seed.host});
                if (attempt->looking_up == 0) contact(attempt);
            },
            [this, attempt, i](const std::vector<Endpoint>& some) {
                if (!stopped_) resolved(attempt, i, some);
            });
    }
}

void Joiner::resolved(const AttemptPtr& attempt, std::size_t index,
                      std::vector<Endpoint> endpoints) {
    Attempt::Seed& seed = attempt->seeds[index];
    Resolved fresh{.seed = seed.resolved.seed};
    for (const Endpoint& endpoint : endpoints) {
        if (std::ranges::find(seed.handed, endpoint) != seed.handed.end()) continue;
        seed.handed.push_back(endpoint);
        fresh.endpoints.push_back(endpoint);
    }
    seed.resolved.endpoints = std::move(endpoints);
    if (!fresh.endpoints.empty()) {
        Chosen chosen = attempt->choose(fresh);
        for (const Endpoint& endpoint : chosen.contact) {
            attempt->wanted.push_back({.endpoint = endpoint, .name = fresh.seed.name});
        }
        std::ranges::move(chosen.errors, std::back_inserter(attempt->outcome.errors));
    }
    if (attempt->looking_up == 0) return contact(attempt);
    if (attempt->wanted.empty() || std::ranges::find(waiting_, attempt) != waiting_.end()) return;
    waiting_.push_back(attempt);
    if (waiting_.size() == 1) gather_.start<&Joiner::contact_waiting>(kGather);
}

void Joiner::contact_waiting() {
    for (const AttemptPtr& attempt : std::exchange(waiting_, {})) contact(attempt);
}

void Joiner::contact(const AttemptPtr& attempt) {
    if (stopped_) return;
    const auto wanted = std::exchange(attempt->wanted, {});
    if (wanted.empty()) return end_if_over(attempt);
    ++attempt->joining;
    // The core may report the end before the command returns, so register the join inside it.
    const auto refused =
        core_.command([&](serf::Serf& core, Time now,
                          serf::Serf::Outbox& out) -> std::optional<serf::CommandError> {
            auto request = core.join(now, wanted, attempt->replay, out);
            if (!request) return request.error();
            joins_.emplace(*request, attempt);
            return {};
        });
    if (!refused) return;
    --attempt->joining;
    attempt->outcome.errors.push_back({.cause = std::string{to_string(*refused)}});
    end_if_over(attempt);
}

void Joiner::end_if_over(const AttemptPtr& attempt) {
    if (attempt->looking_up > 0 || attempt->joining > 0 || !attempt->done) return;
    Outcome& outcome = attempt->outcome;
    for (Attempt::Seed& seed : attempt->seeds) outcome.seeds.push_back(std::move(seed.resolved));
    std::exchange(attempt->done, {})(std::move(outcome));
}

void Joiner::handle(const serf::Serf::Outbox& out) {
    for (const membership::Event& event : out.events()) {
        const auto* answered = std::get_if<membership::JoinAnswered>(&event);
        if (answered == nullptr) continue;
        const auto join = joins_.find(answered->request);
        if (join == joins_.end()) continue;
        Attempt& attempt = *join->second;
        if (answered->ourselves) attempt.outcome.ourselves.push_back(answered->peer);
        if (answered->error.empty()) continue;
        attempt.outcome.errors.push_back({.seed = attempt.seed_at(answered->peer),
                                          .address = answered->peer,
                                          .cause = answered->error});
    }
    for (const serf::Event& event : out.serf_events()) {
        const auto* finished = std::get_if<serf::JoinFinished>(&event);
        if (finished == nullptr) continue;
        const auto join = joins_.extract(finished->request);
        if (join.empty()) continue;
        const AttemptPtr attempt = join.mapped();
        attempt->outcome.contacted += finished->contacted;
        --attempt->joining;
        end_if_over(attempt);
    }
}

void Joiner::stop() {
    stopped_ = true;
    waiting_.clear();
    joins_.clear();
}

}  // namespace rollcall::agent

// SPDX-License-Identifier: Apache-2.0
#include "agent/joiner.h"

#include <algorithm>
#include <utility>

#include "agent/seeds.h"

namespace rollcall::agent {

// One list of names being looked up, a few at a time.
struct Joiner::Lookups {
    std::vector<Resolved> seeds;
    std::size_t next = 0;
    std::size_t left = 0;
    OnResolved done;
};

Joiner::Joiner(uv_loop_t& loop, CoreDriver& core) : core_{core}, resolver_{loop} {}
Joiner::~Joiner() = default;

void Joiner::resolve(std::vector<HostPort> seeds, OnResolved done) {
    auto lookups = std::make_shared<Lookups>();
    for (HostPort& seed : seeds) lookups->seeds.push_back({.seed = std::move(seed)});
    lookups->left = lookups->seeds.size();
    lookups->done = std::move(done);
    if (lookups->left == 0) return lookups->done({});
    for (std::size_t i = 0; i < kLookupsAtOnce; ++i) look_up_more(lookups);
}

void Joiner::look_up_more(const std::shared_ptr<Lookups>& lookups) {
    if (stopped_ || lookups->next == lookups->seeds.size()) return;
    const std::size_t index = lookups->next++;
    const HostPort& seed = lookups->seeds[index].seed;
    resolver_.resolve(seed.host, seed.port,
                      [this, lookups, index](transport::Resolver::Answer answer) {
                          if (stopped_) return;
                          Resolved& resolved = lookups->seeds[index];
                          if (answer) {
                              resolved.endpoints = std::move(*answer);
                          } else {
                              resolved.error = answer.error();
                          }
                          if (--lookups->left == 0) return lookups->done(std::move(lookups->seeds));
                          look_up_more(lookups);
                      });
}

void Joiner::join(std::vector<HostPort> seeds, bool replay, OnJoined done) {
    resolve(std::move(seeds),
            [this, replay, done = std::move(done)](const std::vector<Resolved>& resolved) mutable {
                join_resolved(resolved, replay, std::move(done));
            });
}

void Joiner::join_resolved(const std::vector<Resolved>& peers, bool replay, OnJoined done) {
    std::vector<membership::JoinPeer> wanted;
    std::vector<std::pair<Endpoint, std::string>> asked;
    JoinErrors errors;
    for (const Resolved& peer : peers) {
        for (const Endpoint& endpoint : peer.endpoints) {
            wanted.push_back({.endpoint = endpoint, .name = peer.seed.name});
            asked.emplace_back(endpoint, to_text(peer.seed));
        }
        if (!peer.error.empty()) {
            errors.push_back(
                {.seed = to_text(peer.seed), .cause = peer.error, .host = peer.seed.host});
        }
    }
    const bool nobody_answers = wanted.empty() && !errors.empty();
    if (nobody_answers) return done(0, errors);
    // The core may tell the end before the command returns: the join must be known by then.
    const auto refused =
        core_.command([&](serf::Serf& core, Time now,
                          serf::Serf::Outbox& out) -> std::optional<serf::CommandError> {
            auto request = core.join(now, wanted, replay, out);
            if (!request) return request.error();
            joins_.emplace(*request, Join{.seeds = std::move(asked),
                                          .errors = std::move(errors),
                                          .done = std::move(done)});
            return {};
        });
    if (refused) done(0, {{.cause = std::string{to_string(*refused)}}});
}

void Joiner::tell(const serf::Serf::Outbox& out) {
    for (const membership::Event& event : out.events()) {
        const auto* answered = std::get_if<membership::JoinAnswered>(&event);
        if (answered == nullptr || answered->error.empty()) continue;
        const auto join = joins_.find(answered->request);
        if (join == joins_.end()) continue;
        const auto seed = std::ranges::find(join->second.seeds, answered->peer,
                                            &std::pair<Endpoint, std::string>::first);
        join->second.errors.push_back(
            {.seed = seed != join->second.seeds.end() ? seed->second : answered->peer.to_string(),
             .address = answered->peer,
             .cause = answered->error});
    }
    for (const serf::Event& event : out.serf_events()) {
        const auto* finished = std::get_if<serf::JoinFinished>(&event);
        if (finished == nullptr) continue;
        auto join = joins_.extract(finished->request);
        if (join.empty()) continue;
        if (finished->contacted > 0) join.mapped().errors.clear();
        join.mapped().done(finished->contacted, join.mapped().errors);
    }
}

void Joiner::stop() {
    stopped_ = true;
    joins_.clear();
}

}  // namespace rollcall::agent

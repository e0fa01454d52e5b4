// SPDX-License-Identifier: Apache-2.0
#include "agent/doctor/seed_trials.h"

#include <system_error>
#include <utility>

#include "agent/join/seeds.h"

namespace rollcall::agent {
namespace {

using Is = SeedFinding::Is;
using membership::LinkTested;
using membership::StreamPing;

// "not a member"; "1 of 3 addresses are not members".
std::string missing_text(std::size_t missing, std::size_t all) {
    if (all == 1) return "not a member";
    return std::to_string(missing) + " of " + std::to_string(all) + " addresses are not members";
}

std::string error_text(int error) {
    return error == 0 ? "" : " (" + std::generic_category().message(error) + ")";
}

// What a ping by UDP and by stream found at an address that is no member's.
SeedFinding judge_ping(const LinkTested& result) {
    const std::string place = result.target.to_string();
    const bool by_udp = result.acked > 0;
    const bool by_tcp = result.stream == StreamPing::answered;
    if (by_udp && by_tcp) return {Is::answering, place + " answers pings now"};
    if (by_tcp) return {Is::answering, place + " answers by TCP and not by UDP"};
    if (by_udp) return {Is::answering, place + " answers by UDP and not by TCP"};
    if (result.stream == StreamPing::broken) {
        return {Is::absent, place + " ends the connection without an answer that fits"};
    }
    if (result.stream == StreamPing::refused) return {Is::absent, "nothing listens at " + place};
    const int error = result.ping_error != 0 ? result.ping_error : result.stream_error;
    return {Is::absent, "no answer from " + place + error_text(error)};
}

}  // namespace

struct SeedTrials::Look {
    Done done;
    SeedFindings findings;
    std::size_t waiting = 1;  // until all are started
};

SeedTrials::SeedTrials(Parts parts)
    : parts_{std::move(parts)}, resolver_{parts_.loop, {.timeout = kLookup}} {}

void SeedTrials::look(Done done) {
    const auto look = std::make_shared<Look>();
    look->done = std::move(done);
    for (const HostPort& seed : parts_.keeper.seeds()) {
        const std::string text = to_text(seed);
        if (look->findings.size() >= kMostSeeds) {
            look->findings.emplace(text, SeedFinding{Is::unknown, "not looked at"});
            continue;
        }
        look->findings.emplace(text, SeedFinding{});
        ++look->waiting;
        resolver_.resolve(seed.host, seed.port,
                          [this, look, seed](const transport::Resolver::Answer& answer) {
                              Joiner::Resolved found{.seed = seed, .endpoints = {}, .error = {}};
                              if (answer) {
                                  found.endpoints = *answer;
                              } else {
                                  found.error = answer.error();
                              }
                              resolved(look, found);
                          });
    }
    if (--look->waiting == 0) look->done(std::move(look->findings));
}

void SeedTrials::resolved(const LookPtr& look, const Joiner::Resolved& seed) {
    const std::string name = to_text(seed.seed);
    if (!seed.error.empty()) return finish(look, name, {Is::absent, seed.error});
    const SeedKeeper::Standing now = parts_.keeper.standing(seed);
    if (!now.strangers.empty()) {
        return ping(look, name, now.strangers.front(),
                    missing_text(now.strangers.size() + now.held.size(), seed.endpoints.size()));
    }
    if (!now.held.empty()) {
        return finish(look, name,
                      {Is::absent, "not tried: this host advertises only a loopback address"});
    }
    if (now.self) return finish(look, name, {Is::self, "this agent itself"});
    finish(look, name, {Is::member, "alive member"});
}

void SeedTrials::ping(const LookPtr& look, const std::string& seed, const Endpoint& target,
                      const std::string& standing) {
    const auto done = [this, look, seed, standing](const LinkTested& result) {
        --pings_;
        SeedFinding finding = judge_ping(result);
        finding.text = standing + "; " + finding.text;
        finish(look, seed, std::move(finding));
    };
    if (pings_ < kMostPings && parts_.ping(target, kPing, done)) {
        ++pings_;
        return;
    }
    finish(look, seed, {Is::absent, standing + "; not pinged: too many pings at once"});
}

void SeedTrials::finish(const LookPtr& look, const std::string& seed, SeedFinding finding) {
    look->findings[seed] = std::move(finding);
    if (--look->waiting == 0) look->done(std::move(look->findings));
}

}  // namespace rollcall::agent

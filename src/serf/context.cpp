// SPDX-License-Identifier: Apache-2.0
#include "serf/context.h"

#include <utility>

#include "base/check.h"
#include "serf/tags.h"

namespace rollcall::serf {
namespace {

// Rule M2: disables what settings can disable, so the machines need no checks for it.
Config whole(Config config) {
    if (config.delegate == Delegate::serf) return config;
    config.disable_coordinates = true;
    config.name_conflict_resolution = false;
    config.membership.versions = wire::kBareVersions;
    return config;
}

membership::Config with_meta(const Config& config) {
    membership::Config membership = config.membership;
    membership.meta.clear();
    if (config.delegate == Delegate::none) return membership;
    const auto meta = encode_tags(config.tags);
    ROLLCALL_CHECK(meta.has_value());  // the config was validated
    membership.meta = *meta;
    return membership;
}

}  // namespace

Context::Context(Config config_, membership::Application& app, wire::EntropySource& entropy,
                 std::uint64_t seed, std::shared_ptr<membership::ProfilePool> profiles,
                 WorkClock& work_clock)
    : config{whole(std::move(config_))},
      tags{config.tags},
      node{with_meta(config), speaks_serf() ? app : bare, entropy, seed, std::move(profiles),
           work_clock},
      early_intents{config.max_recent_intents},
      queues{config} {}

}  // namespace rollcall::serf

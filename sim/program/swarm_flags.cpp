// SPDX-License-Identifier: Apache-2.0
#include "sim/program/swarm_flags.h"

#include <algorithm>
#include <optional>

#include "membership/config.h"
#include "sim/scenario/language/units.h"

namespace rollcall::sim {
namespace {

constexpr std::uint64_t kMostShards = 100'000;

}  // namespace

Result<DrawLimits, std::string> parse_node_range(std::string_view text) {
    if (text.empty()) return DrawLimits{};
    const std::size_t dots = text.find("..");
    const auto least = parse_count(text.substr(0, dots));
    const auto most = dots == text.npos ? least : parse_count(text.substr(dots + 2));
    if (!least || !most || *least < DrawLimits::kFewest || *least > *most ||
        *most > DrawLimits::kMost) {
        return "--nodes '" + std::string{text} + "' is not allowed; allowed: A..B with " +
               std::to_string(DrawLimits::kFewest) +
               " <= A <= B <= " + std::to_string(DrawLimits::kMost);
    }
    return DrawLimits{.fewest_nodes = static_cast<unsigned>(*least),
                      .most_nodes = static_cast<unsigned>(*most)};
}

Result<std::pair<unsigned, unsigned>, std::string> parse_shard(std::string_view text,
                                                               std::uint64_t seeds) {
    const std::size_t slash = text.find('/');
    const auto shard = parse_count(text.substr(0, slash));
    const auto shards =
        slash == text.npos ? std::optional<std::uint64_t>{} : parse_count(text.substr(slash + 1));
    const std::uint64_t most = std::min(seeds, kMostShards);
    if (!shard || !shards || *shard < 1 || *shard > *shards || *shards > most) {
        return "--shard '" + std::string{text} +
               "' is not allowed; allowed: I/N with 1 <= I <= N, " + "and N at most " +
               std::to_string(most);
    }
    return std::pair{static_cast<unsigned>(*shard), static_cast<unsigned>(*shards)};
}

Result<DrawKind, std::string> parse_draw_kind(const DrawFlags& flags) {
    if (flags.news + flags.leaves + flags.adversary > 1) {
        return std::string{"of --news, --leaves and --adversary only one is allowed"};
    }
    if (flags.news) return DrawKind::serf_traffic;
    if (flags.leaves) return DrawKind::lost_leaves;
    return flags.adversary ? DrawKind::attacks : DrawKind::faults;
}

std::string profile_problem(std::string_view text, bool other_draw) {
    if (text.empty()) return {};
    if (other_draw) return "--profile is not allowed with --news, --leaves or --adversary";
    if (membership::Config::of_profile(text)) return {};
    return "--profile '" + std::string{text} +
           "' is not allowed; allowed: lan, wan, local, fast or fast-wan";
}

}  // namespace rollcall::sim

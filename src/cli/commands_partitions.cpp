// SPDX-License-Identifier: Apache-2.0
//
// `rollcall partitions`: asks all agents how they see the cluster, and groups them by the answer.
#include <algorithm>
#include <chrono>
#include <memory>
#include <set>
#include <utility>
#include <variant>

#include "base/bytes.h"
#include "cli/commands.h"
#include "cli/rpc_session.h"
#include "cli/views.h"
#include "serf/query_params.h"

namespace rollcall::cli {

namespace {

using SteadyClock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr int kExitSeveralViews = 1;
constexpr int kExitNoResult = 2;
constexpr std::size_t kMostCompared = 8;  // groups
constexpr milliseconds kDetailTimeout{1500};

struct PartitionsOptions {
    RpcFlags rpc;
    std::vector<std::string> addresses;
};

// One agent that is asked directly, and what it sees.
struct Side {
    RpcClient client;
    std::string name;
    std::set<std::string> up, failed;
    std::set<std::string> answered;  // agents whose answer came by this one
};

int fail_to_ask(const Context& context, const Failure& failure, bool json) {
    fail(context, failure, json);
    return kExitNoResult;
}

std::string query_name() {
    return std::string{serf::kBuiltInQuery} + "view";
}

std::optional<Failure> open_side(const Context& context, const RpcFlags& flags, Side& side) {
    if (auto bad = open_session(context, flags, side.client)) return bad;
    side.client.catch_interrupt();
    const auto stats = side.client.ask<rpc::Stats>("stats");
    if (!stats) return describe("Error querying agent", stats.error());
    if (const auto agent = stats->find("agent"); agent != stats->end()) {
        if (const auto name = agent->second.find("name"); name != agent->second.end()) {
            side.name = name->second;
        }
    }
    const auto members = side.client.ask<rpc::MembersResponse>("members");
    if (!members) return describe("Error retrieving members", members.error());
    for (const rpc::Member& member : members->members) {
        if (member.status == "failed") side.failed.insert(member.name);
        if (member.status == "alive" || member.status == "leaving") side.up.insert(member.name);
    }
    return std::nullopt;
}

// Asks all members of one side.
std::optional<Failure> ask_all(Side& side, Views& views) {
    const auto asked = side.client.query({.request_ack = true, .name = query_name()});
    if (!asked) return describe("Error sending query", asked.error());
    std::set<std::string> acked;
    while (true) {
        auto item = side.client.next_record();
        if (!item) return describe_while_watching("Error waiting for answers", item.error());
        const auto* record = *item ? std::get_if<rpc::AnswerRecord>(&**item) : nullptr;
        if (record == nullptr) continue;
        if (record->type == "done") break;
        if (record->type == "ack") acked.insert(record->from);
        if (record->type != "response" || !record->payload) continue;
        const auto summary = parse_summary(as_text(*record->payload));
        if (!summary) continue;
        views.add(record->from, *summary);
        side.answered.insert(record->from);
    }
    for (const std::string& member : side.up) {
        if (side.answered.contains(member)) continue;
        views.add_silent(
            member, acked.contains(member) ? Views::Silence::no_answers : Views::Silence::silent);
    }
    for (const std::string& member : side.failed) {
        views.add_silent(member, Views::Silence::failed);
    }
    return std::nullopt;
}

// One question to one agent. "done" records of earlier questions come in between; answers carry
// what was asked.
std::optional<std::string> ask_one(RpcClient& client, const std::string& agent,
                                   const std::string& question) {
    const auto asked = client.query({.filter_nodes = {agent},
                                     .timeout = std::chrono::nanoseconds{kDetailTimeout}.count(),
                                     .name = query_name(),
                                     .payload = payload_of(question)});
    if (!asked) return std::nullopt;
    const auto end = SteadyClock::now() + kDetailTimeout;
    while (true) {
        const auto left = std::chrono::duration_cast<milliseconds>(end - SteadyClock::now());
        if (left <= milliseconds{0}) return std::nullopt;
        auto item = client.next_record(left);
        if (!item || !*item) return std::nullopt;
        const auto* record = std::get_if<rpc::AnswerRecord>(&**item);
        if (record == nullptr || record->type != "response" || record->from != agent ||
            !record->payload) {
            continue;
        }
        return std::string{as_text(*record->payload)};
    }
}

std::optional<ViewDifference> compare_views(const Views::Group& group, const Side& first,
                                            std::vector<std::unique_ptr<Side>>& sides) {
    // Known already: the list of an agent that is asked directly.
    for (const auto& side : sides) {
        if (group.agents.contains(side->name)) return difference_of(first.up, side->up);
    }
    for (const auto& side : sides) {
        for (const std::string& agent : group.agents) {
            if (!side->answered.contains(agent)) continue;
            ViewSearch search{first.up};
            return search.run([&](const std::string& question) {
                return ask_one(side->client, agent, question);
            });
        }
    }
    return std::nullopt;
}

int run_partitions(const Context& context, const PartitionsOptions& options) {
    const bool json = options.rpc.json();
    if (auto bad = check_format(options.rpc)) return fail_to_ask(context, *bad, false);
    std::vector<std::string> addresses = options.addresses;
    if (addresses.empty()) addresses.emplace_back();
    std::vector<std::unique_ptr<Side>> sides;
    Views views;
    for (const std::string& address : addresses) {
        RpcFlags flags = options.rpc;
        flags.address = address;
        auto side = std::make_unique<Side>();
        if (auto bad = open_side(context, flags, *side)) return fail_to_ask(context, *bad, json);
        if (auto bad = ask_all(*side, views)) return fail_to_ask(context, *bad, json);
        sides.push_back(std::move(side));
    }
    auto& groups = views.arrange(sides.front()->name);
    const std::size_t compared = std::min(groups.size(), kMostCompared + 1);
    for (std::size_t i = 1; i < compared; ++i) {
        groups[i].difference = compare_views(groups[i], *sides.front(), sides);
    }
    if (groups.empty()) {
        return fail_to_ask(context,
                           {"Error: no agent answered",
                            "only rollcall agents of this version or later answer; Serf agents do "
                            "not"},
                           json);
    }
    if (answer(context, json ? views.as_json() : views.as_text()) != kExitOk) return kExitNoResult;
    return views.one_view() ? kExitOk : kExitSeveralViews;
}

}  // namespace

Command partitions_command() {
    auto options = std::make_shared<PartitionsOptions>();
    Command command{
        .name = "partitions",
        .summary = "Shows which agents see the same members",
        .description =
            "Asks all agents which members are up for them, groups them by the answer, and shows "
            "in "
            "which members the groups differ. An agent on the other side of a cut cannot be asked "
            "through this one: name one of each side with --rpc-addr. Differences of a few seconds "
            "are normal while members join or fail. Exit code: 0 one view, 1 several, 2 an error.",
        .examples = {{"rollcall partitions", "Through the agent on this host."},
                     {"rollcall partitions --rpc-addr a1:7373 --rpc-addr b1:7373 --format json",
                      "Both sides of a cut, as JSON."}},
        .run = [options](const Context& context) { return run_partitions(context, *options); },
        .usage_exit = [](std::span<const std::string>) { return kExitNoResult; },
        .state = options};
    add_rpc_flags(command, options->rpc);
    for (Flag& flag : command.flags) {
        if (flag.name != "rpc-addr") continue;
        flag.target = &options->addresses;
        flag.help += " May be given several times: all of them are asked.";
    }
    return command;
}

}  // namespace rollcall::cli

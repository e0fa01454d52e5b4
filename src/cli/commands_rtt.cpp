// SPDX-License-Identifier: Apache-2.0
//
// `rollcall rtt`: estimates the round-trip time between two members by their network coordinates,
// without measuring.
#include <array>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/sanitize.h"
#include "cli/commands.h"
#include "cli/rpc_session.h"
#include "rpc/rtt.h"

namespace rollcall::cli {

namespace {

struct RttOptions {
    RpcFlags rpc;
    std::vector<std::string> nodes;
};

Result<std::string, Failure> own_name(RpcClient& client) {
    const auto stats = client.ask<rpc::Stats>("stats");
    if (!stats) return describe("Error querying agent", stats.error());
    const auto agent = stats->find("agent");
    if (agent != stats->end()) {
        const auto name = agent->second.find("name");
        if (name != agent->second.end()) return name->second;
    }
    return Failure{"Error querying agent: it does not report its own name", "give two nodes"};
}

Result<rpc::Coordinate, Failure> coordinate_of(RpcClient& client, const std::string& node,
                                               bool as_serf) {
    auto answer = client.attempt<rpc::GetCoordinateResponse>(
        "get-coordinate", rpc::GetCoordinateRequest{.node = node});
    if (answer.error) return describe("Error getting coordinates", *answer.error);
    if (!answer.response.ok) {
        // An unknown name is the more helpful error.
        if (!as_serf) {
            const auto member = member_named(client, node, "Error getting coordinates");
            if (!member) return member.error();
        }
        return Failure{"Could not find a coordinate for node \"" + node + '"',
                       "a member has one after its first answer to a probe of this agent, and "
                       "never if it runs with --disable-coordinates"};
    }
    return std::move(answer.response.coord);
}

std::string rtt_text(const std::array<std::string, 2>& nodes, Duration rtt, bool json) {
    std::array<char, 64> number{};
    const double ms = std::chrono::duration<double, std::milli>(rtt).count();
    std::snprintf(number.data(), number.size(), "%.3f", ms);
    if (!json) {
        return "Estimated " + sanitized(nodes[0]) + " <-> " + sanitized(nodes[1]) +
               " rtt: " + number.data() + " ms\n";
    }
    const nlohmann::ordered_json object{{"nodes", nodes}, {"rtt_ms", ms}};
    return object.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + '\n';
}

int run_rtt(const Context& context, const RttOptions& options) {
    const bool json = options.rpc.json();
    if (auto bad = check_format(options.rpc)) return fail(context, *bad);
    RpcClient client;
    if (auto bad = open_session(context, options.rpc, client)) return fail(context, *bad, json);
    std::array<std::string, 2> nodes{options.nodes.front(), options.nodes.back()};
    if (options.nodes.size() == 1) {
        auto own = own_name(client);
        if (!own) return fail(context, own.error(), json);
        nodes[1] = std::move(*own);
    }
    std::array<rpc::Coordinate, 2> places;
    for (std::size_t i = 0; i < 2; ++i) {
        auto place = coordinate_of(client, nodes[i], context.as_serf);
        if (!place) return fail(context, place.error(), json);
        places[i] = std::move(*place);
    }
    const auto rtt = agent::estimated_rtt(places[0], places[1]);
    if (!rtt) {
        return fail(context,
                    {"Error getting coordinates: not of eight dimensions",
                     "the agent is of another version than this program"},
                    json);
    }
    return answer(context, rtt_text(nodes, *rtt, json));
}

}  // namespace

Command rtt_command() {
    auto options = std::make_shared<RttOptions>();
    Command command{
        .name = "rtt",
        .summary = "Estimates the round-trip time between two members",
        .arguments = "NODE [NODE]",
        .description =
            "Estimates the round-trip time between two members by the network coordinates that the "
            "agent knows; nothing is sent to them. With one name the other is the agent itself. "
            "Names are those of 'rollcall members'.",
        .examples = {{"rollcall rtt db3", "Between this agent and db3."},
                     {"rollcall rtt db3 web1", "Between two other members."}},
        .positionals = &options->nodes,
        .min_positionals = 1,
        .max_positionals = 2,
        .missing = "One or two node names must be specified",
        .run = [options](const Context& context) { return run_rtt(context, *options); },
        .state = options};
    add_rpc_flags(command, options->rpc);
    return command;
}

}  // namespace rollcall::cli

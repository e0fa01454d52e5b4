// SPDX-License-Identifier: Apache-2.0
//
// `rollcall why`: why an agent sees a member as it does, and with --all why the others do.
#include <chrono>
#include <memory>
#include <set>
#include <utility>

#include "base/bytes.h"
#include "base/parse_duration.h"
#include "base/sanitize.h"
#include "cli/commands.h"
#include "cli/rpc_session.h"
#include "cli/why_story.h"

namespace rollcall::cli {

namespace {

constexpr std::string_view kWhyError = "Error asking why";

struct WhyOptions {
    RpcFlags rpc;
    bool all = false;
    std::string timeout;
    std::vector<std::string> arguments;
};

Failure needs_rollcall(const AgentIdentity& agent) {
    return {std::string{kWhyError} + ": the agent " + sanitized(agent.name) +
                " is a Serf agent: it keeps no record of what it saw",
            "ask a rollcall agent of the same cluster with --rpc-addr; with --all it asks the "
            "others"};
}

// Asks all members by the built-in query (rule E8), and collects what comes until its end.
std::optional<Failure> ask_all(RpcClient& client, const std::string& node, std::int64_t timeout_ns,
                               WhyStory& story) {
    const auto members = client.ask<rpc::MembersResponse>("members");
    if (!members) return describe("Error retrieving members", members.error());
    std::set<std::string> alive;
    for (const rpc::Member& member : members->members) {
        if (member.status == "alive") alive.insert(member.name);
    }
    story.asked(std::move(alive));
    const auto asked = client.query({.request_ack = true,
                                     .timeout = timeout_ns,
                                     .name = "_serf_rollcall_why",
                                     .payload = payload_of(node)});
    if (!asked) return describe(kWhyError, asked.error());
    while (true) {
        auto item = client.next_record();
        if (!item) return describe_while_watching("Error waiting for answers", item.error());
        const auto* record = *item ? std::get_if<rpc::AnswerRecord>(&**item) : nullptr;
        if (record == nullptr) continue;
        if (record->type == "done") return std::nullopt;
        if (record->type == "ack") {
            story.acked(record->from);
        } else if (record->payload) {
            story.answered(record->from, as_text(*record->payload));
        }
    }
}

int run_why(const Context& context, const WhyOptions& options) {
    const bool json = options.rpc.json();
    const auto failed = [&](const Failure& failure) { return fail(context, failure, json); };
    if (auto bad = check_format(options.rpc)) return fail(context, *bad);
    std::int64_t timeout_ns = 0;
    if (!options.timeout.empty()) {
        const auto timeout = parse_duration(options.timeout);
        if (!timeout) return failed({.message = "--timeout: " + timeout.error()});
        if (!options.all) return failed({"--timeout: only with --all, which waits for others", ""});
        timeout_ns = std::chrono::nanoseconds{*timeout}.count();
    }
    const std::string& node = options.arguments.front();
    if (node.empty()) return failed({std::string{kWhyError} + ": the name is empty", ""});
    RpcClient client;
    if (auto bad = open_session(context, options.rpc, client)) return failed(*bad);
    client.catch_interrupt();
    const auto agent = identify(client);
    if (!agent) return failed(describe(kWhyError, agent.error()));
    if (!agent->rollcall) return failed(needs_rollcall(*agent));
    auto seen = client.ask<rpc::WhyResponse>("why", rpc::WhyRequest{.node = node});
    if (!seen) return failed(describe(kWhyError, seen.error()));
    WhyStory story{node, agent->name, std::move(*seen)};
    if (options.all) {
        if (auto bad = ask_all(client, node, timeout_ns, story)) return failed(*bad);
    }
    if (!story.is_known()) {
        const auto member = member_named(client, node, kWhyError);
        if (!member) return failed(member.error());
    }
    return answer(context, json ? story.json() : story.text());
}

}  // namespace

Command why_command() {
    auto options = std::make_shared<WhyOptions>();
    Command command{
        .name = "why",
        .summary = "Explains the state of a member: what was seen of it, and by whom",
        .arguments = "NODE",
        .description =
            "Prints the state of a member, since when and by whom, and the last things that the "
            "agent saw of it: probes that failed, with what was tried, accusations and "
            "confirmations of others, leaves and force-leaves. A member that is gone is explained, "
            "too, while the agent has records about it. Needs a rollcall agent.",
        .flags = {{"all", "",
                   "Also ask the other agents. Serf agents do not answer; they log that they do "
                   "not know the query.",
                   &options->all},
                  {"timeout", "DURATION",
                   "How long to wait for the others, as in 500ms or 3s. Default: that of a query.",
                   &options->timeout}},
        .examples = {{"rollcall why db1", "Why is db1 called failed?"},
                     {"rollcall why db1 --all", "Who saw it fail, and who did not?"},
                     {"rollcall why db1 --format json | jq '.member.by'", "Who accused it."}},
        .positionals = &options->arguments,
        .min_positionals = 1,
        .max_positionals = 1,
        .missing = "A member name must be specified.",
        .run = [options](const Context& context) { return run_why(context, *options); },
        .state = options};
    add_rpc_flags(command, options->rpc);
    return command;
}

}  // namespace rollcall::cli

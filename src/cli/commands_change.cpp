// SPDX-License-Identifier: Apache-2.0
//
// The subcommands that change something: `join`, `leave`, `force-leave` and `tags`.
#include <algorithm>
#include <limits>
#include <memory>
#include <nlohmann/json.hpp>

#include "base/sanitize.h"
#include "cli/commands.h"
#include "cli/rpc_session.h"

namespace rollcall::cli {

namespace {

constexpr std::size_t kAnyNumber = std::numeric_limits<std::size_t>::max();

struct ChangeOptions {
    RpcFlags rpc;
    std::vector<std::string> arguments;
    std::vector<std::string> set;
    std::vector<std::string> remove;
    bool replay = false;
    bool prune = false;
};

// Common to all commands here: connect, run `act`, print its result.
int run_change(const Context& context, const RpcFlags& flags,
               const std::function<Result<std::string, Failure>(RpcClient&)>& act) {
    if (auto bad = check_format(flags)) return fail(context, *bad);
    RpcClient client;
    if (auto bad = open_session(context, flags, client)) return fail(context, *bad, flags.json());
    const auto done = act(client);
    if (!done) return fail(context, done.error(), flags.json());
    return answer(context, *done);
}

std::string done_text(const RpcFlags& flags, std::string_view text, std::string_view json) {
    return std::string{flags.json() ? json : text} + '\n';
}

// Converts the list of errors in Serf's form, which both agents send, to readable lines.
Failure join_failure(const RpcError& error) {
    Failure failure = describe("Error joining the cluster", error);
    failure.as_serf = failure.message;
    std::vector<std::string> causes;
    for (std::size_t at = error.text.find("\t* "); at != std::string::npos;
         at = error.text.find("\t* ", at)) {
        at += 3;
        std::string cause = error.text.substr(at, error.text.find('\n', at) - at);
        // Both agents repeat the address after this.
        constexpr std::string_view kFailed = "Failed to join ";
        const std::size_t colon = cause.find(": ");
        if (colon != std::string::npos &&
            (cause.starts_with(kFailed) || cause.substr(colon + 2).starts_with("cannot resolve"))) {
            cause.erase(0, colon + 2);
        }
        causes.push_back(std::move(cause));
    }
    if (causes.empty()) return failure;
    failure.message = "Error joining the cluster: ";
    if (causes.size() == 1) {
        failure.message += causes.front();
    } else {
        failure.message += "none of " + std::to_string(causes.size()) + " addresses answered";
        for (const std::string& cause : causes) failure.message += "\n  " + cause;
    }
    const bool hung_up = std::ranges::any_of(causes, [](const std::string& cause) {
        return cause.find("another label or encryption") != std::string::npos ||
               cause.find("answer was refused") != std::string::npos ||
               cause.ends_with(": EOF");  // text of Serf's agent
    });
    if (hung_up) {
        failure.hint =
            "compare 'label' and 'key_fingerprint' of 'rollcall info' on both sides; "
            "the log of the peer shows what it refused";
    }
    return failure;
}

Result<std::string, Failure> join(const Context& context, const ChangeOptions& options,
                                  RpcClient& client) {
    const auto answer = client.ask<rpc::JoinResponse>(
        "join", rpc::JoinRequest{.existing = options.arguments, .replay = options.replay});
    if (!answer) return join_failure(answer.error());
    // An agent that reached only itself reports success, too.
    if (!context.as_serf) {
        const auto members = client.ask<rpc::MembersResponse>("members");
        if (members && members->members.size() == 1) {
            return Failure{"Error joining the cluster: the agent has reached only itself",
                           "use the address of another member"};
        }
    }
    const std::string count = std::to_string(answer->num);
    return done_text(options.rpc, "Successfully joined cluster by contacting " + count + " nodes.",
                     "{\"contacted\":" + count + '}');
}

Result<std::string, Failure> leave(const Context&, const ChangeOptions& options,
                                   RpcClient& client) {
    if (const auto error = client.call("leave")) return describe("Error leaving", *error);
    return done_text(options.rpc, "Graceful leave complete", R"({"left":true})");
}

// Prints the member's status before and after.
Result<std::string, Failure> force_leave(const Context& context, const ChangeOptions& options,
                                         RpcClient& client) {
    constexpr std::string_view kForceError = "Error force leaving";
    const std::string& node = options.arguments.front();
    std::string before;
    if (!context.as_serf) {
        const auto member = member_named(client, node, kForceError);
        if (!member) return member.error();
        before = member->status;
    }
    const rpc::ForceLeaveRequest request{.node = node, .prune = options.prune};
    if (const auto error = client.call("force-leave", request)) {
        return describe(kForceError, *error);
    }
    if (context.as_serf) return std::string{};  // Serf prints nothing
    const auto members = client.ask<rpc::MembersResponse>("members");
    if (!members) return describe("Error retrieving members", members.error());
    std::string after = "forgotten";
    for (const rpc::Member& member : members->members) {
        if (member.name == node) after = member.status;
    }
    if (after == "alive" || (before == "alive" && after == "leaving")) {
        return Failure{std::string{kForceError} + ": " + node + " is alive and will refute this",
                       "stop that agent, or run 'rollcall leave' on its host; only a failed "
                       "member can be declared as left"};
    }
    const nlohmann::ordered_json json{{"node", node}, {"before", before}, {"after", after}};
    const std::string text = before == after ? sanitized(node) + ": is already " + after
                                             : sanitized(node) + ": " + before + " -> " + after;
    return done_text(options.rpc, text,
                     json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

// Prints a note for each tag to delete that does not exist: it may be misspelt.
void note_missing_tags(const Context& context, const ChangeOptions& options, RpcClient& client) {
    const auto stats = client.ask<rpc::Stats>("stats");
    const auto tags = stats ? stats->find("tags") : rpc::Stats::const_iterator{};
    if (!stats || tags == stats->end()) return;
    for (const std::string& key : options.remove) {
        if (tags->second.contains(key)) continue;
        context.complain("note: the agent has no tag '" + sanitized(key) + "'\n");
    }
}

Result<std::string, Failure> change_tags(const Context& context, const ChangeOptions& options,
                                         RpcClient& client) {
    rpc::TagsRequest request{.delete_tags = options.remove};
    if (auto bad = parse_pairs(options.set, request.tags)) return *bad;
    if (!context.as_serf && !options.rpc.json() && !options.remove.empty()) {
        note_missing_tags(context, options, client);
    }
    if (const auto error = client.call("tags", request)) {
        return describe("Error setting tags", *error);
    }
    return done_text(options.rpc, "Successfully updated agent tags", R"({"updated":true})");
}

template <class Act>
Command change_command(const std::shared_ptr<ChangeOptions>& options, Command command, Act act) {
    command.run = [options, act](const Context& context) {
        return run_change(context, options->rpc,
                          [&](RpcClient& client) { return act(context, *options, client); });
    };
    command.state = options;
    add_rpc_flags(command, options->rpc);
    return command;
}

}  // namespace

Command join_command() {
    auto options = std::make_shared<ChangeOptions>();
    return change_command(
        options,
        {.name = "join",
         .summary = "Makes an agent join a cluster",
         .arguments = "ADDRESS...",
         .description = "Makes a running agent join a cluster through one or more of its members. "
                        "An address is HOST, HOST:PORT or [IPV6]:PORT with the gossip port "
                        "(default 7946). Succeeds when at least one of them answered.",
         .flags = {{"replay", "", "Also deliver past user events.", &options->replay}},
         .examples = {{"rollcall join 10.0.0.5", "Joins through one member."},
                      {"rollcall join seed1.example.com seed2.example.com:7950",
                       "Tries both; one is enough."}},
         .positionals = &options->arguments,
         .min_positionals = 1,
         .max_positionals = kAnyNumber,
         .missing = "At least one address to join must be specified."},
        join);
}

Command leave_command() {
    auto options = std::make_shared<ChangeOptions>();
    return change_command(
        options,
        {.name = "leave",
         .summary = "Makes an agent leave its cluster and exit",
         .description = "Makes a running agent leave the cluster gracefully, so that the other "
                        "members list it as left and not as failed. Then the agent exits.",
         .examples = {{"rollcall leave", "Leaves, and waits until it is done."}}},
        leave);
}

Command force_leave_command() {
    auto options = std::make_shared<ChangeOptions>();
    return change_command(
        options,
        {.name = "force-leave",
         .summary = "Declares a failed member as left",
         .arguments = "NODE",
         .description =
             "Declares a failed member as left, so that no member tries to reconnect to it, and "
             "prints its status before and after. An alive member refutes this and stays: that is "
             "an error, and so is an unknown name.",
         .flags = {{"prune", "", "Also remove the member from the list.", &options->prune}},
         .examples = {{"rollcall force-leave db3", "db3 will not come back."},
                      {"rollcall force-leave --prune db3", "Also removes it from the list."}},
         .positionals = &options->arguments,
         .min_positionals = 1,
         .max_positionals = 1,
         .missing = "A node name must be specified to force leave."},
        force_leave);
}

Command tags_command() {
    auto options = std::make_shared<ChangeOptions>();
    Command command = change_command(
        options,
        {.name = "tags",
         .summary = "Changes the tags of an agent",
         .description = "Sets and deletes tags of a running agent and announces them to the "
                        "cluster. All tags together take at most 512 bytes. A tag that is both "
                        "set and deleted is set.",
         .flags = {{"set", "KEY=VALUE", "Sets a tag. May be given several times.", &options->set},
                   {"delete", "KEY", "Deletes a tag. May be given several times.",
                    &options->remove}},
         .examples = {{"rollcall tags --set role=web --set version=2",
                       "Sets two tags and keeps the others."},
                      {"rollcall tags --delete canary", "Deletes one."}}},
        change_tags);
    // Checked without an agent.
    command.run = [options, run = command.run](const Context& context) {
        if (!options->set.empty() || !options->remove.empty()) return run(context);
        return fail(context, {"Error: no tags given", "use --set or --delete"},
                    options->rpc.json());
    };
    return command;
}

}  // namespace rollcall::cli

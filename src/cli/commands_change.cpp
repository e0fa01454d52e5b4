// SPDX-License-Identifier: Apache-2.0
//
// The subcommands that change something: `join`, `leave`, `force-leave` and `tags`.
#include <limits>
#include <memory>

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

// What every command here does: connect, ask, and say so. `act` answers what to print.
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

Result<std::string, Failure> join(const ChangeOptions& options, RpcClient& client) {
    const auto answer = client.ask<rpc::JoinResponse>(
        "join", rpc::JoinRequest{.existing = options.arguments, .replay = options.replay});
    if (!answer) return describe("Error joining the cluster", answer.error());
    const std::string count = std::to_string(answer->num);
    return done_text(options.rpc, "Successfully joined cluster by contacting " + count + " nodes.",
                     "{\"contacted\":" + count + '}');
}

Result<std::string, Failure> leave(const ChangeOptions& options, RpcClient& client) {
    if (const auto error = client.call("leave")) return describe("Error leaving", *error);
    return done_text(options.rpc, "Graceful leave complete", R"({"left":true})");
}

Result<std::string, Failure> force_leave(const ChangeOptions& options, RpcClient& client) {
    const rpc::ForceLeaveRequest request{.node = options.arguments.front(), .prune = options.prune};
    if (const auto error = client.call("force-leave", request)) {
        return describe("Error force leaving", *error);
    }
    return std::string{};  // silence is success, as in Serf
}

Result<std::string, Failure> change_tags(const ChangeOptions& options, RpcClient& client) {
    rpc::TagsRequest request{.delete_tags = options.remove};
    if (auto bad = parse_pairs(options.set, request.tags)) return *bad;
    if (const auto error = client.call("tags", request)) {
        return describe("Error setting tags", *error);
    }
    return done_text(options.rpc, "Successfully updated agent tags", R"({"updated":true})");
}

template <class Act>
Command change_command(const std::shared_ptr<ChangeOptions>& options, Command command, Act act) {
    command.run = [options, act](const Context& context) {
        return run_change(context, options->rpc,
                          [&](RpcClient& client) { return act(*options, client); });
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
         .description = "Tells a running agent to join a cluster through at least one of its "
                        "members. An address is HOST, HOST:PORT or [IPV6]:PORT, the port being "
                        "the gossip port (7946). Succeeds when one of them answered.",
         .flags = {{"replay", "", "Also deliver user events of the past.", &options->replay}},
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
         .summary = "Makes an agent leave its cluster and end",
         .description = "Tells a running agent to leave the cluster gracefully: the others learn "
                        "that it left and do not take it for failed. Then the agent ends.",
         .examples = {{"rollcall leave", "Leaves, and waits until that is done."}}},
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
             "Makes the cluster take a failed member for one that left, so that nobody tries to "
             "reconnect to it. A member that is alive contradicts and stays. A name that nobody "
             "knows is no error.",
         .flags = {{"prune", "", "Also forget the member: it is listed no more.", &options->prune}},
         .examples = {{"rollcall force-leave db3", "db3 is not coming back."},
                      {"rollcall force-leave --prune db3", "And shall not be listed as left."}},
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
         .description = "Sets and deletes tags of a running agent; the cluster learns of it at "
                        "once. All tags together take 512 bytes at most. A tag that is both set "
                        "and deleted is set.",
         .flags = {{"set", "KEY=VALUE", "Sets a tag. May be given several times.", &options->set},
                   {"delete", "KEY", "Deletes a tag. May be given several times.",
                    &options->remove}},
         .examples = {{"rollcall tags --set role=web --set version=2",
                       "Sets two tags, and leaves the others alone."},
                      {"rollcall tags --delete canary", "Deletes one."}}},
        change_tags);
    // Nothing to do is a mistake of the caller, and no agent is needed to see it.
    command.run = [options, run = command.run](const Context& context) {
        if (!options->set.empty() || !options->remove.empty()) return run(context);
        return fail(context, {"Error: no tags given", "name some with --set or --delete"},
                    options->rpc.json());
    };
    return command;
}

}  // namespace rollcall::cli

// SPDX-License-Identifier: Apache-2.0
//
// `rollcall members`: lists the members, once or after every change.
#include <algorithm>
#include <memory>

#include "cli/commands.h"
#include "cli/member_details.h"
#include "cli/members_watch.h"
#include "cli/output.h"
#include "cli/rpc_session.h"
#include "rpc/member_filter.h"

namespace rollcall::cli {

namespace {

constexpr std::string_view kMembersError = "Error retrieving members";

struct MembersOptions {
    RpcFlags rpc;
    std::string name, role, status;
    std::vector<std::string> tags;
    bool detailed = false;
    bool watch = false;
    bool details_known = false;  // the agent has more than Serf's list: see identify()
};

Result<std::string, Failure> render_details(const Context& context, const MembersOptions& options,
                                            const rpc::MembersFilteredRequest& filter,
                                            RpcClient& client) {
    auto answer = client.ask<rpc::MemberDetailsResponse>("member-details", filter);
    if (!answer) return describe(kMembersError, answer.error());
    std::ranges::stable_sort(
        answer->members, {}, [](const rpc::MemberDetails& m) -> auto& { return m.member.name; });
    if (options.rpc.json()) return member_details_json(answer->members);
    return member_details_table(answer->members,
                                {.header = context.terminal, .colour = context.colour});
}

Result<std::string, Failure> render_members(const Context& context, const MembersOptions& options,
                                            const rpc::MembersFilteredRequest& filter,
                                            RpcClient& client) {
    if (options.details_known) return render_details(context, options, filter, client);
    auto answer = client.ask<rpc::MembersResponse>("members-filtered", filter);
    if (!answer) return describe(kMembersError, answer.error());
    sort_members(answer->members);
    if (options.rpc.json()) return members_json(answer->members);
    return members_table(answer->members, options.detailed,
                         {.header = context.terminal, .colour = context.colour});
}

// Rejects filters on which an agent closes the connection without an error, and a status that no
// member can have, which would look like an empty cluster.
std::optional<Failure> check_filter(const rpc::MembersFilteredRequest& filter) {
    const auto check = [](const std::string& flag,
                          const std::string& expression) -> std::optional<Failure> {
        const auto problem = agent::MemberFilter::problem_of(expression);
        if (!problem) return std::nullopt;
        return Failure{
            std::string{kMembersError} + ": " + flag + ": '" + expression + "' " + *problem,
            "expressions are RE2, as in 'db.*' or 'a|b'"};
    };
    if (auto bad = check("--name", filter.name)) return bad;
    if (auto bad = check("--status", filter.status)) return bad;
    for (const auto& [tag, expression] : filter.tags) {
        if (auto bad = check("--tag " + tag, expression)) return bad;
    }
    if (filter.status.empty() || agent::MemberFilter::can_match_a_status(filter.status)) {
        return std::nullopt;
    }
    return Failure{std::string{kMembersError} + ": --status: '" + filter.status +
                       "' matches no status; allowed: alive, leaving, left, failed, or a regular "
                       "expression that matches one of them",
                   "as in --status alive, or --status 'failed|left'"};
}

int run_members(const Context& context, MembersOptions& options) {
    const bool json = options.rpc.json();
    if (auto bad = check_format(options.rpc)) return fail(context, *bad);
    rpc::MembersFilteredRequest filter{.status = options.status, .name = options.name};
    if (auto bad = parse_pairs(options.tags, filter.tags)) return fail(context, *bad, json);
    if (!options.role.empty()) {
        context.complain(context.as_serf
                             ? "Deprecation warning: 'Role' has been replaced with 'Tags'\n"
                             : "Deprecation warning: --role is now --tag role=REGEXP\n");
        filter.tags["role"] = options.role;
    }
    if (!context.as_serf) {
        if (auto bad = check_filter(filter)) return fail(context, *bad, json);
    }
    RpcClient client;
    if (auto bad = open_session(context, options.rpc, client)) return fail(context, *bad, json);
    if (options.detailed && !context.as_serf) {
        const auto agent = identify(client);
        if (!agent) return fail(context, describe(kMembersError, agent.error()), json);
        options.details_known = agent->rollcall;
    }
    const auto render = [&] { return render_members(context, options, filter, client); };
    if (options.watch) {
        return watch_members(context, client,
                             {.filter = filter,
                              .json = json,
                              .suspicions = options.details_known,
                              .render = render});
    }
    const auto text = render();
    if (!text) return fail(context, text.error(), json);
    return answer(context, *text);
}

}  // namespace

Command members_command() {
    auto options = std::make_shared<MembersOptions>();
    Command command{
        .name = "members",
        .summary = "Lists the members of a cluster",
        .description =
            "Lists the members that an agent knows, one per line: name, address, status and tags. "
            "Regular expressions (RE2) must match as a whole. A status is one of alive, leaving, "
            "left and failed.",
        .flags = {{"name", "REGEXP", "Only members whose name matches.", &options->name},
                  {"status", "REGEXP",
                   "Only members whose status matches: alive, leaving, left or failed.",
                   &options->status},
                  {"tag", "KEY=REGEXP",
                   "Only members whose tag matches. May be given several times: all must match.",
                   &options->tags},
                  {"role", "REGEXP", "Deprecated: --tag role=REGEXP.", &options->role},
                  {"detailed", "",
                   "Also print protocol versions and what the agent knows about the member: the "
                   "state of the failure detector, since when and by whom, the last ack, and the "
                   "round trip. Of a Serf agent the versions only, and in text only.",
                   &options->detailed},
                  {"watch", "",
                   "Print the list again whenever a member joins, leaves, fails or changes, with "
                   "--detailed also at the begin and end of a suspicion, until Ctrl-C. On a "
                   "terminal the list fits the screen, with problems first, suspects included; "
                   "arrows scroll and q quits. With --format json one document per line.",
                   &options->watch}},
        .examples = {{"rollcall members", "All members."},
                     {"rollcall members --status 'failed|left' --format json",
                      "Members that are gone, as JSON."},
                     {"rollcall members --detailed --name 'db.*'",
                      "Who is suspected, and by whom."},
                     {"rollcall members --tag role=web --tag 'dc=eu-.*' --watch",
                      "Watches the web servers of all European sites."}},
        .run = [options](const Context& context) { return run_members(context, *options); },
        .state = options};
    add_rpc_flags(command, options->rpc);
    return command;
}

}  // namespace rollcall::cli

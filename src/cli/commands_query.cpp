// SPDX-License-Identifier: Apache-2.0
//
// `rollcall event`, `rollcall query` and `rollcall reachability`.
#include <charconv>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "base/bytes.h"
#include "base/parse_duration.h"
#include "base/sanitize.h"
#include "cli/commands.h"
#include "cli/reachability.h"
#include "cli/rpc_session.h"

namespace rollcall::cli {

namespace {

using QueryJson = nlohmann::ordered_json;

constexpr std::string_view kQueryError = "Error sending query";

std::string dumped(const QueryJson& json, int indent) {
    return json.dump(indent, ' ', false, QueryJson::error_handler_t::replace) + '\n';
}

// --- event ---------------------------------------------------------------------------------------

struct EventOptions {
    RpcFlags rpc;
    bool coalesce = true;
    std::vector<std::string> arguments;
};

int run_event(const Context& context, const EventOptions& options) {
    const bool json = options.rpc.json();
    if (auto bad = check_format(options.rpc)) return fail(context, *bad);
    RpcClient client;
    if (auto bad = open_session(context, options.rpc, client)) return fail(context, *bad, json);
    const std::string& name = options.arguments.front();
    if (name.empty() && !context.as_serf) {
        return fail(context, {"Error sending event: the name is empty", ""}, json);
    }
    rpc::EventRequest request{.name = name, .coalesce = options.coalesce};
    if (options.arguments.size() > 1) request.payload = payload_of(options.arguments[1]);
    if (const auto error = client.call("event", request)) {
        return fail(context, describe("Error sending event", *error), json);
    }
    if (json) {
        return answer(context, dumped({{"event", name}, {"coalesce", options.coalesce}}, -1));
    }
    return answer(context, "Event '" + sanitized(name) + "' dispatched! Coalescing enabled: " +
                               (options.coalesce ? "true" : "false") + "\n");
}

// --- query ---------------------------------------------------------------------------------------

struct QueryOptions {
    RpcFlags rpc;
    std::vector<std::string> nodes, tags;
    std::string timeout, relay_factor;
    bool no_ack = false;
    std::vector<std::string> arguments;
};

Result<rpc::QueryRequest, Failure> request_of(const QueryOptions& options, bool as_serf) {
    rpc::QueryRequest request{.filter_nodes = options.nodes,
                              .request_ack = !options.no_ack,
                              .name = options.arguments.front()};
    if (request.name.empty() && !as_serf) {
        return Failure{std::string{kQueryError} + ": the name is empty", ""};
    }
    if (options.arguments.size() > 1) request.payload = payload_of(options.arguments[1]);
    if (auto bad = parse_pairs(options.tags, request.filter_tags)) return *bad;
    if (!options.timeout.empty()) {
        const auto timeout = parse_duration(options.timeout);
        if (!timeout) {
            return Failure{.message = "--timeout: " + timeout.error()};
        }
        request.timeout = std::chrono::nanoseconds{*timeout}.count();
    }
    if (!options.relay_factor.empty()) {
        unsigned factor = 0;
        const char* end = options.relay_factor.data() + options.relay_factor.size();
        const auto [stop, error] = std::from_chars(options.relay_factor.data(), end, factor);
        if (error != std::errc{} || stop != end || factor > 255) {
            return Failure{"Relay factor must be between 0 and 255",
                           "--relay-factor: '" + options.relay_factor + "' is not allowed"};
        }
        request.relay_factor = static_cast<std::uint8_t>(factor);
    }
    return request;
}

// A line of text output. Drops one newline at the end, which scripts usually write.
std::string answer_line(const rpc::AnswerRecord& record) {
    std::string_view text = record.payload ? as_text(*record.payload) : std::string_view{};
    if (text.ends_with('\n')) text.remove_suffix(1);
    return "Response from '" + sanitized(record.from) + "': " + sanitized_lines(text) + "\n";
}

// Passes each record before "done" to `on_answer`. Returns the exit code of a failure, which is
// already printed, or nullopt.
std::optional<int> follow_answers(
    const Context& context, RpcClient& client, bool json,
    const std::function<std::optional<int>(rpc::AnswerRecord)>& on_answer) {
    while (true) {
        auto item = client.next_record();
        if (!item)
            return fail(context, describe_while_watching("Error waiting for answers", item.error()),
                        json);
        auto* record = *item ? std::get_if<rpc::AnswerRecord>(&**item) : nullptr;
        if (record == nullptr) continue;
        if (record->type == "done") return std::nullopt;
        if (const auto code = on_answer(std::move(*record))) return code;
    }
}

int run_query(const Context& context, const QueryOptions& options) {
    const bool json = options.rpc.json();
    if (check_format(options.rpc)) {
        return fail(context, {"Invalid format: " + options.rpc.format, "--format is text or json"});
    }
    const auto request = request_of(options, context.as_serf);
    if (!request) return fail(context, request.error(), json);
    RpcClient client;
    if (auto bad = open_session(context, options.rpc, client)) return fail(context, *bad, json);
    for (const std::string& node : options.nodes) {
        if (context.as_serf) break;
        if (const auto member = member_named(client, node, kQueryError); !member) {
            return fail(context, member.error(), json);
        }
    }
    client.catch_interrupt();
    if (const auto asked = client.query(*request); !asked) {
        return fail(context, describe(kQueryError, asked.error()), json);
    }
    if (!json) {
        if (auto code =
                answer_part(context, "Query '" + sanitized(request->name) + "' dispatched\n")) {
            return *code;
        }
    }
    QueryJson acks = QueryJson::array();
    QueryJson responses = QueryJson::object();
    std::size_t answers = 0;
    const auto stopped = follow_answers(
        context, client, json, [&](const rpc::AnswerRecord& record) -> std::optional<int> {
            const bool ack = record.type == "ack";
            if (ack) acks.push_back(record.from);
            if (!ack) ++answers;
            if (!json) {
                return answer_part(context, ack ? "Ack from '" + sanitized(record.from) + "'\n"
                                                : answer_line(record));
            }
            if (!ack) responses[record.from] = record.payload ? as_text(*record.payload) : "";
            return std::nullopt;
        });
    if (stopped) return *stopped;
    std::string text = dumped({{"Acks", acks}, {"Responses", responses}}, 2);
    if (!json) {
        text = options.no_ack ? "" : "Total Acks: " + std::to_string(acks.size()) + "\n";
        text += "Total Responses: " + std::to_string(answers) + "\n";
    }
    const int code = answer(context, text);
    // Without filters the agent itself answers at once, so the filters match no member.
    if (code != kExitOk || context.as_serf || options.no_ack || !acks.empty() || answers > 0) {
        return code;
    }
    return fail(context,
                {"Error waiting for answers: no member received the query",
                 "does any member match the filters? 'rollcall members' shows their tags"},
                json);
}

// --- reachability --------------------------------------------------------------------------------

struct ReachabilityOptions {
    RpcFlags rpc;
    bool verbose = false;
};

int run_reachability(const Context& context, const ReachabilityOptions& options) {
    using Clock = std::chrono::steady_clock;
    const bool json = options.rpc.json();
    if (auto bad = check_format(options.rpc)) return fail(context, *bad);
    RpcClient client;
    if (auto bad = open_session(context, options.rpc, client)) return fail(context, *bad, json);
    client.catch_interrupt();
    const auto members = client.ask<rpc::MembersResponse>("members");
    if (!members) {
        return fail(context, describe("Error retrieving members", members.error()), json);
    }
    Reachability test{members->members};
    if (!json) {
        if (auto code = answer_part(context, test.opening())) return *code;
    }
    const auto began = Clock::now();
    auto last = began;
    const auto asked = client.query({.request_ack = true, .name = "_serf_ping"});
    if (!asked) return fail(context, describe(kQueryError, asked.error()), json);
    const auto stopped = follow_answers(
        context, client, json, [&](const rpc::AnswerRecord& record) -> std::optional<int> {
            if (record.type != "ack") return std::nullopt;
            test.add_ack(record.from);
            last = Clock::now();
            if (json || !options.verbose) return std::nullopt;
            return answer_part(context, "\tAck from '" + sanitized(record.from) + "'\n");
        });
    if (stopped) return *stopped;
    if (json) {
        const int code = answer(context, test.as_json());
        return code == kExitOk && !test.all_well() ? kExitError : code;
    }
    std::string text;
    if (options.verbose) {
        using Seconds = std::chrono::duration<double>;
        text = timing_text(Seconds{Clock::now() - began}, Seconds{last - began});
    }
    const int code = answer(context, text + test.verdict());
    return code == kExitOk && !test.all_well() ? kExitError : code;
}

}  // namespace

Command event_command() {
    auto options = std::make_shared<EventOptions>();
    Command command{
        .name = "event",
        .summary = "Sends an event to all members of a cluster",
        .arguments = "NAME [PAYLOAD]",
        .description =
            "Sends a user event: every member receives it once and passes it to its event handlers "
            "and streams. Name and payload take at most 512 bytes. Events have no responses; for "
            "those use 'rollcall query'.",
        .flags = {{"coalesce", "",
                   "Of events with the same name within a few seconds, deliver only the newest. "
                   "Default; --coalesce=false switches it off.",
                   &options->coalesce}},
        .examples = {{"rollcall event deploy v1.2.3", "Sends the event 'deploy' with a payload."},
                     {"rollcall event --coalesce=false tick", "Delivers each event of the name."}},
        .positionals = &options->arguments,
        .min_positionals = 1,
        .max_positionals = 2,
        .missing = "An event name must be specified.",
        .run = [options](const Context& context) { return run_event(context, *options); },
        .state = options};
    add_rpc_flags(command, options->rpc);
    return command;
}

Command query_command() {
    auto options = std::make_shared<QueryOptions>();
    Command command{
        .name = "query",
        .summary = "Sends a query to the members of a cluster",
        .arguments = "NAME [PAYLOAD]",
        .description =
            "Sends a query to all members, or to some, and prints acks and responses until the "
            "timeout. Query and response take at most 1024 bytes each. A query is gossiped, so an "
            "alive member may miss it.",
        .flags = {{"node", "NAME", "Only this member. May be given several times.",
                   &options->nodes},
                  {"tag", "KEY=REGEXP",
                   "Only members whose tag contains a match (RE2, not anchored). May be given "
                   "several times: all must match.",
                   &options->tags},
                  {"timeout", "TIME",
                   "How long to wait for responses. Default: 16 gossip intervals, more in a "
                   "larger cluster.",
                   &options->timeout},
                  {"no-ack", "", "Do not ask members for acks.", &options->no_ack},
                  {"relay-factor", "N",
                   "Number of other members that also relay each response, for networks that lose "
                   "packets. 0 to 255; default: 0.",
                   &options->relay_factor}},
        .examples = {{"rollcall query uptime", "Sends the query to all members."},
                     {"rollcall query --tag role=web --timeout 2s --format json load",
                      "Only to the web servers, with JSON output."}},
        .positionals = &options->arguments,
        .min_positionals = 1,
        .max_positionals = 2,
        .missing = "Query name must be specified.",
        .run = [options](const Context& context) { return run_query(context, *options); },
        .state = options};
    add_rpc_flags(command, options->rpc);
    return command;
}

Command reachability_command() {
    auto options = std::make_shared<ReachabilityOptions>();
    Command command{
        .name = "reachability",
        .summary = "Tests whether all live members can be reached",
        .description =
            "Asks all members to acknowledge a query and compares the acks with the list of alive "
            "members. Exit code 1 if they differ: packets are lost, or the list is out of date.",
        .flags = {{"verbose", "", "Print each ack as it arrives, and the time it took.",
                   &options->verbose}},
        .examples = {{"rollcall reachability", "Tests whether all members can be reached."}},
        .run = [options](const Context& context) { return run_reachability(context, *options); },
        .state = options};
    add_rpc_flags(command, options->rpc);
    return command;
}

}  // namespace rollcall::cli

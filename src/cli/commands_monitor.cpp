// SPDX-License-Identifier: Apache-2.0
//
// `rollcall monitor`: an agent's log and events as they happen.
#include <charconv>
#include <cstdint>
#include <memory>

#include "base/sanitize.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/rpc_session.h"

namespace rollcall::cli {

namespace {

// Records that a stream of the journal begins with, as many as the lines of the log.
constexpr std::uint64_t kRecentRecords = 512;

struct MonitorOptions {
    RpcFlags rpc;
    std::string level = "info";
    std::string since, member;
};

Failure unknown_level(const RpcError& error) {
    Failure failure = describe("Error starting monitor", error);
    if (failure.hint.empty()) failure.hint = "levels are trace, debug, info, warn and err";
    return failure;
}

Result<rpc::JournalRequest, Failure> journal_request(const MonitorOptions& options) {
    rpc::JournalRequest request{
        .last = kRecentRecords, .log_level = options.level, .member = options.member};
    if (options.since.empty()) return request;
    const char* const end = options.since.data() + options.since.size();
    const auto [stop, error] = std::from_chars(options.since.data(), end, request.since);
    if (error != std::errc{} || stop != end) {
        return Failure{"--since: '" + options.since + "' is not the number of a record",
                       "0, or the 'seq' of the last record that was read"};
    }
    request.last = 0;
    return request;
}

std::string record_text(const StreamItem& item, bool json) {
    if (const auto* log = std::get_if<rpc::LogRecord>(&item)) {
        return json ? log_json(*log) : log_text(*log);
    }
    // One line of JSON already; the agent's words are not to be trusted by a terminal.
    if (const auto* record = std::get_if<rpc::JournalLine>(&item)) {
        return sanitized(record->record) + '\n';
    }
    const auto* event = std::get_if<rpc::StreamRecord>(&item);
    if (event == nullptr) return {};  // a query's answer, which cannot come here
    return json ? event_json(*event) : event_text(*event);
}

int follow(const Context& context, RpcClient& client, bool json) {
    while (true) {
        const auto record = client.next_record();
        if (!record) {
            if (record.error().kind == RpcError::Kind::interrupted) return kExitOk;
            if (record.error().kind != RpcError::Kind::closed) {
                return fail(context, describe("Error monitoring", record.error()), json);
            }
            return fail(context,
                        {"Remote side ended the monitor! This usually means that the remote side "
                         "has exited or crashed.",
                         ""},
                        json);
        }
        if (!*record) continue;
        if (const auto code = answer_part(context, record_text(**record, json))) return *code;
    }
}

int follow_journal(const Context& context, RpcClient& client, const rpc::JournalRequest& request) {
    const auto journal = client.journal(request);
    if (!journal) return fail(context, unknown_level(journal.error()), true);
    const int code = follow(context, client, true);
    if (code == kExitOk) static_cast<void>(client.stop(*journal));
    return code;
}

// Whether the agent has a journal; a failure when flags need one and it has none.
Result<bool, Failure> has_journal(RpcClient& client, const MonitorOptions& options) {
    const auto agent = identify(client);
    if (!agent) return describe("Error starting monitor", agent.error());
    if (!agent->rollcall && !(options.since.empty() && options.member.empty())) {
        return Failure{"Error starting monitor: the agent " + sanitized(agent->name) +
                           " is a Serf agent: its records have no numbers and no members",
                       "leave out --since and --member, or ask a rollcall agent"};
    }
    return agent->rollcall;
}

int run_monitor(const Context& context, const MonitorOptions& options) {
    const bool json = options.rpc.json();
    if (auto bad = check_format(options.rpc)) return fail(context, *bad);
    if (!json && !(options.since.empty() && options.member.empty())) {
        return fail(context, {"Error starting monitor: --since and --member need --format json",
                              "the text form is Serf's, and has no numbers"});
    }
    const auto request = journal_request(options);
    if (!request) return fail(context, request.error(), json);
    RpcClient client;
    if (auto bad = open_session(context, options.rpc, client)) return fail(context, *bad, json);
    client.catch_interrupt();
    if (json && !context.as_serf) {
        const auto journal = has_journal(client, options);
        if (!journal) return fail(context, journal.error(), json);
        if (*journal) return follow_journal(context, client, *request);
    }

    const auto events = client.stream("*");
    if (!events) return fail(context, describe("Error starting stream", events.error()), json);
    const auto log = client.monitor(options.level);
    if (!log) return fail(context, unknown_level(log.error()), json);
    const int code = follow(context, client, json);
    // Optional: the agent also ends both when the connection closes.
    if (code == kExitOk && !client.stop(*log)) static_cast<void>(client.stop(*events));
    return code;
}

}  // namespace

Command monitor_command() {
    auto options = std::make_shared<MonitorOptions>();
    Command command{
        .name = "monitor",
        .summary = "Prints the log and the events of an agent as they happen",
        .description =
            "Prints the last log lines of a running agent, then every new line and event, until "
            "Ctrl-C. The level may be lower than the agent's own log level. With --format json "
            "each "
            "line is a record of the agent's journal, an object with a number (seq), the time and "
            "the event's fields; of a Serf agent it is {\"log\": ...} or {\"event\": ...}.",
        .flags = {{"log-level", "LEVEL", "trace, debug, info, warn or err. Default: info.",
                   &options->level},
                  {"since", "SEQ",
                   "Begin with the records after this number, as far as the agent still has them; "
                   "a record 'lagged' has the number of those that it has not. 0: all that there "
                   "are. Needs --format json.",
                   &options->since},
                  {"member", "NAME", "Only records about this member. Needs --format json.",
                   &options->member}},
        .examples = {{"rollcall monitor --log-level debug", "Also prints debug lines."},
                     {"rollcall monitor --format json | jq 'select(.event == \"member-failed\")'",
                      "Failures only."},
                     {"rollcall monitor --format json --since 4711",
                      "Goes on where an earlier one ended."}},
        .run = [options](const Context& context) { return run_monitor(context, *options); },
        .state = options};
    add_rpc_flags(command, options->rpc);
    return command;
}

}  // namespace rollcall::cli

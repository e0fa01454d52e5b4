// SPDX-License-Identifier: Apache-2.0
//
// `rollcall monitor`: an agent's log and events as they happen.
#include <memory>

#include "cli/commands.h"
#include "cli/output.h"
#include "cli/rpc_session.h"

namespace rollcall::cli {

namespace {

struct MonitorOptions {
    RpcFlags rpc;
    std::string level = "info";
};

std::string record_text(const StreamItem& item, bool json) {
    if (const auto* log = std::get_if<rpc::LogRecord>(&item)) {
        return json ? log_json(*log) : log_text(*log);
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

int run_monitor(const Context& context, const MonitorOptions& options) {
    const bool json = options.rpc.json();
    if (auto bad = check_format(options.rpc)) return fail(context, *bad);
    RpcClient client;
    if (auto bad = open_session(context, options.rpc, client)) return fail(context, *bad, json);
    client.catch_interrupt();

    const auto events = client.stream("*");
    if (!events) return fail(context, describe("Error starting stream", events.error()), json);
    const auto log = client.monitor(options.level);
    if (!log) {
        Failure failure = describe("Error starting monitor", log.error());
        if (failure.hint.empty()) failure.hint = "levels are trace, debug, info, warn and err";
        return fail(context, failure, json);
    }
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
            "line is an object: {\"log\": ...} or {\"event\": ...}.",
        .flags = {{"log-level", "LEVEL", "trace, debug, info, warn or err. Default: info.",
                   &options->level}},
        .examples = {{"rollcall monitor --log-level debug", "Also prints debug lines."},
                     {"rollcall monitor --format json | jq 'select(.event)'", "Events only."}},
        .run = [options](const Context& context) { return run_monitor(context, *options); },
        .state = options};
    add_rpc_flags(command, options->rpc);
    return command;
}

}  // namespace rollcall::cli

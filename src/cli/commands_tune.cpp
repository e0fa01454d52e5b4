// SPDX-License-Identifier: Apache-2.0
//
// `rollcall tune`: changes timings of running agents, in two steps, and for a while only.
#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <utility>

#include "agent/host/entropy.h"
#include "base/duration_text.h"
#include "base/parse_duration.h"
#include "base/sanitize.h"
#include "cli/commands.h"
#include "cli/rpc_session.h"
#include "cli/tune_round.h"

namespace rollcall::cli {

namespace {

using TuneVerb = serf::TuneRequest::Verb;

constexpr std::string_view kTuneError = "Error tuning";
constexpr int kExitNotAll = 1;
constexpr int kExitTuneUsage = 2;

struct TuneOptions {
    RpcFlags rpc;
    std::vector<std::string> nodes, tags;
    bool all = false, partial = false, show = false, confirm = false, revert = false;
    std::string revert_after, timeout;
    std::vector<std::string> arguments;
};

std::string new_tune_id() {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::uint64_t seed = agent::SystemEntropy{}.seed();
    std::string id;
    for (int i = 0; i < 8; ++i, seed >>= 4) id += kDigits[seed & 15];
    return id;
}

// Refuses here what every agent would refuse; ranges and ratios are the agents' to check.
Result<serf::TuneRequest, Failure> tune_request_of(const TuneOptions& options) {
    const int verbs = int{options.show} + int{options.confirm} + int{options.revert};
    if (verbs > 1) {
        return Failure{
            std::string{kTuneError} + ": --show, --confirm and --revert are three commands",
            "give one of them"};
    }
    serf::TuneRequest request;
    if (verbs == 1) {
        request.verb = options.show      ? TuneVerb::show
                       : options.confirm ? TuneVerb::confirm
                                         : TuneVerb::revert;
        if (options.arguments.size() > (options.show ? 0u : 1u)) {
            return Failure{
                std::string{kTuneError} + ": too many arguments",
                options.show ? "--show takes none" : "give the ID of one change, or none"};
        }
        if (!options.revert_after.empty() || options.partial) {
            return Failure{
                std::string{kTuneError} + ": --revert-after and --partial are for changes",
                "give KEY=VALUE"};
        }
        if (!options.arguments.empty()) request.id = options.arguments.front();
    } else {
        request.verb = TuneVerb::prepare;
        request.id = new_tune_id();
        request.revert_after = serf::kDefaultRevertAfter;
        if (!options.revert_after.empty()) {
            const auto after = parse_duration(options.revert_after);
            if (!after) return Failure{.message = "--revert-after: " + after.error()};
            request.revert_after = *after;
        }
        membership::TimingSettings any = membership::TimingSettings::of(membership::Config::lan());
        for (const std::string& word : options.arguments) {
            const std::size_t equals = word.find('=');
            if (equals == std::string::npos) {
                return Failure{
                    std::string{kTuneError} + ": '" + sanitized(word) + "' is not KEY=VALUE",
                    "as in probe-interval=500ms"};
            }
            std::string key = word.substr(0, equals), value = word.substr(equals + 1);
            std::ranges::replace(key, '_', '-');  // as configuration files have it
            if (const auto bad = serf::set_tune_value(any, key, value)) {
                return Failure{std::string{kTuneError} + ": " + bad->to_string(), ""};
            }
            request.values.emplace_back(std::move(key), std::move(value));
        }
        if (request.values.empty()) {
            return Failure{std::string{kTuneError} + ": nothing to change is given",
                           "give KEY=VALUE, or --show, --confirm or --revert"};
        }
    }
    if (request.id.empty()) return request;  // --show, or the change is still to be found
    // The agent's own reader: what it refuses never leaves.
    const auto read = serf::decode_tune_request(serf::encode_tune_request(request));
    if (!read) return Failure{std::string{kTuneError} + ": " + read.error(), ""};
    return request;
}

// One request to all targets, whichever way it goes.
class Asker {
public:
    Asker(RpcClient& client, TuneTargets targets, std::int64_t timeout_ns, std::string own_name)
        : client_{client},
          own_{targets.own_agent_only()},
          own_name_{std::move(own_name)},
          rounds_{client, std::move(targets), timeout_ns} {}

    [[nodiscard]] std::optional<Failure> choose() { return own_ ? std::nullopt : rounds_.choose(); }
    [[nodiscard]] Result<TuneAnswers, Failure> ask(const serf::TuneRequest& request) {
        if (!own_) return rounds_.ask(request);
        const auto response = client_.ask<rpc::TuneResponse>(
            "tune", rpc::TuneRequest{.request = serf::encode_tune_request(request)});
        if (!response) return describe(kTuneError, response.error());
        return TuneAnswers{{own_name_, serf::decode_tune_answer(response->answer)}};
    }

private:
    RpcClient& client_;
    bool own_;
    std::string own_name_;
    TuneRounds rounds_;
};

// The ID of the change that --confirm or --revert means when none is given: the only one in effect.
Result<std::string, Failure> change_in_effect(Asker& asker) {
    const auto answers = asker.ask({.verb = TuneVerb::show});
    if (!answers) return answers.error();
    std::map<std::string, std::string> changes;  // by ID: a member where it is in effect
    for (const auto& [node, answer] : *answers) {
        if (answer && !answer->id.empty()) changes.emplace(answer->id, node);
    }
    if (changes.empty()) {
        return Failure{std::string{kTuneError} + ": no change is in effect",
                       "it may have been undone already; --show has the state of each member"};
    }
    if (changes.size() == 1) return changes.begin()->first;
    std::string which;
    for (const auto& [id, node] : changes) {
        which += (which.empty() ? "" : ", ") + sanitized(id) + " (" + sanitized(node) + ")";
    }
    return Failure{std::string{kTuneError} + ": several changes are in effect: " + which,
                   "give the ID of one"};
}

std::vector<TuneRow> tune_rows(const TuneAnswers& answers, std::string_view accepted) {
    std::vector<TuneRow> rows;
    for (const auto& [node, answer] : answers) {
        TuneRow row{.node = node, .result = "no answer", .reason = {}, .answer = {}};
        if (answer) {
            row.result = answer->accepted ? std::string{accepted} : "refused";
            row.reason = answer->reason;
            row.answer = *answer;
        }
        rows.push_back(std::move(row));
    }
    return rows;
}

bool all_accepted(const TuneAnswers& answers) {
    return std::ranges::all_of(answers,
                               [](const auto& one) { return one.second && one.second->accepted; });
}
bool any_accepted(const TuneAnswers& answers) {
    return std::ranges::any_of(answers,
                               [](const auto& one) { return one.second && one.second->accepted; });
}

// Both steps. What not all take is undone again, unless `partial`.
Result<std::vector<TuneRow>, Failure> change_timings(Asker& asker, serf::TuneRequest request,
                                                     bool partial) {
    const auto prepared = asker.ask(request);
    if (!prepared) return prepared.error();
    std::vector<TuneRow> rows = tune_rows(*prepared, "not applied");
    if (partial ? any_accepted(*prepared) : all_accepted(*prepared)) {
        request.verb = TuneVerb::apply;
        const auto applied = asker.ask(request);
        if (!applied) return applied.error();
        for (TuneRow& row : tune_rows(*applied, "applied")) {
            const auto first = std::ranges::find(rows, row.node, &TuneRow::node);
            if (first == rows.end()) {
                rows.push_back(std::move(row));       // it joined meanwhile
            } else if (first->result != "refused") {  // else its reason is that of the first step
                row.answer.note = first->answer.note;
                *first = std::move(row);
            }
        }
        if (partial || all_accepted(*applied)) return rows;
    }
    if (!any_accepted(*prepared)) return rows;
    request.verb = TuneVerb::revert;  // also frees those that have only prepared it
    const auto undone = asker.ask(request);
    if (!undone) return undone.error();
    for (TuneRow& row : rows) {
        const auto now = undone->find(row.node);
        if (row.result != "applied" || now == undone->end() || !now->second) continue;
        if (now->second->accepted) row.result = "reverted";
    }
    return rows;
}

std::string target_flags(const TuneOptions& options) {
    std::string text = options.all ? " --all" : "";
    for (const std::string& node : options.nodes) text += " --node " + sanitized(node);
    for (const std::string& tag : options.tags) text += " --tag " + sanitized(tag);
    return text;
}

std::string tune_summary(const serf::TuneRequest& request, const TuneOptions& options,
                         const std::vector<TuneRow>& rows) {
    const auto count = [&](std::string_view result) {
        return std::ranges::count(rows, result, &TuneRow::result);
    };
    const auto applied = count("applied");
    if (applied == 0) {
        const bool reverted = count("reverted") > 0;
        std::string text = reverted ? "It was undone again." : "Nothing was changed.";
        if (reverted || count("not applied") > 0) {
            text += " With --partial those that accept it take it.";
        }
        return text + "\n";
    }
    return "Change " + request.id + " is in effect on " + std::to_string(applied) + " of " +
           std::to_string(rows.size()) + " for " + duration_text(request.revert_after) +
           ". To keep it: rollcall tune --confirm " + request.id + target_flags(options) + "\n";
}

// Carries the request out. The rows are what became of it at each member.
Result<std::vector<TuneRow>, Failure> carry_out(Asker& asker, serf::TuneRequest& request,
                                                bool partial) {
    if (request.verb == TuneVerb::prepare) return change_timings(asker, request, partial);
    if (request.verb != TuneVerb::show && request.id.empty()) {
        const auto id = change_in_effect(asker);
        if (!id) return id.error();
        request.id = *id;
    }
    const auto answers = asker.ask(request);
    if (!answers) return answers.error();
    return tune_rows(*answers, request.verb == TuneVerb::show      ? "shown"
                               : request.verb == TuneVerb::confirm ? "confirmed"
                                                                   : "reverted");
}

int run_tune(const Context& context, const TuneOptions& options) {
    const bool json = options.rpc.json();
    const auto usage = [&](const Failure& failure) {
        fail(context, failure, json);
        return kExitTuneUsage;
    };
    if (auto bad = check_format(options.rpc)) return usage(*bad);
    auto request = tune_request_of(options);
    if (!request) return usage(request.error());
    TuneTargets targets{.nodes = options.nodes, .tags = {}, .all = options.all};
    if (auto bad = parse_pairs(options.tags, targets.tags)) return usage(*bad);
    if (targets.all && (!targets.nodes.empty() || !targets.tags.empty())) {
        return usage({std::string{kTuneError} + ": --all together with --node or --tag",
                      "give --all, or the members"});
    }
    std::int64_t timeout_ns = 0;
    if (!options.timeout.empty()) {
        const auto timeout = parse_duration(options.timeout);
        if (!timeout) return usage({.message = "--timeout: " + timeout.error()});
        timeout_ns = std::chrono::nanoseconds{*timeout}.count();
    }

    RpcClient client;
    if (auto bad = open_session(context, options.rpc, client)) return fail(context, *bad, json);
    client.catch_interrupt();
    const auto agent = identify(client);
    if (!agent) return fail(context, describe(kTuneError, agent.error()), json);
    if (!agent->rollcall) {
        return fail(context,
                    {std::string{kTuneError} + ": the agent " + sanitized(agent->name) +
                         " is a Serf agent, which has to be restarted for other timings",
                     "ask a rollcall agent of the same cluster with --rpc-addr"},
                    json);
    }
    Asker asker{client, std::move(targets), timeout_ns, agent->name};
    if (auto bad = asker.choose()) return fail(context, *bad, json);

    const auto carried_out = carry_out(asker, *request, options.partial);
    if (!carried_out) return fail(context, carried_out.error(), json);
    const std::vector<TuneRow>& rows = *carried_out;
    const bool all = std::ranges::all_of(rows, [](const TuneRow& row) {
        return row.result != "no answer" && row.result != "refused" && row.result != "not applied";
    });
    std::string text;
    if (json) {
        text = tune_json(request->id, rows);
    } else if (request->verb == TuneVerb::show) {
        text = tune_states_table(rows);
        if (rows.size() == 1) {
            for (const auto& [key, value] : rows.front().answer.values) {
                text += sanitized(key) + " = " + sanitized(value) + "\n";
            }
        }
    } else {
        text = tune_table(rows);
        if (request->verb == TuneVerb::prepare) text += tune_summary(*request, options, rows);
    }
    const int code = answer(context, text);
    return code == kExitOk && !all ? kExitNotAll : code;
}

}  // namespace

Command tune_command() {
    auto options = std::make_shared<TuneOptions>();
    Command command{
        .name = "tune",
        .summary = "Changes timings of running agents, and undoes it unless it is confirmed",
        .arguments = "[KEY=VALUE... | ID]",
        .description =
            "Changes timings of the agent, or of many, without a restart. The change is checked by "
            "every agent as a whole; if one refuses or does not answer, none applies it. It is "
            "undone by every agent itself after --revert-after, unless it is confirmed before. "
            "Other agents than the one that is asked need --allow-tuning and encrypted gossip. "
            "Keys: " +
            serf::tune_keys() +
            ". Not reconnect-interval, reconnect-timeout, tombstone-timeout and "
            "dead-node-reclaim, which a reload (SIGHUP) changes, and no other setting. Exit code: "
            "0 all, 1 some refused or did not answer, 2 a mistake in the command line.",
        .flags =
            {{"all", "", "Tune all members.", &options->all},
             {"node", "NAME", "Tune this member. May be given several times.", &options->nodes},
             {"tag", "KEY=VALUE",
              "Tune the members with this tag. May be given several times; all must fit.",
              &options->tags},
             {"revert-after", "DURATION",
              "Undo the change after this time, 1s to 24h, unless it is confirmed. Default: 2m.",
              &options->revert_after},
             {"partial", "", "Apply it where it is accepted, even if some refuse it.",
              &options->partial},
             {"show", "", "Show which timings are in effect, and what will be undone.",
              &options->show},
             {"confirm", "", "Keep the change with this ID; without one, the only one in effect.",
              &options->confirm},
             {"revert", "", "Undo it now; after it was confirmed: back to the configuration.",
              &options->revert},
             {"timeout", "DURATION",
              "How long to wait for the others, as in 500ms or 3s. Default: that of a query.",
              &options->timeout}},
        .examples = {{"rollcall tune probe-interval=500ms probe-timeout=200ms",
                      "Only this agent, for two minutes."},
                     {"rollcall tune gossip-nodes=4 --all --revert-after 10m", "All members."},
                     {"rollcall tune --confirm 5f0c21ab --all", "Keep it."},
                     {"rollcall tune --show --all", "Do all have the same timings?"}},
        .positionals = &options->arguments,
        .min_positionals = 0,
        .max_positionals = 32,
        .run = [options](const Context& context) { return run_tune(context, *options); },
        .usage_exit = [](std::span<const std::string>) { return kExitTuneUsage; },
        .state = options};
    add_rpc_flags(command, options->rpc);
    return command;
}

}  // namespace rollcall::cli

// SPDX-License-Identifier: Apache-2.0
//
// `rollcall top`: CPU, memory, load and pressure of all members, once or again and again.
#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <utility>

#include "base/parse_duration.h"
#include "base/sanitize.h"
#include "cli/commands.h"
#include "cli/members_screen.h"
#include "cli/rpc_session.h"
#include "cli/terminal/screen.h"
#include "cli/terminal/scroll.h"
#include "cli/top/round.h"
#include "cli/watching.h"
#include "rpc/member_filter.h"

namespace rollcall::cli {

namespace {

using std::chrono::milliseconds;
using TopClock = std::chrono::steady_clock;

constexpr std::string_view kTopError = "Error asking for samples";
constexpr milliseconds kLeastTimeout{100};
constexpr milliseconds kMostTimeout{60'000};
constexpr milliseconds kEvery{5000};  // with --watch; agents take their samples as often

struct TopOptions {
    RpcFlags rpc;
    std::string sort = "cpu";
    std::string timeout;
    std::vector<std::string> tags;
    bool watch = false;
};

// What the flags say.
struct TopWanted {
    TopQuestion question;
    TopSort sort = TopSort::cpu;
    bool json = false;
    AgentIdentity agent;
};

// Why the watch ended.
struct TopEnd {
    int exit = kExitOk;
    std::optional<Failure> failure;
};

TopEnd top_end_of(const RpcError& error) {
    if (error.kind == RpcError::Kind::interrupted) return {};
    return {kExitError, describe_while_watching("Error waiting for answers", error)};
}

Result<TopWanted, Failure> wanted_of_top(const TopOptions& options) {
    TopWanted wanted{.json = options.rpc.json()};
    const auto sort = parse_top_sort(options.sort);
    if (!sort) {
        return Failure{"--sort: '" + options.sort + "' is not allowed",
                       "--sort is cpu, mem, load, pressure or name"};
    }
    wanted.sort = *sort;
    if (!options.timeout.empty()) {
        const auto timeout = parse_duration(options.timeout);
        if (!timeout) return Failure{.message = "--timeout: " + timeout.error()};
        if (*timeout < kLeastTimeout || *timeout > kMostTimeout) {
            return Failure{"--timeout: '" + options.timeout + "' is not allowed",
                           "--timeout is 100ms to 1m"};
        }
        wanted.question.timeout = std::chrono::duration_cast<milliseconds>(*timeout);
    }
    if (auto bad = parse_pairs(options.tags, wanted.question.filter.tags)) return *bad;
    for (const auto& [tag, expression] : wanted.question.filter.tags) {
        if (const auto problem = agent::MemberFilter::problem_of(expression)) {
            return Failure{"--tag " + tag + ": '" + expression + "' " + *problem,
                           "expressions are RE2, as in 'db.*' or 'a|b'"};
        }
    }
    return wanted;
}

Failure needs_samples(const AgentIdentity& agent) {
    return {std::string{kTopError} + ": the agent " + sanitized(agent.name) +
                " is a Serf agent: it does not ask others for samples",
            "ask a rollcall agent of the same cluster with --rpc-addr"};
}

std::string rendered(const Top& top, const TopWanted& wanted, bool colour) {
    return wanted.json ? top.as_json(wanted.sort) : top.as_text(wanted.sort, colour);
}

int show_once(const Context& context, RpcClient& client, const TopWanted& wanted) {
    TopRound round{client, wanted.question};
    if (auto bad = round.begin()) return fail(context, *bad, wanted.json);
    if (round.top().members() == 0) {
        return fail(context,
                    {std::string{kTopError} + ": no member matches",
                     "'rollcall members' shows the members and their tags"},
                    wanted.json);
    }
    while (!round.settled()) {
        if (const auto error = round.step()) {
            return fail(context, describe_while_watching("Error waiting for answers", *error),
                        wanted.json);
        }
    }
    if (auto bad = round.look_again()) return fail(context, *bad, wanted.json);
    return answer(context, rendered(round.top(), wanted, context.colour));
}

// --- with --watch --------------------------------------------------------------------------------

// Where the rounds are shown.
class TopDisplay {
public:
    virtual ~TopDisplay() = default;
    // Each returns why the watch ends, or nullopt.
    virtual std::optional<TopEnd> show(const Top& top) = 0;
    virtual std::optional<TopEnd> woken() { return std::nullopt; }
};

// A file or a pipe: one table, or one line of JSON, after the other.
class TopInTurn final : public TopDisplay {
public:
    TopInTurn(const Context& context, const TopWanted& wanted)
        : context_{context}, wanted_{wanted} {}
    std::optional<TopEnd> show(const Top& top) override {
        const std::string text = rendered(top, wanted_, false);
        const auto code = answer_part(context_, wanted_.json ? one_line(text) : text + '\n');
        return code ? std::optional{TopEnd{*code, {}}} : std::nullopt;
    }

private:
    const Context& context_;
    const TopWanted& wanted_;
};

class TopOnScreen final : public TopDisplay {
public:
    TopOnScreen(const Context& context, RpcClient& client, const TopWanted& wanted)
        : context_{context}, wanted_{wanted}, screen_{context.out} {
        client.wake_on(Screen::wake_descriptor());
        client.wake_on(screen_.key_descriptor());
    }
    std::optional<TopEnd> show(const Top& top) override {
        top_ = top;
        time_ = clock_text();
        return draw();
    }
    std::optional<TopEnd> woken() override {
        const std::size_t members = top_ ? top_->members() : 0;
        bool keys = false;
        while (const auto key = screen_.next_key()) {
            if (*key == Key::quit) return TopEnd{};
            keys = true;
            scroll_.handle(*key, members_per_page(size_), last_page(members, size_));
        }
        const auto size = window_size(context_.out);
        const bool resized = size && (size->columns != size_.columns || size->rows != size_.rows);
        return keys || resized ? draw() : std::nullopt;
    }

private:
    std::optional<TopEnd> draw() {
        Screen::take_wakes();
        if (!top_) return std::nullopt;
        if (const auto size = window_size(context_.out)) size_ = *size;
        scroll_.first = std::min(scroll_.first, last_page(top_->members(), size_));
        const bool drawn = screen_.draw(top_->as_screen(wanted_.sort, {.size = size_,
                                                                       .first = scroll_.first,
                                                                       .colour = context_.colour,
                                                                       .agent = wanted_.agent.name,
                                                                       .time = time_}));
        if (drawn) return std::nullopt;
        return TopEnd{kExitError, Failure{"Error writing to the terminal", ""}};
    }

    const Context& context_;
    const TopWanted& wanted_;
    Screen screen_;
    WindowSize size_{80, 24};
    std::optional<Top> top_;
    std::string time_;
    Scroll scroll_;
};

// A round, and the pause after it. Its query ends before the next one begins, so that no answer is
// taken for one to that.
std::optional<TopEnd> watch_round(RpcClient& client, const TopWanted& wanted, TopDisplay& display) {
    const auto next = TopClock::now() + kEvery;
    TopRound round{client, wanted.question};
    if (auto bad = round.begin()) return TopEnd{kExitError, std::move(bad)};
    bool shown = false;
    while (true) {
        if (!shown && round.settled()) {
            if (auto bad = round.look_again()) return TopEnd{kExitError, std::move(bad)};
            if (auto end = display.show(round.top())) return end;
            shown = true;
        }
        const auto left = std::chrono::ceil<milliseconds>(next - TopClock::now());
        if (round.done() && left <= milliseconds{0}) return std::nullopt;
        // After its end only keys and the time are waited for.
        const auto limit = round.done() ? std::optional{left} : std::nullopt;
        if (const auto error = round.step(limit)) return top_end_of(*error);
        if (auto end = display.woken()) return end;
    }
}

int watch_top(const Context& context, RpcClient& client, const TopWanted& wanted) {
    std::optional<TopEnd> end;
    {
        std::unique_ptr<TopDisplay> display;
        if (!wanted.json && has_screen(context)) {
            display = std::make_unique<TopOnScreen>(context, client, wanted);
        } else {
            display = std::make_unique<TopInTurn>(context, wanted);
        }
        while (!end) end = watch_round(client, wanted, *display);
    }
    // The screen is gone by now, so the error is seen.
    return end->failure ? fail(context, *end->failure, wanted.json) : end->exit;
}

int run_top(const Context& context, const TopOptions& options) {
    const bool json = options.rpc.json();
    if (auto bad = check_format(options.rpc)) return fail(context, *bad);
    auto wanted = wanted_of_top(options);
    if (!wanted) return fail(context, wanted.error(), json);
    RpcClient client;
    if (auto bad = open_session(context, options.rpc, client)) return fail(context, *bad, json);
    client.catch_interrupt();
    auto agent = identify(client);
    if (!agent) return fail(context, describe(kTopError, agent.error()), json);
    if (!agent->rollcall) return fail(context, needs_samples(*agent), json);
    wanted->agent = std::move(*agent);
    return options.watch ? watch_top(context, client, *wanted)
                         : show_once(context, client, *wanted);
}

}  // namespace

Command top_command() {
    auto options = std::make_shared<TopOptions>();
    Command command{
        .name = "top",
        .summary = "Shows CPU, memory, load and pressure of all members",
        .description =
            "Asks all members for their last sample of the machine they run on, and prints one "
            "line for each: the share of CPU time used, waiting for disks and stolen by other "
            "guests, memory and swap used, the load of the last minute, the cores, the pressure "
            "(share of the last 10 s in which tasks waited for CPU/memory/disks), and the time "
            "since the host's start. Members that did not answer are listed with the reason. "
            "Needs a rollcall agent; Serf agents do not answer, and log that they do not know the "
            "query.",
        .flags = {{"sort", "cpu|mem|load|pressure|name",
                   "Order of the lines, largest first. Default: cpu.", &options->sort},
                  {"tag", "KEY=REGEXP",
                   "Only members whose tag matches. May be given several times: all must match.",
                   &options->tags},
                  {"timeout", "DURATION",
                   "How long to wait for answers, 100ms to 1m; it ends before when all have "
                   "answered. Default: 2s, and 1s more per 1000 members.",
                   &options->timeout},
                  {"watch", "",
                   "Ask again every five seconds, until Ctrl-C. On a terminal the list fits the "
                   "screen, with those that did not answer first; arrows scroll and q quits. With "
                   "--format json one document per line.",
                   &options->watch}},
        .examples = {{"rollcall top", "The busiest machines first."},
                     {"rollcall top --sort mem --tag role=db", "Memory of the databases."},
                     {"rollcall top --watch", "Again and again, on the whole terminal."},
                     {"rollcall top --format json | jq '.members[] | select(.answered | not)'",
                      "Who did not answer, and why."}},
        .run = [options](const Context& context) { return run_top(context, *options); },
        .state = options};
    add_rpc_flags(command, options->rpc);
    return command;
}

}  // namespace rollcall::cli

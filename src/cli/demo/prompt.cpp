// SPDX-License-Identifier: Apache-2.0
#include "cli/demo/prompt.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <sstream>

#include "base/nearest.h"
#include "base/sanitize.h"
#include "cli/commands.h"

namespace rollcall::cli {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds kNoticeInput{1000};
constexpr std::size_t kLongestInput = 64u << 10u;
constexpr unsigned kDefaultWaitSeconds = 30;
constexpr unsigned kLongestWaitSeconds = 3600;
constexpr std::size_t kLogLines = 20;

// Client commands that end by themselves; `leave` is the demo's own.
constexpr std::array<std::string_view, 13> kClientCommands{
    "members", "why",          "info", "tags",        "event",      "query", "keys",
    "rtt",     "reachability", "join", "force-leave", "partitions", "doctor"};

Prompt::Words words_of(const std::string& line) {
    std::istringstream stream{line};
    Prompt::Words words;
    for (std::string word; stream >> word;) words.push_back(word);
    return words;
}

bool has_command(std::string_view name) {
    const CommandTable commands = all_commands();
    return std::ranges::any_of(commands, [&](const auto make) { return make().name == name; });
}

// Which agents `*` stands for.
bool applies(std::string_view verb, Condition condition) {
    if (verb == "kill") return has_process(condition);
    if (verb == "pause" || verb == "leave") return condition == Condition::running;
    if (verb == "resume") return condition == Condition::paused;
    return true;  // restart
}

std::string done_text(std::string_view verb, const DemoAgent& agent) {
    const std::string pid =
        agent.process ? " (process " + std::to_string(agent.process->pid()) + ")" : "";
    if (verb == "kill") return agent.name + " is killed (SIGKILL)";
    if (verb == "pause") return agent.name + " is paused (SIGSTOP)";
    if (verb == "resume") return agent.name + " runs again (SIGCONT)";
    if (verb == "leave") return agent.name + " leaves (SIGINT; the same as 'rollcall leave')";
    if (verb == "start") return agent.name + " starts" + pid;
    return agent.name + " starts again" + pid;
}

// nullopt unless it is a whole number within the range.
std::optional<unsigned> number_within(const std::string& text, unsigned least, unsigned most) {
    unsigned number = 0;
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, number);
    if (error != std::errc{} || stop != end || number < least || number > most) return std::nullopt;
    return number;
}

}  // namespace

struct Prompt::Verb {
    std::string_view name, arguments, help;
    std::size_t least = 0, most = 0;  // arguments
    bool (*run)(Prompt& prompt, const Words& words);
};

std::span<const Prompt::Verb> Prompt::verbs() {
    constexpr std::size_t kAny = 1000;
    static constexpr std::array kVerbs{
        Verb{"kill", "NAME...", "Kills agents (SIGKILL): the others notice a failure.", 1, kAny,
             [](Prompt& p, const Words& w) { return p.act("kill", w); }},
        Verb{"pause", "NAME...", "Stops agents without ending them (SIGSTOP).", 1, kAny,
             [](Prompt& p, const Words& w) { return p.act("pause", w); }},
        Verb{"resume", "NAME...", "Lets paused agents run again.", 1, kAny,
             [](Prompt& p, const Words& w) { return p.act("resume", w); }},
        Verb{"leave", "NAME...", "Makes agents leave gracefully.", 1, kAny,
             [](Prompt& p, const Words& w) { return p.act("leave", w); }},
        Verb{"restart", "NAME...", "Starts agents again at their addresses; kills those that run.",
             1, kAny, [](Prompt& p, const Words& w) { return p.act("restart", w); }},
        Verb{"start", "[N]", "Starts one more agent, or N.", 0, 1,
             [](Prompt& p, const Words& w) { return p.start(w); }},
        Verb{"agents", "", "Lists the agents and their addresses.", 0, 0,
             [](Prompt& p, const Words&) { return p.show_agents(); }},
        Verb{"members", "[AGENT]", "Lists the members as an agent sees them.", 0, 1,
             [](Prompt& p, const Words& w) { return p.ask(w.empty() ? "" : w[0], {"members"}); }},
        Verb{"why", "NAME [AGENT]", "Why a member is in its state, as an agent knows.", 1, 2,
             [](Prompt& p, const Words& w) {
                 return p.ask(w.size() < 2 ? "" : w[1], {"why", w[0]});
             }},
        Verb{"on", "AGENT COMMAND...", "Runs a client command of rollcall, as in 'on n2 info'.", 2,
             kAny,
             [](Prompt& p, const Words& w) {
                 return p.ask(w[0], Words{w.begin() + 1, w.end()});
             }},
        Verb{"log", "AGENT", "Shows the last log lines of an agent.", 1, 1,
             [](Prompt& p, const Words& w) { return p.show_log(w); }},
        Verb{"wait", "[SECONDS]", "Waits until all see every agent as it is (30 s); for scripts.",
             0, 1, [](Prompt& p, const Words& w) { return p.wait(w); }},
        Verb{"help", "", "Prints this list.", 0, 0,
             [](Prompt& p, const Words&) {
                 p.demo_.printer().line(help_text());
                 return true;
             }},
        Verb{"quit", "", "Ends the demo and all its agents; so does Ctrl-D.", 0, 0,
             [](Prompt& p, const Words&) { return p.quit_ = true; }}};
    return kVerbs;
}

std::string Prompt::help_text() {
    std::string text;
    for (const Verb& verb : verbs()) {
        std::string left = "  " + std::string{verb.name} + ' ' + std::string{verb.arguments};
        left.resize(std::max<std::size_t>(left.size() + 1, 22), ' ');
        text += left + std::string{verb.help} + '\n';
    }
    return text + "NAME... are names of agents, or * for all to which the command applies.";
}

// --- input ---------------------------------------------------------------------------------------

int Prompt::run() {
    Printer& printer = demo_.printer();
    while (!quit_ && !demo_.stopped()) {
        std::string line;
        if (next_line(line)) {
            printer.accept_line(sanitized(line));
            any_failed_ = !execute(line) || any_failed_;
            continue;
        }
        if (input_ended_) break;
        // What was typed while a command ran is there already.
        if (!follow_input(milliseconds{0})) {
            printer.show_prompt();
            static_cast<void>(follow_input(kNoticeInput));
        }
    }
    if (printer.interactive() && !quit_) printer.end_prompt();
    const int signal = demo_.signals().ended_by();
    if (signal != 0 && signal != SIGINT) return kExitSignal + signal;
    return any_failed_ && !printer.interactive() ? kExitError : kExitOk;
}

bool Prompt::follow_input(milliseconds limit) {
    pollfd input{.fd = STDIN_FILENO, .events = POLLIN, .revents = 0};
    demo_.follow(limit, {&input, 1});
    if (input.revents == 0) return false;
    input_ended_ = !read_input();
    return true;
}

bool Prompt::read_input() {
    char buffer[4096];
    const ssize_t size = read(STDIN_FILENO, buffer, sizeof buffer);
    if (size < 0 && (errno == EINTR || errno == EAGAIN)) return true;
    if (size <= 0) return false;
    input_.append(buffer, static_cast<std::size_t>(size));
    if (input_.size() > kLongestInput && input_.find('\n') == std::string::npos) {
        any_failed_ = true;
        failed("a line of more than 64 KiB");
        return false;
    }
    return true;
}

bool Prompt::next_line(std::string& line) {
    const std::size_t end = input_.find('\n');
    if (end == std::string::npos && !(input_ended_ && !input_.empty())) return false;
    line = input_.substr(0, end);
    input_.erase(0, end == std::string::npos ? end : end + 1);
    return true;
}

bool Prompt::execute(const std::string& line) {
    Words words = words_of(line);
    if (words.empty() || words[0].starts_with('#')) return true;
    const std::string name = words[0];
    words.erase(words.begin());
    const auto verb = std::ranges::find(verbs(), name, &Verb::name);
    if (verb == verbs().end()) {
        std::vector<std::string_view> names;
        for (const Verb& each : verbs()) names.push_back(each.name);
        const std::string_view near = nearest(name, names);
        return failed("unknown command '" + name + "'; " +
                      (near.empty() ? "" : "did you mean '" + std::string{near} + "'? ") +
                      "'help' lists them");
    }
    if (words.size() < verb->least || words.size() > verb->most) {
        return failed("usage: " + name + ' ' + std::string{verb->arguments});
    }
    return verb->run(*this, words);
}

bool Prompt::failed(std::string_view why) {
    demo_.printer().error(sanitized(why));
    return false;
}

// --- commands ------------------------------------------------------------------------------------

bool Prompt::act(std::string_view verb, const Words& given) {
    Words names;
    for (const std::string& name : given) {
        if (name != "*") names.push_back(name);
        for (const auto& agent : demo_.agents().all()) {
            if (name == "*" && applies(verb, agent->condition)) names.push_back(agent->name);
        }
    }
    if (names.empty()) return failed(std::string{verb} + ": there is no such agent now");
    bool all = true;
    for (const std::string& name : names) all = act_on(verb, name) && all;
    return all;
}

bool Prompt::act_on(std::string_view verb, const std::string& name) {
    Agents& agents = demo_.agents();
    const WallTime now = wall_time_now();
    std::string error;
    if (verb == "kill") error = agents.kill(name);
    if (verb == "pause") error = agents.pause(name);
    if (verb == "resume") error = agents.resume(name);
    if (verb == "leave") error = agents.leave(name);
    if (verb == "restart") error = agents.restart(name);
    if (!error.empty()) return failed(error);
    demo_.reports().on_action(name, now);
    demo_.printer().line(done_text(verb, *agents.find(name)));
    return true;
}

bool Prompt::start(const Words& words) {
    const auto room = static_cast<unsigned>(kMostDemoAgents - demo_.agents().all().size());
    if (room == 0) return failed("there are 50 agents, and no more are allowed");
    const auto count = words.empty() ? std::optional{1u} : number_within(words[0], 1, room);
    if (!count) {
        return failed("start: '" + words[0] + "' is not allowed; allowed: 1 to " +
                      std::to_string(room) + ", since a demo has at most 50 agents");
    }
    for (unsigned i = 0; i < *count; ++i) {
        const WallTime now = wall_time_now();
        if (const std::string error = demo_.agents().add(); !error.empty()) return failed(error);
        const DemoAgent& agent = *demo_.agents().all().back();
        demo_.reports().on_action(agent.name, now);
        demo_.printer().line(done_text("start", agent));
    }
    return true;
}

bool Prompt::show_agents() {
    demo_.printer().line(demo_.table());
    return true;
}

bool Prompt::show_log(const Words& words) {
    const DemoAgent* const agent = demo_.agents().find(words[0]);
    if (agent == nullptr) return failed("log: there is no agent '" + words[0] + "'");
    demo_.printer().line(Demo::last_lines_of(*agent, kLogLines));
    return true;
}

bool Prompt::ask(const std::string& name, const Words& command) {
    const Agents& agents = demo_.agents();
    const DemoAgent* const agent = name.empty() ? agents.first_running() : agents.find(name);
    if (agent == nullptr) {
        return failed(name.empty() ? "no agent is running" : "there is no agent '" + name + "'");
    }
    if (agent->condition != Condition::running) {
        return failed(name + " is " + std::string{text_of(agent->condition)});
    }
    if (std::ranges::find(kClientCommands, command[0]) == kClientCommands.end() ||
        !has_command(command[0])) {
        std::string allowed;
        for (const std::string_view each : kClientCommands) {
            if (has_command(each)) allowed += (allowed.empty() ? "" : ", ") + std::string{each};
        }
        return failed("'" + command[0] + "' is not allowed here; allowed: " + allowed);
    }
    if (std::ranges::any_of(command, [](const std::string& word) {
            return word.starts_with("--watch") || word.starts_with("-watch") || word == "--";
        })) {
        return failed("--watch and -- are not allowed here; in another terminal: rollcall " +
                      command[0] + " --watch --rpc-addr " + agent->control);
    }
    Demo::Answer answer = demo_.ask(*agent, command);
    if (answer.text.ends_with('\n')) answer.text.pop_back();
    if (!answer.text.empty()) demo_.printer().line(answer.text);
    return answer.exit == kExitOk;
}

bool Prompt::wait(const Words& words) {
    const auto seconds = words.empty() ? std::optional{kDefaultWaitSeconds}
                                       : number_within(words[0], 1, kLongestWaitSeconds);
    if (!seconds) {
        return failed("wait: '" + words[0] + "' is not allowed; allowed: 1 to " +
                      std::to_string(kLongestWaitSeconds) + " seconds");
    }
    const auto wait = demo_.wait_until([this] { return demo_.agents().disagreement().empty(); },
                                       std::chrono::seconds{*seconds});
    if (wait == Demo::Wait::timed_out) {
        return failed("after " + std::to_string(*seconds) + " s " + demo_.agents().disagreement());
    }
    return wait == Demo::Wait::done;
}

}  // namespace rollcall::cli

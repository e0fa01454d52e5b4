// SPDX-License-Identifier: Apache-2.0
#include "cli/demo/story.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "base/sanitize.h"
#include "cli/commands.h"

namespace rollcall::cli {

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using StatusByName = std::map<std::string, std::string>;
using Style = Printer::Style;

constexpr std::size_t kStoryAgents = 5;
constexpr milliseconds kStoryLimit{40'000};
constexpr std::string_view kVictim = "n4";
constexpr std::string_view kLeaver = "n5";

// A step failed; the text says why. Thrown and caught in this file.
struct StoryFailed : std::runtime_error {
    using std::runtime_error::runtime_error;
};
struct StoryStopped {};

class Story {
public:
    explicit Story(Demo& demo) : demo_{demo} {}

    void run() {
        meet();
        lose_one();
        let_one_go();
        demo_.printer().title("Done after " + seconds_text(began_, wall_time_now()) +
                              ". All agents are ended.");
    }

private:
    void meet();
    void lose_one();
    void let_one_go();

    void require(const std::string& error) {
        if (demo_.stopped()) throw StoryStopped{};
        if (!error.empty()) throw StoryFailed{error};
    }
    void wait_until(const std::function<bool()>& done, const std::string& what);
    void check_statuses(std::string_view agent, const StatusByName& expected);
    void show(std::string_view agent, const std::vector<std::string>& command);
    void line(std::string_view text) { demo_.printer().line("    " + std::string{text}); }

    Demo& demo_;
    WallTime began_ = wall_time_now();
    steady_clock::time_point end_ = steady_clock::now() + kStoryLimit;
    StatusByName expected_;
};

void Story::wait_until(const std::function<bool()>& done, const std::string& what) {
    const auto left = std::chrono::ceil<milliseconds>(end_ - steady_clock::now());
    const auto wait =
        demo_.wait_until([&] { return done() || !demo_.unexpected_end().empty(); }, left);
    require(demo_.unexpected_end());
    if (wait == Demo::Wait::timed_out) {
        throw StoryFailed{"the story's 40 s were over before " + what + ": " +
                          demo_.agents().disagreement()};
    }
}

// What the agent answers to `rollcall members`, not only what it logged.
void Story::check_statuses(std::string_view name, const StatusByName& expected) {
    const auto answer = demo_.ask(*demo_.agents().find(name), {"members", "--format", "json"});
    const auto json = nlohmann::json::parse(answer.text, nullptr, false);
    StatusByName seen;
    if (json.is_object() && json.contains("members")) {
        for (const auto& member : json["members"]) seen[member["name"]] = member["status"];
    }
    if (seen != expected) {
        throw StoryFailed{std::string{name} + " lists other members than expected:\n" +
                          sanitized_lines(answer.text)};
    }
}

void Story::show(std::string_view name, const std::vector<std::string>& command) {
    const DemoAgent& agent = *demo_.agents().find(name);
    std::string words;
    for (const std::string& word : command) words += word + ' ';
    line(demo_.printer().styled(Style::faint,
                                "$ rollcall " + words + "--rpc-addr " + agent.control));
    const auto answer = demo_.ask(agent, command);
    if (answer.exit != kExitOk) throw StoryFailed{"rollcall " + words + "failed: " + answer.text};
    std::string_view rest = answer.text;
    while (!rest.empty()) {
        const std::size_t end = std::min(rest.find('\n'), rest.size());
        line("  " + std::string{rest.substr(0, end)});
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
}

void Story::meet() {
    demo_.printer().title("Five agents start with profile '" + demo_.profile() +
                          "'. Each knows one other: the seed, n1.");
    require(demo_.start(kStoryAgents));
    for (const auto& agent : demo_.agents().all()) expected_[agent->name] = "alive";
    for (const auto& agent : demo_.agents().all()) check_statuses(agent->name, expected_);
    line("After " + seconds_text(began_, wall_time_now()) +
         " every agent knows all others. The members as n2 lists them:");
    line("");
    show("n2", {"members"});
}

void Story::lose_one() {
    demo_.printer().title(std::string{kVictim} + " is killed with SIGKILL.");
    line("kill -9 " + std::to_string(demo_.agents().find(kVictim)->process->pid()));
    demo_.reports().on_action(kVictim, wall_time_now());
    require(demo_.agents().kill(kVictim));
    wait_until([&] { return demo_.reports().last(kVictim, "member-failed").has_value(); },
               "all others declared " + std::string{kVictim} + " failed");
    expected_[std::string{kVictim}] = "failed";
    if (std::ranges::any_of(all_commands(), [](const auto make) { return make().name == "why"; })) {
        line("");
        show("n2", {"why", std::string{kVictim}});
    }
}

void Story::let_one_go() {
    demo_.printer().title(std::string{kLeaver} +
                          " leaves gracefully: SIGINT, the same as 'rollcall leave'.");
    const WallTime began = wall_time_now();
    demo_.reports().on_action(kLeaver, began);
    require(demo_.agents().leave(kLeaver));
    wait_until(
        [&] {
            return demo_.agents().all_see(kLeaver, "left") &&
                   demo_.agents().find(kLeaver)->condition == Condition::left;
        },
        std::string{kLeaver} + " had left and all others listed it so");
    expected_[std::string{kLeaver}] = "left";
    for (const std::string_view name : {"n1", "n2", "n3"}) check_statuses(name, expected_);
    line("");
    line("The members as n3 lists them:");
    line("");
    show("n3", {"members"});
}

}  // namespace

int play_story(Demo& demo, const Context& context) {
    try {
        Story{demo}.run();
    } catch (const StoryFailed& failed) {
        context.complain("demo failed: " + std::string{failed.what()} + '\n');
        return kExitError;
    } catch (const StoryStopped&) {
        const int signal = demo.signals().ended_by();
        context.complain("demo: interrupted; all agents are ended\n");
        return signal == 0 ? kExitError : kExitSignal + signal;
    }
    return kExitOk;
}

}  // namespace rollcall::cli

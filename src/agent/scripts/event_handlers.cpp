// SPDX-License-Identifier: Apache-2.0
#include "agent/scripts/event_handlers.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/duration_text.h"
#include "transport/clock.h"

namespace rollcall::agent {
namespace {

constexpr std::string_view kHandlerComponent = "agent";
constexpr std::size_t kShownCommand = 200;  // bytes of a command in a log line
constexpr std::size_t kShownOutput = 300;   // bytes of the end of its output

std::string script_text(const std::string& command, const ScriptEvent& event) {
    std::string text = "event script '" + command.substr(0, kShownCommand);
    if (command.size() > kShownCommand) text += "...";
    text += "' for " + event.kind;
    if (!event.name.empty()) text += ":" + event.name;
    return text;
}

std::string output_text(const std::string& output) {
    if (output.empty()) return "; no output";
    std::string_view end = output;
    while (!end.empty() && end.back() == '\n') end.remove_suffix(1);
    const bool cut = end.size() > kShownOutput;
    if (cut) end.remove_prefix(end.size() - kShownOutput);
    std::string text = std::string{"; output: "} + (cut ? "..." : "");
    for (const char c : end) {
        if (c == '\n') {
            text += "\\n";  // a log line is one line
        } else {
            text += c;
        }
    }
    return text;
}

}  // namespace

EventHandlers::EventHandlers(Parts parts)
    : Client{Rank::scripts}, parts_{std::move(parts)}, process_{parts_.loop} {}

void EventHandlers::replace(std::vector<EventScript> scripts, Duration time_limit) {
    scripts_ = std::move(scripts);
    parts_.limits.script.time = time_limit;
}

bool EventHandlers::wants(std::string_view kind, std::string_view name) const {
    return std::ranges::any_of(
        scripts_, [&](const EventScript& script) { return script.filter.wants(kind, name); });
}

void EventHandlers::enqueue(ScriptEvent event) {
    if (!wants(event.kind, event.name)) return;
    if (closing_) {
        ++stats_.dropped_at_end;
        return;
    }
    if (waiting_.size() >= parts_.limits.waiting_events) return dropped(stats_.dropped_full);
    // A single event may be larger: one with all members of a cluster.
    if (!waiting_.empty() && waiting_bytes_ + event.input.size() > parts_.limits.waiting_bytes) {
        return dropped(stats_.dropped_bytes);
    }
    waiting_bytes_ += event.input.size();
    waiting_.push_back(std::make_shared<const ScriptEvent>(std::move(event)));
    next();
}

void EventHandlers::dropped(std::uint64_t& counter) {
    ++counter;
    if (dropped_in_a_row_++ > 0) return;
    parts_.log.write(
        Level::warn, kHandlerComponent, "handlers-overloaded",
        std::to_string(waiting_.size()) + " events wait for event scripts; new ones are dropped",
        {{"waiting", waiting_.size()}});
}

void EventHandlers::next() {
    if (!process_.running() && !closing_) parts_.turns.ask(*this);
}

// Starts one script; the next one asks when that has ended.
bool EventHandlers::take_turn(Time /*end*/) {
    while (!process_.running() && !closing_) {
        if (!to_run_.empty()) {
            const EventScript script = std::move(to_run_.front());
            to_run_.pop_front();
            return !start(script);
        }
        current_.reset();
        if (waiting_.empty()) {
            if (dropped_in_a_row_ == 0) return false;
            parts_.log.write(Level::warn, kHandlerComponent, "handlers-caught-up",
                             "event scripts caught up; " + std::to_string(dropped_in_a_row_) +
                                 " events were dropped",
                             {{"dropped", dropped_in_a_row_}});
            dropped_in_a_row_ = 0;
            return false;
        }
        current_ = std::move(waiting_.front());
        waiting_.pop_front();
        waiting_bytes_ -= current_->input.size();
        for (const EventScript& script : scripts_) {
            if (script.filter.wants(current_->kind, current_->name)) to_run_.push_back(script);
        }
    }
    return false;
}

bool EventHandlers::start(const EventScript& script) {
    const std::string& command = script.command;
    const int error = process_.start(
        {.command = command,
         .environment = script_environment(*current_, parts_.self(), parts_.environment),
         .input = current_->input,
         .limits = parts_.limits.script,
         .slow =
             [this, command] {
                 complain(Level::warn, "handler-slow",
                          script_text(command, *current_) + " takes longer than " +
                              duration_text(parts_.limits.script.slow));
             },
         .ended = [this,
                   command](ScriptProcess::Result result) { ended(command, std::move(result)); }});
    if (error == 0) {
        ++stats_.run;
        return true;
    }
    ++stats_.not_started;
    complain(Level::err, "handler-not-started",
             script_text(command, *current_) + " could not be started: " + uv_strerror(error));
    return false;
}

void EventHandlers::ended(const std::string& command, ScriptProcess::Result result) {
    using End = ScriptProcess::End;
    const Shared event = current_;  // an answer may start the next event
    const std::string called = script_text(command, *event);
    const std::string output = std::move(result.output);
    const std::string words = output_text(output);
    switch (result.end) {
        case End::exited:
            if (result.succeeded()) {
                parts_.log.write(Level::debug, kHandlerComponent, "handler-ended",
                                 called + " ended" + words);
                if (event->answer && !output.empty()) event->answer(output);
                break;
            }
            ++stats_.failed;
            complain(Level::err, "handler-failed",
                     called + " failed with " +
                         (result.signal != 0 ? "signal " + std::to_string(result.signal)
                                             : "exit code " + std::to_string(result.exit_code)) +
                         words);
            break;
        case End::too_long:
            ++stats_.timed_out;
            complain(Level::err, "handler-timed-out",
                     called + " took longer than " + duration_text(parts_.limits.script.time) +
                         " and was killed" + words);
            break;
        case End::too_much:
            ++stats_.overflowed;
            complain(Level::err, "handler-overflowed",
                     called + " wrote more than " +
                         std::to_string(parts_.limits.script.written_bytes) +
                         " bytes and was killed" + words);
            break;
        case End::stopped:
            break;
    }
    if (parts_.script_ended) parts_.script_ended();
    if (closing_) return end();
    next();
}

// Rate limited: a script that runs often may fail often.
void EventHandlers::complain(Level level, std::string_view event, const std::string& text) {
    const auto held = complaints_.pass(transport::clock_now());
    if (!held) return;
    parts_.log.write(level, kHandlerComponent, event,
                     *held == 0 ? text : text + " (and " + std::to_string(*held) + " more lines)",
                     {{"held_back", *held}});
}

void EventHandlers::close(std::function<void()> closed) {
    closing_ = true;
    closed_ = std::move(closed);
    stats_.dropped_at_end += waiting_.size();
    waiting_.clear();
    waiting_bytes_ = 0;
    to_run_.clear();
    parts_.turns.forget(*this);
    if (!process_.running()) return end();
    process_.stop();
}

void EventHandlers::end() {
    if (closed_) std::exchange(closed_, {})();
}

}  // namespace rollcall::agent

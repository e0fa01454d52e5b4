// SPDX-License-Identifier: Apache-2.0
//
// Runs an operator's scripts on events: one script at a time, events in order, and the scripts of
// one event in the order of the configuration. In child processes; bounded in queued events, their
// bytes, run time and output; scripts are started in turns after all other work that strangers can
// ask for (agent/host/turns.h). Events beyond the bounds are dropped, counted by cause, and logged
// at the beginning and the end of an overload. Independent of the kind of event: see
// agent/scripts/script_event.h. The loop's thread.
#pragma once

#include <sys/types.h>
#include <uv.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/host/turns.h"
#include "agent/log/logging.h"
#include "agent/scripts/event_script.h"
#include "agent/scripts/script_event.h"
#include "agent/scripts/script_process.h"

namespace rollcall::agent {

struct HandlerLimits {
    std::size_t waiting_events = 1024;
    std::size_t waiting_bytes = std::size_t{8} << 20;  // of the stdin of their scripts
    ScriptLimits script;
};

struct HandlerStats {
    std::uint64_t run = 0;     // scripts started
    std::uint64_t failed = 0;  // ended with an exit code above 0, or by a signal of another process
    std::uint64_t timed_out = 0;   // killed: ran too long
    std::uint64_t overflowed = 0;  // killed: wrote too much
    std::uint64_t not_started = 0;
    // Dropped events by cause.
    std::uint64_t dropped_full = 0, dropped_bytes = 0, dropped_at_end = 0;
};

class EventHandlers final : private Turns::Client {
public:
    struct Parts {
        uv_loop_t& loop;
        Log& log;
        Turns& turns;
        std::function<ScriptSelf()> self;      // called for each script
        std::vector<std::string> environment;  // the agent's own, "NAME=value" each
        HandlerLimits limits = {};
        std::function<void()> script_ended = {};  // called after libuv has reaped it
    };
    explicit EventHandlers(Parts parts);

    // Applies to queued events, too; a running script continues.
    void replace(std::vector<EventScript> scripts, Duration time_limit);
    // Whether any script runs on it; see ScriptEvent.
    [[nodiscard]] bool wants(std::string_view kind, std::string_view name) const;
    void enqueue(ScriptEvent event);
    // Drops queued events. Stops a running script and waits for it at most its grace time.
    void close(std::function<void()> closed);

    [[nodiscard]] const std::vector<EventScript>& scripts() const { return scripts_; }
    [[nodiscard]] const HandlerStats& stats() const { return stats_; }
    [[nodiscard]] std::size_t waiting() const { return waiting_.size(); }
    // Whether it is a running script, which libuv reaps.
    [[nodiscard]] bool waits_for(pid_t pid) const { return process_.is(pid); }
    [[nodiscard]] bool busy() const { return process_.running() || !waiting_.empty(); }

private:
    using Shared = std::shared_ptr<const ScriptEvent>;
    void dropped(std::uint64_t& counter);
    void next();
    [[nodiscard]] bool take_turn(Time end) override;
    [[nodiscard]] bool start(const EventScript& script);
    void ended(const std::string& command, ScriptProcess::Result result);
    void complain(Level level, std::string_view event, const std::string& text);
    void end();

    Parts parts_;
    std::vector<EventScript> scripts_;
    std::deque<Shared> waiting_;
    std::size_t waiting_bytes_ = 0;
    Shared current_;                  // the event whose scripts run now
    std::deque<EventScript> to_run_;  // its remaining scripts
    ScriptProcess process_;
    HandlerStats stats_;
    std::uint64_t dropped_in_a_row_ = 0;
    LineGate complaints_{std::chrono::seconds{1}};
    std::function<void()> closed_;
    bool closing_ = false;
};

}  // namespace rollcall::agent

// SPDX-License-Identifier: Apache-2.0
//
// Runs an operator's scripts on events: one script at a time, events in the order in which they
// happened, of one event the scripts in the order of the configuration. Off the loop, in child
// processes; bounded in events that wait, in their bytes, in time and in output. What there is no
// room for is dropped, counted by cause, and told in the log at the start and at the end. Knows no
// kind of event: see agent/scripts/script_event.h. The loop's thread.
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
#include <vector>

#include "agent/log/logging.h"
#include "agent/scripts/event_script.h"
#include "agent/scripts/script_event.h"
#include "agent/scripts/script_process.h"

namespace rollcall::agent {

struct HandlerLimits {
    std::size_t waiting_events = 1024;
    std::size_t waiting_bytes = std::size_t{8} << 20;  // of what their scripts would read
    ScriptLimits script;
};

struct HandlerStats {
    std::uint64_t run = 0;         // scripts that were started
    std::uint64_t failed = 0;      // and ended with an exit code above 0, or by a stranger's signal
    std::uint64_t timed_out = 0;   // ended by us: too long
    std::uint64_t overflowed = 0;  // ended by us: wrote too much
    std::uint64_t not_started = 0;
    // Events that reached no script, and why.
    std::uint64_t dropped_full = 0, dropped_bytes = 0, dropped_at_end = 0;
};

class EventHandlers {
public:
    struct Parts {
        uv_loop_t& loop;
        Log& log;
        std::function<ScriptSelf()> self;      // asked for each script
        std::vector<std::string> environment;  // the agent's own, "NAME=value" each
        HandlerLimits limits = {};
        std::function<void()> script_ended = {};  // libuv has taken its exit status by then
    };
    explicit EventHandlers(Parts parts);

    // From the next event on; those that wait meet the new scripts, one that runs goes on.
    void replace(std::vector<EventScript> scripts, Duration time_limit);
    void tell(ScriptEvent event);
    // What waits is dropped. A script that runs is ended, and waited for no longer than its grace.
    void close(std::function<void()> closed);

    [[nodiscard]] const std::vector<EventScript>& scripts() const { return scripts_; }
    [[nodiscard]] const HandlerStats& stats() const { return stats_; }
    [[nodiscard]] std::size_t waiting() const { return waiting_.size(); }
    // A child of ours, whose exit status libuv takes.
    [[nodiscard]] bool waits_for(pid_t pid) const { return process_.is(pid); }
    [[nodiscard]] bool busy() const { return process_.running() || !waiting_.empty(); }

private:
    using Shared = std::shared_ptr<const ScriptEvent>;
    [[nodiscard]] bool wanted(const ScriptEvent& event) const;
    void dropped(std::uint64_t& counter);
    void next();
    [[nodiscard]] bool start(const EventScript& script);
    void ended(const std::string& command, ScriptProcess::Result result);
    void complain(Level level, std::string_view event, const std::string& text);
    void end();

    Parts parts_;
    std::vector<EventScript> scripts_;
    std::deque<Shared> waiting_;
    std::size_t waiting_bytes_ = 0;
    Shared current_;                  // the event whose scripts are run
    std::deque<EventScript> to_run_;  // of them those that are still to come
    ScriptProcess process_;
    HandlerStats stats_;
    std::uint64_t dropped_in_a_row_ = 0;
    LineGate complaints_{std::chrono::seconds{1}};
    std::function<void()> closed_;
    bool closing_ = false;
};

}  // namespace rollcall::agent

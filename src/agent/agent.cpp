// SPDX-License-Identifier: Apache-2.0
#include "agent/agent.h"

#include <sys/resource.h>
#include <uv.h>

#include <cstdio>
#include <cstdlib>
#include <limits>
#include <memory>
#include <string>
#include <utility>

#include "agent/running_agent.h"
#include "agent/signals.h"

namespace rollcall::agent {
namespace {

// Seen at once, also by whoever reads us through a pipe.
void say(const std::string& text) {
    std::fwrite(text.data(), 1, text.size(), stdout);
    std::fflush(stdout);
}

int refuse_to_run(const std::string& why) {
    std::fprintf(stderr, "==> %s\n", why.c_str());
    return 1;
}

// A member of a large cluster has many streams open in a bad minute, and clients besides. Answers
// how many descriptors there may be.
std::size_t raise_descriptor_limit() {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return std::numeric_limits<std::size_t>::max();
    const rlimit had = std::exchange(limit, {limit.rlim_max, limit.rlim_max});
    return setrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : had.rlim_cur;
}

// In JSON everything is a record of one stream: no line beside it, unless the log is elsewhere.
bool speaks_json(const Log& log) {
    return log.format() == LogFormat::json;
}

int refuse_to_start(Log& log, const std::string& why) {
    const bool once = log.on_stderr();  // both would be lines of one stream
    if (!once || speaks_json(log)) log.write(Level::err, "agent", "start-failed", why);
    if (once && speaks_json(log)) return 1;
    return refuse_to_run(why);
}

int run_on(uv_loop_t& loop, LoadedConfig loaded, const ConfigSources& sources,
           std::unique_ptr<Log> log) {
    Log& said = *log;
    auto agent = std::make_unique<RunningAgent>(loop, std::move(loaded.settings), std::move(log));
    agent->reap_orphans_too();
    agent->reload_from(std::move(loaded.config), [&sources] { return load_config(sources); });
    const bool text = !speaks_json(said);
    if (text) say("==> Starting rollcall agent...\n==> Starting rollcall agent RPC...\n");
    if (const auto error = agent->start()) return refuse_to_start(said, *error);
    if (text) {
        say("==> rollcall agent running!\n" + agent->banner() + "\n");
    } else {
        agent->log_banner();
    }
    while (!agent->ended()) uv_run(&loop, UV_RUN_ONCE);
    // Once: the log's last lines may have just said it, and JSON has no line beside its records.
    const bool logged_here = said.on_stderr() && (!text || agent->end_reason_is_logged());
    if (!agent->end_reason().empty() && !logged_here) {
        static_cast<void>(refuse_to_run(agent->end_reason()));
    }
    return agent->exit_code();
}

}  // namespace

int run_agent(const ConfigSources& sources) {
    take_on_signals();
    auto loaded = load_for_start(sources);
    if (!loaded) {
        for (const std::string& mistake : lines_of(loaded.error())) {
            static_cast<void>(refuse_to_run(mistake));
        }
        return 1;
    }
    Settings& settings = loaded->settings;
    auto log = Log::open({.level = settings.log_level,
                          .format = settings.log_format,
                          .file = settings.log_file,
                          .rotate_bytes = settings.log_rotate_bytes,
                          .rotate_files = settings.log_rotate_files,
                          .syslog_facility = settings.syslog_facility});
    if (!log) return refuse_to_run(log.error());
    log_warnings(*loaded, **log);
    settings.descriptors = raise_descriptor_limit();

    uv_loop_t loop;
    if (const int error = uv_loop_init(&loop); error != 0) return refuse_to_run(uv_strerror(error));
    const int code = run_on(loop, std::move(*loaded), sources, std::move(*log));
    take_on_signals();  // those that the loop watched stand at their defaults again
    uv_run(&loop, UV_RUN_NOWAIT);
    if (uv_loop_close(&loop) != 0) {
        // A look-up of a name is still running in the system's resolver, or a disk does not answer:
        // that cannot be stopped, and an ordinary exit would wait for it.
        std::fflush(nullptr);
        std::_Exit(code);
    }
    return code;
}

}  // namespace rollcall::agent

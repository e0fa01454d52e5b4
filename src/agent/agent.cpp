// SPDX-License-Identifier: Apache-2.0
#include "agent/agent.h"

#include <sys/resource.h>
#include <unistd.h>
#include <uv.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "agent/log/line_writer.h"
#include "agent/log/log_outputs.h"
#include "agent/running_agent.h"
#include "agent/service/service_environment.h"
#include "agent/signals.h"

namespace rollcall::agent {
namespace {

constexpr Duration kLastStartUpLines = std::chrono::seconds{1};

// Start-up lines on stdout: it may be a pipe that no process reads, and they come when the agent is
// a member already.
class StartUpLines {
public:
    StartUpLines()
        : writer_{LineWriter::start({.write = [](const std::string& text) { write(text); }})} {}
    ~StartUpLines() {
        if (writer_) static_cast<void>(writer_->flush(kLastStartUpLines));
    }
    StartUpLines(const StartUpLines&) = delete;
    StartUpLines& operator=(const StartUpLines&) = delete;

    void print(const std::string& text) {
        if (writer_) return writer_->push(text);
        write(text);
    }

private:
    static void write(std::string_view text) {
        while (!text.empty()) {
            const ssize_t done = ::write(STDOUT_FILENO, text.data(), text.size());
            if (done > 0) {
                text.remove_prefix(static_cast<std::size_t>(done));
            } else if (done == 0 || errno != EINTR) {
                return;
            }
        }
    }

    std::unique_ptr<LineWriter> writer_;
};

int refuse_to_run(const std::string& why) {
    std::fprintf(stderr, "==> %s\n", why.c_str());
    return 1;
}

// A member of a large cluster may have many streams and clients open at once. Returns the new
// limit.
std::size_t raise_descriptor_limit() {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return std::numeric_limits<std::size_t>::max();
    const rlimit had = std::exchange(limit, {limit.rlim_max, limit.rlim_max});
    return setrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : had.rlim_cur;
}

// With JSON the output is one stream of records: no plain lines, unless the log is elsewhere.
bool is_json(const Log& log) {
    return log.format() == LogFormat::json;
}

int refuse_to_start(Log& log, const std::string& why) {
    const bool once = log.on_stderr();  // otherwise stderr would show it twice
    if (!once || is_json(log)) log.write(Level::err, "agent", "start-failed", why);
    if (once && is_json(log)) return 1;
    log.print_plain("==> " + why);
    return 1;
}

int run_on(uv_loop_t& loop, LoadedConfig loaded, const ConfigSources& sources,
           std::unique_ptr<Log> log) {
    Log& the_log = *log;
    auto agent = std::make_unique<RunningAgent>(loop, std::move(loaded.settings), std::move(log));
    agent->reap_orphans_too();
    agent->notify(read_service_environment(sources.environment, ::getpid()));
    agent->reload_from(std::move(loaded.config), [&sources] { return load_config(sources); });
    const bool text = !is_json(the_log);
    StartUpLines out;
    if (text) out.print("==> Starting rollcall agent...\n==> Starting rollcall agent RPC...\n");
    if (const auto error = agent->start()) return refuse_to_start(the_log, *error);
    if (text) {
        out.print("==> rollcall agent running!\n" + agent->banner() + "\n");
    } else {
        agent->log_banner();
    }
    while (!agent->ended()) uv_run(&loop, UV_RUN_ONCE);
    // Print the reason only once: it may be the last line of the log, and JSON allows no plain
    // line.
    const bool logged_here = the_log.on_stderr() && (!text || agent->end_reason_is_logged());
    if (!agent->end_reason().empty() && !logged_here) {
        the_log.print_plain("==> " + agent->end_reason());
    }
    return agent->exit_code();
}

}  // namespace

int run_agent(const ConfigSources& sources) {
    install_signal_duties();
    keep_last_lines();
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
    install_signal_duties();  // the loop has reset the signals that it watched
    uv_run(&loop, UV_RUN_NOWAIT);
    if (uv_loop_close(&loop) != 0) {
        // A name lookup still runs in the system's resolver, or a disk hangs: neither can be
        // stopped, and an ordinary exit would wait for it.
        std::fflush(nullptr);
        std::_Exit(code);
    }
    return code;
}

}  // namespace rollcall::agent

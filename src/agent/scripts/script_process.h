// SPDX-License-Identifier: Apache-2.0
//
// One command of an operator's, run by /bin/sh in a process group of its own: fed on stdin, its
// stdout and stderr collected together, and ended when it takes too long or writes without end.
// What it leaves running in the background is its own business, as with any shell. One command at a
// time; the same object runs the next. The loop's thread.
#pragma once

#include <sys/types.h>
#include <uv.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/time.h"
#include "transport/uv_handle.h"
#include "transport/uv_timer.h"

namespace rollcall::agent {

struct ScriptLimits {
    Duration slow = std::chrono::seconds{1};                // until a complaint
    Duration time = std::chrono::minutes{5};                // until SIGTERM to the group
    Duration grace = std::chrono::seconds{2};               // from there until SIGKILL
    std::uint64_t written_bytes = std::uint64_t{16} << 20;  // more, and it is ended likewise
    std::size_t kept_bytes = std::size_t{8} << 10;          // the last of what it wrote; Serf's
};

class ScriptProcess {
public:
    enum class End : std::uint8_t {
        exited,    // by itself, or by somebody else's signal
        too_long,  // ended by us
        too_much,  // likewise: it wrote too much
        told_to,   // likewise: stop() was called
    };
    struct Result {
        End end = End::exited;
        int exit_code = 0;  // when `exited`
        int signal = 0;     // that ended it; 0: none
        std::string output;
        std::uint64_t written_bytes = 0;  // of which `output` is the end
        [[nodiscard]] bool succeeded() const {
            return end == End::exited && exit_code == 0 && signal == 0;
        }
    };
    struct Job {
        std::string command;
        std::vector<std::string> environment;  // all of it, "NAME=value" each
        std::string input;
        ScriptLimits limits;
        std::function<void()> slow;         // may be empty
        std::function<void(Result)> ended;  // from the loop, once; the next may be started in it
    };

    explicit ScriptProcess(uv_loop_t& loop) : loop_{loop} {}
    ~ScriptProcess();
    ScriptProcess(const ScriptProcess&) = delete;
    ScriptProcess& operator=(const ScriptProcess&) = delete;

    // A libuv error, or 0. After an error nothing runs, and `ended` is not called.
    [[nodiscard]] int start(Job job);
    [[nodiscard]] bool running() const { return running_; }
    // The one that runs.
    [[nodiscard]] bool is(pid_t pid) const {
        return running_ && uv_process_get_pid(process_.get()) == pid;
    }
    // Ends it now, as if its time were over.
    void stop() { terminate(End::told_to); }

private:
    [[nodiscard]] int spawn(int read_end, int write_end);
    void feed();
    void collect(const char* bytes, std::size_t count);
    void collect_what_is_left();
    void wait(Duration time);
    void time_is_up();
    void terminate(End why);
    void kill_group(int signal);
    void exited(std::int64_t code, int signal);
    void release();

    enum class Waits : std::uint8_t { slow, limit, grace, nothing };
    uv_loop_t& loop_;
    Job job_;
    Result result_;
    Waits waits_ = Waits::nothing;
    bool running_ = false;
    transport::UvHandle<uv_process_t, ScriptProcess> process_;
    transport::UvHandle<uv_pipe_t, ScriptProcess> input_, output_;
    transport::Timer<ScriptProcess> timer_;
};

}  // namespace rollcall::agent

// SPDX-License-Identifier: Apache-2.0
//
// Runs one command with /bin/sh in a process group of its own: writes its stdin, collects its
// stdout and stderr together, and kills it when it runs too long or writes too much. Background
// processes that it leaves are not killed, as with any shell. One command at a time; the object can
// be reused. The loop's thread.
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
    Duration slow = std::chrono::seconds{1};                // until a warning
    Duration time = std::chrono::minutes{5};                // until SIGTERM to the group
    Duration grace = std::chrono::seconds{2};               // from SIGTERM to SIGKILL
    std::uint64_t written_bytes = std::uint64_t{16} << 20;  // more output: SIGTERM
    std::size_t kept_bytes = std::size_t{8} << 10;          // end of the output; Serf's value
};

class ScriptProcess {
public:
    enum class End : std::uint8_t {
        exited,    // on its own, or by a signal of another process
        too_long,  // killed by us
        too_much,  // killed by us: wrote too much
        stopped,   // killed by stop()
    };
    struct Result {
        End end = End::exited;
        int exit_code = 0;  // when `exited`
        int signal = 0;     // that ended it; 0: none
        std::string output;
        std::uint64_t written_bytes = 0;  // `output` is the end of them
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
        std::function<void(Result)> ended;  // from the loop, once; may call start()
    };

    explicit ScriptProcess(uv_loop_t& loop) : loop_{loop} {}
    ~ScriptProcess();
    ScriptProcess(const ScriptProcess&) = delete;
    ScriptProcess& operator=(const ScriptProcess&) = delete;

    // A libuv error, or 0. On an error nothing runs, and `ended` is not called.
    [[nodiscard]] int start(Job job);
    [[nodiscard]] bool running() const { return running_; }
    // Whether it is the running process.
    [[nodiscard]] bool is(pid_t pid) const {
        return running_ && uv_process_get_pid(process_.get()) == pid;
    }
    // SIGTERM now, SIGKILL after the grace time.
    void stop() { terminate(End::stopped); }

private:
    [[nodiscard]] int spawn(int read_end, int write_end);
    void feed();
    void collect(const char* bytes, std::size_t count);
    void collect_rest();
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

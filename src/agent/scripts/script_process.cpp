// SPDX-License-Identifier: Apache-2.0
#include "agent/scripts/script_process.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <memory>
#include <utility>

namespace rollcall::agent {
namespace {

// Small: a script that writes a lot gets little of the loop's time per iteration.
constexpr std::size_t kOutputBuffer = std::size_t{8} << 10;
constexpr std::size_t kPipeHolds = std::size_t{1} << 20;  // above the default capacity of pipes

void close_both(const std::array<uv_file, 2>& ends) {
    for (const uv_file end : ends) {
        if (end >= 0) ::close(end);
    }
}

// Owns the bytes until libuv is done with them.
struct Feeding {
    uv_write_t request{};
    std::string bytes;
};

}  // namespace

ScriptProcess::~ScriptProcess() {
    if (running_) kill_group(SIGKILL);
}

int ScriptProcess::start(Job job) {
    job_ = std::move(job);
    result_ = {};
    // Pipes, not sockets: scripts may open /dev/stdin and /dev/stderr, which fails for a socket.
    std::array<uv_file, 2> in{-1, -1}, out{-1, -1};
    int error = uv_pipe(in.data(), 0, UV_NONBLOCK_PIPE);
    if (error == 0) error = uv_pipe(out.data(), UV_NONBLOCK_PIPE, 0);
    if (error == 0) timer_.init(*this, loop_);
    const auto open = [&](auto& handle, uv_file& end) {
        if (error != 0) return;
        error = handle.init(*this, [&](uv_pipe_t* pipe) { return uv_pipe_init(&loop_, pipe, 0); });
        if (error == 0) error = uv_pipe_open(handle.get(), end);
        if (error == 0) end = -1;  // owned by the handle now
    };
    open(input_, in[1]);
    open(output_, out[0]);
    if (error == 0) error = spawn(in[0], out[1]);
    close_both(in);
    close_both(out);
    if (error != 0) {
        release();
        return error;
    }
    running_ = true;
    feed();
    uv_read_start(
        reinterpret_cast<uv_stream_t*>(output_.get()),
        [](uv_handle_t*, std::size_t, uv_buf_t* buffer) {
            static thread_local std::array<char, kOutputBuffer> shared;
            *buffer = uv_buf_init(shared.data(), static_cast<unsigned>(shared.size()));
        },
        [](uv_stream_t* stream, ssize_t count, const uv_buf_t* buffer) {
            using Handle = transport::UvHandle<uv_pipe_t, ScriptProcess>;
            ScriptProcess* owner = Handle::owner_of_base(stream);
            if (owner == nullptr || count == 0) return;
            if (count < 0) {
                uv_read_stop(stream);
            } else {
                owner->collect(buffer->base, static_cast<std::size_t>(count));
            }
        });
    waits_ = Waits::slow;
    wait(std::min(job_.limits.slow, job_.limits.time));
    return 0;
}

int ScriptProcess::spawn(int read_end, int write_end) {
    std::array<uv_stdio_container_t, 3> stdio{};
    stdio[0].flags = stdio[1].flags = stdio[2].flags = UV_INHERIT_FD;
    stdio[0].data.fd = read_end;
    stdio[1].data.fd = stdio[2].data.fd = write_end;  // one pipe keeps the order of its output
    std::string shell = "/bin/sh", flag = "-c";
    std::array<char*, 4> arguments{shell.data(), flag.data(), job_.command.data(), nullptr};
    std::vector<char*> environment;
    environment.reserve(job_.environment.size() + 1);
    for (std::string& variable : job_.environment) environment.push_back(variable.data());
    environment.push_back(nullptr);

    uv_process_options_t options{};
    options.file = shell.c_str();
    options.args = arguments.data();
    options.env = environment.data();
    options.stdio = stdio.data();
    options.stdio_count = static_cast<int>(stdio.size());
    options.flags = UV_PROCESS_DETACHED;  // a process group that can be killed as a whole
    options.exit_cb = [](uv_process_t* process, std::int64_t code, int signal) {
        using Handle = transport::UvHandle<uv_process_t, ScriptProcess>;
        if (ScriptProcess* owner = Handle::owner_of(process)) owner->exited(code, signal);
    };
    // The handle is registered even if uv_spawn() fails, so it must be closed.
    int error = 0;
    static_cast<void>(process_.init(*this, [&](uv_process_t* process) {
        error = uv_spawn(&loop_, process, &options);
        return 0;
    }));
    return error;
}

void ScriptProcess::feed() {
    if (job_.input.empty()) return input_.close();
    auto feeding = std::make_unique<Feeding>();
    feeding->bytes = std::move(job_.input);
    feeding->request.data = feeding.get();
    const uv_buf_t buffer =
        uv_buf_init(feeding->bytes.data(), static_cast<unsigned>(feeding->bytes.size()));
    const int error =
        uv_write(&feeding->request, reinterpret_cast<uv_stream_t*>(input_.get()), &buffer, 1,
                 [](uv_write_t* request, int) {
                     using Handle = transport::UvHandle<uv_pipe_t, ScriptProcess>;
                     const std::unique_ptr<Feeding> freed{static_cast<Feeding*>(request->data)};
                     // Written or failed: close stdin.
                     if (ScriptProcess* owner = Handle::owner_of_base(request->handle)) {
                         owner->input_.close();
                     }
                 });
    if (error != 0) return input_.close();
    static_cast<void>(feeding.release());  // the callback frees it
}

void ScriptProcess::collect(const char* bytes, std::size_t count) {
    result_.written_bytes += count;
    result_.output.append(bytes, count);
    if (result_.output.size() > job_.limits.kept_bytes) {
        result_.output.erase(0, result_.output.size() - job_.limits.kept_bytes);
    }
    if (result_.written_bytes > job_.limits.written_bytes) terminate(End::too_much);
}

// The exit may be reported before the last output is read. Background processes that still hold the
// pipe are not waited for.
void ScriptProcess::collect_rest() {
    uv_os_fd_t fd = -1;
    if (!output_ || uv_fileno(reinterpret_cast<uv_handle_t*>(output_.get()), &fd) != 0) return;
    std::array<char, kOutputBuffer> buffer{};
    for (std::size_t all = 0; all < kPipeHolds;) {
        const ssize_t count = ::read(fd, buffer.data(), buffer.size());
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) return;
        collect(buffer.data(), static_cast<std::size_t>(count));
        all += static_cast<std::size_t>(count);
    }
}

// --- limits --------------------------------------------------------------------------------------

void ScriptProcess::wait(Duration time) {
    timer_.start<&ScriptProcess::time_is_up>(time);
}

void ScriptProcess::time_is_up() {
    switch (waits_) {
        case Waits::slow:
            if (job_.limits.slow < job_.limits.time) {
                waits_ = Waits::limit;
                wait(job_.limits.time - job_.limits.slow);
                if (job_.slow) job_.slow();
                return;
            }
            return terminate(End::too_long);
        case Waits::limit:
            return terminate(End::too_long);
        case Waits::grace:
            waits_ = Waits::nothing;
            return kill_group(SIGKILL);
        case Waits::nothing:
            return;
    }
}

void ScriptProcess::terminate(End why) {
    if (!running_ || result_.end != End::exited) return;
    result_.end = why;
    kill_group(SIGTERM);
    waits_ = Waits::grace;
    wait(job_.limits.grace);
}

// Safe only until the first process is reaped: until then its pid cannot be reused.
void ScriptProcess::kill_group(int signal) {
    const int pid = uv_process_get_pid(process_.get());
    if (pid > 1) ::kill(-pid, signal);
}

// --- the end -------------------------------------------------------------------------------------

void ScriptProcess::exited(std::int64_t code, int signal) {
    running_ = false;
    collect_rest();
    result_.exit_code = static_cast<int>(code);
    result_.signal = signal;
    release();
    const auto ended = std::move(job_.ended);
    job_ = {};
    ended(std::move(result_));
}

void ScriptProcess::release() {
    waits_ = Waits::nothing;
    process_.close();
    input_.close();
    output_.close();
    timer_.close();
}

}  // namespace rollcall::agent

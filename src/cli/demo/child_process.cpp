// SPDX-License-Identifier: Apache-2.0
#include "cli/demo/child_process.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstring>

namespace rollcall::cli {

namespace {

constexpr const char* kThisProgram = "/proc/self/exe";
constexpr std::size_t kLongestLine = 64u << 10u;
constexpr int kReadsAtOnce = 16;  // of 16 KiB

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
    std::vector<char*> pointers;
    pointers.reserve(texts.size() + 1);
    for (std::string& text : texts) pointers.push_back(text.data());
    pointers.push_back(nullptr);
    return pointers;
}

std::vector<std::string> environment_without_settings() {
    std::vector<std::string> kept;
    for (char** variable = environ; *variable != nullptr; ++variable) {
        const std::string_view text{*variable};
        if (!text.starts_with("ROLLCALL_")) kept.emplace_back(text);
    }
    return kept;
}

// Between fork() and exec(): only calls that are safe after fork() in a process with threads.
[[noreturn]] void become(char** arguments, char** environment, int output, pid_t parent) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(1);  // it died before the call
    setsid();
    const int null = open("/dev/null", O_RDONLY);
    dup2(null, STDIN_FILENO);
    dup2(output, STDOUT_FILENO);
    dup2(output, STDERR_FILENO);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    signal(SIGPIPE, SIG_DFL);
    execve(kThisProgram, arguments, environment);
    _exit(127);
}

std::string end_text(int status) {
    if (WIFSIGNALED(status)) return "signal " + std::to_string(WTERMSIG(status));
    return "exit code " + std::to_string(WEXITSTATUS(status));
}

}  // namespace

Result<std::unique_ptr<ChildProcess>, std::string> ChildProcess::start(
    const std::vector<std::string>& arguments) {
    std::vector<std::string> words{"rollcall"};
    words.insert(words.end(), arguments.begin(), arguments.end());
    std::vector<std::string> variables = environment_without_settings();
    const std::vector<char*> argv = pointers_to(words);
    const std::vector<char*> envp = pointers_to(variables);

    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) return std::string{"pipe: "} + std::strerror(errno);
    const pid_t parent = getpid();
    const pid_t pid = fork();
    if (pid == 0)
        become(const_cast<char**>(argv.data()), const_cast<char**>(envp.data()), ends[1], parent);
    const int error = errno;
    close(ends[1]);
    if (pid < 0) {
        close(ends[0]);
        return std::string{"fork: "} + std::strerror(error);
    }
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    return std::unique_ptr<ChildProcess>{new ChildProcess{pid, ends[0]}};
}

ChildProcess::~ChildProcess() {
    if (!ended_) {
        kill(pid_, SIGKILL);
        while (waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
        }
    }
    close_output();
}

void ChildProcess::close_output() {
    if (output_ >= 0) close(output_);
    output_ = -1;
}

void ChildProcess::read_lines(const std::function<void(std::string_view)>& on_line) {
    char buffer[16u << 10u];
    for (int i = 0; i < kReadsAtOnce && output_ >= 0; ++i) {
        const ssize_t size = read(output_, buffer, sizeof buffer);
        if (size < 0 && errno == EINTR) continue;
        if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return;
        if (size <= 0) return close_output();
        add({buffer, static_cast<std::size_t>(size)}, on_line);
    }
}

void ChildProcess::add(std::string_view bytes,
                       const std::function<void(std::string_view)>& on_line) {
    while (!bytes.empty()) {
        const std::size_t end = bytes.find('\n');
        const std::string_view part = bytes.substr(0, end);
        if (line_.size() + part.size() > kLongestLine) too_long_ = true;
        if (!too_long_) line_ += part;
        if (end == std::string_view::npos) return;
        if (!too_long_) on_line(line_);
        line_.clear();
        too_long_ = false;
        bytes.remove_prefix(end + 1);
    }
}

bool ChildProcess::send_signal(int number) {
    return !ended() && kill(pid_, number) == 0;
}

const std::optional<std::string>& ChildProcess::ended() {
    int status = 0;
    if (!ended_ && waitpid(pid_, &status, WNOHANG) == pid_) ended_ = end_text(status);
    return ended_;
}

}  // namespace rollcall::cli

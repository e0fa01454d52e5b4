// SPDX-License-Identifier: Apache-2.0
#include "cli/terminal/screen.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <string>

#include "base/check.h"

namespace rollcall::cli {

namespace {

// Alternate screen, no cursor, no line wrap: text that a terminal draws wider than we measured it
// is cut instead of moving the lines below.
constexpr std::string_view kEnter = "\x1b[?1049h\x1b[?25l\x1b[?7l";
// CAN ends a sequence that was written in part.
constexpr std::string_view kLeave = "\x18\x1b[0m\x1b[?7h\x1b[?25h\x1b[?1049l";

constexpr std::array kEndings{SIGTERM, SIGHUP, SIGQUIT, SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL};

// For signal handlers.
struct Terminal {
    int out = -1;
    bool keys = false;  // standard input is a terminal, and its mode was changed
    termios before{}, during{};
    int wake[2] = {-1, -1};
    std::array<struct sigaction, kEndings.size()> endings{};
    struct sigaction resize {
    }, stop{};
};
Terminal terminal;

void write_all(std::string_view text) {
    while (!text.empty()) {
        const ssize_t size = write(terminal.out, text.data(), text.size());
        if (size < 0 && errno != EINTR) return;
        if (size > 0) text.remove_prefix(static_cast<std::size_t>(size));
    }
}

void take_terminal() {
    if (terminal.keys) tcsetattr(STDIN_FILENO, TCSANOW, &terminal.during);
    write_all(kEnter);
}

void restore_terminal() {
    write_all(kLeave);
    if (terminal.keys) tcsetattr(STDIN_FILENO, TCSANOW, &terminal.before);
}

void wake() {
    const char any = 0;
    static_cast<void>(!write(terminal.wake[1], &any, 1));  // full: it will wake anyway
}

// Handlers: only calls that are safe in one.
void on_resize(int) {
    const int error = errno;
    wake();
    errno = error;
}
void on_stop(int) {
    const int error = errno;
    restore_terminal();
    kill(getpid(), SIGSTOP);
    take_terminal();
    wake();
    errno = error;
}
void on_ending(int number) {
    restore_terminal();
    signal(number, SIG_DFL);
    raise(number);
}

void handle(int number, void (*handler)(int), struct sigaction* before) {
    struct sigaction action {};
    action.sa_handler = handler;
    action.sa_flags = SA_RESTART;
    sigaction(number, &action, before);
}

}  // namespace

std::optional<WindowSize> window_size(std::FILE* stream) {
    const int descriptor = fileno(stream);
    winsize size{};
    if (descriptor < 0 || ioctl(descriptor, TIOCGWINSZ, &size) != 0) return std::nullopt;
    if (size.ws_col == 0 || size.ws_row == 0) return std::nullopt;
    return WindowSize{size.ws_col, size.ws_row};
}

Screen::Screen(std::FILE* out) : out_{out}, keys_{-1} {
    ROLLCALL_CHECK(terminal.out == -1);
    terminal.out = fileno(out);
    terminal.keys = isatty(STDIN_FILENO) == 1 && tcgetattr(STDIN_FILENO, &terminal.before) == 0;
    if (terminal.keys) {
        keys_ = STDIN_FILENO;
        terminal.during = terminal.before;
        terminal.during.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
        terminal.during.c_cc[VMIN] = 1;
        terminal.during.c_cc[VTIME] = 0;
    }
    if (pipe2(terminal.wake, O_CLOEXEC | O_NONBLOCK) != 0) terminal.wake[0] = terminal.wake[1] = -1;
    for (std::size_t i = 0; i < kEndings.size(); ++i) {
        handle(kEndings[i], on_ending, &terminal.endings[i]);
    }
    handle(SIGWINCH, on_resize, &terminal.resize);
    handle(SIGTSTP, on_stop, &terminal.stop);
    take_terminal();
}

Screen::~Screen() {
    restore_terminal();
    for (std::size_t i = 0; i < kEndings.size(); ++i) {
        sigaction(kEndings[i], &terminal.endings[i], nullptr);
    }
    sigaction(SIGWINCH, &terminal.resize, nullptr);
    sigaction(SIGTSTP, &terminal.stop, nullptr);
    for (int& end : terminal.wake) {
        if (end >= 0) close(end);
        end = -1;
    }
    terminal.out = -1;
}

int Screen::wake_descriptor() {
    return terminal.wake[0];
}

void Screen::take_wakes() {
    char bytes[64];
    while (read(terminal.wake[0], bytes, sizeof bytes) > 0) {
    }
}

std::optional<Key> Screen::next_key() {
    if (begin_ == end_) {
        pollfd readable{.fd = keys_, .events = POLLIN, .revents = 0};
        if (keys_ < 0 || poll(&readable, 1, 0) <= 0) return std::nullopt;
        const ssize_t size = read(keys_, buffer_, sizeof buffer_);
        if (size <= 0) {  // the terminal is gone
            keys_ = -1;
            return Key::quit;
        }
        begin_ = 0;
        end_ = static_cast<std::size_t>(size);
    }
    struct Sequence {
        std::string_view bytes;
        Key key;
    };
    static constexpr std::array kSequences{
        Sequence{"\x1b[A", Key::up},       Sequence{"\x1bOA", Key::up},
        Sequence{"\x1b[B", Key::down},     Sequence{"\x1bOB", Key::down},
        Sequence{"\x1b[5~", Key::page_up}, Sequence{"\x1b[6~", Key::page_down},
        Sequence{"\x1b[H", Key::home},     Sequence{"\x1b[1~", Key::home},
        Sequence{"\x1bOH", Key::home},     Sequence{"\x1b[F", Key::end},
        Sequence{"\x1b[4~", Key::end},     Sequence{"\x1bOF", Key::end},
        Sequence{"q", Key::quit},          Sequence{"k", Key::up},
        Sequence{"j", Key::down},          Sequence{" ", Key::page_down},
        Sequence{"b", Key::page_up},       Sequence{"g", Key::home},
        Sequence{"G", Key::end},           Sequence{"\x04", Key::quit}};
    for (const Sequence& sequence : kSequences) {
        if (!pending().starts_with(sequence.bytes)) continue;
        begin_ += sequence.bytes.size();
        return sequence.key;
    }
    // An unknown sequence is dropped as a whole, so that its letters are no keys.
    begin_ = pending()[0] == '\x1b' ? end_ : begin_ + 1;
    return Key::other;
}

bool Screen::draw(std::string_view lines) {
    // Each line is erased behind its end, then what is below the last: nothing flickers.
    std::string text = "\x1b[H";
    while (true) {
        const std::size_t end = lines.find('\n');
        text += lines.substr(0, end);
        text += "\x1b[K";
        if (end == std::string_view::npos) break;
        text += "\r\n";
        lines.remove_prefix(end + 1);
    }
    text += "\x1b[J";
    return std::fwrite(text.data(), 1, text.size(), out_) == text.size() && std::fflush(out_) == 0;
}

}  // namespace rollcall::cli

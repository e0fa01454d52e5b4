// SPDX-License-Identifier: Apache-2.0
//
// The whole terminal for one view: the alternate screen without a cursor, and keys without echo.
// The terminal is restored by the destructor and by every signal that ends the process but SIGKILL;
// Ctrl-Z restores it for as long as the process is stopped. At most one object per process; it owns
// the handlers of these signals, but not SIGINT's.
#pragma once

#include <cstddef>
#include <cstdio>
#include <optional>
#include <string_view>

namespace rollcall::cli {

struct WindowSize {
    std::size_t columns = 0;
    std::size_t rows = 0;
};

// Of the terminal behind the stream; nullopt if there is none, or if it does not know its size.
[[nodiscard]] std::optional<WindowSize> window_size(std::FILE* stream);

enum class Key : unsigned char { quit, up, down, page_up, page_down, home, end, other };

class Screen {
public:
    // Only for a stream with a window size.
    explicit Screen(std::FILE* out);
    Screen(const Screen&) = delete;
    Screen& operator=(const Screen&) = delete;
    ~Screen();

    // Descriptors that become readable when the view must be drawn again, and with keys; -1: none.
    [[nodiscard]] static int wake_descriptor();
    [[nodiscard]] int key_descriptor() const { return keys_; }
    // Takes what made the first readable.
    static void take_wakes();
    // The next key that is there already.
    [[nodiscard]] std::optional<Key> next_key();

    // Draws a whole view: lines separated by newlines, each at most as wide as the screen. False if
    // it cannot be written.
    [[nodiscard]] bool draw(std::string_view lines);

private:
    std::FILE* out_;
    int keys_;
    std::string_view pending() const { return {buffer_ + begin_, end_ - begin_}; }
    char buffer_[64];
    std::size_t begin_ = 0, end_ = 0;
};

}  // namespace rollcall::cli

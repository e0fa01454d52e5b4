// SPDX-License-Identifier: Apache-2.0
//
// Orderly shutdown: a list of parts to close and the number still open. Parts added with add()
// begin to close together, in the order added; those added with add_last() begin when all the
// others are closed. Independent of what it closes. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

namespace rollcall::agent {

class Shutdown {
public:
    using Closed = std::function<void()>;
    // Begins to close one part, which calls `closed` exactly once when it is done: later, or before
    // it returns.
    using Close = std::function<void(Closed closed)>;

    Shutdown() = default;
    Shutdown(const Shutdown&) = delete;
    Shutdown& operator=(const Shutdown&) = delete;

    // Call before begin().
    void add(Close close);
    void add_last(Close close);
    // False, without effect, if it has begun before.
    bool begin();

    [[nodiscard]] bool begun() const { return stage_ != Stage::not_begun; }
    [[nodiscard]] bool ended() const { return stage_ == Stage::ended; }
    // Parts of the current stage that are not closed yet.
    [[nodiscard]] std::size_t open() const { return open_; }

private:
    enum class Stage : std::uint8_t { not_begun, first, last, ended };
    void close_all(const std::vector<Close>& parts);
    void one_closed();

    std::vector<Close> first_, last_;
    std::size_t open_ = 0;
    Stage stage_ = Stage::not_begun;
};

}  // namespace rollcall::agent

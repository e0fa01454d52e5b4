// SPDX-License-Identifier: Apache-2.0
//
// Regular expressions that others send, compiled and matched within bounds (rule E2): of length,
// memory and size of each, and of measured time for all. One that is used again is not compiled
// again, also when it cannot be compiled. Compiling and matching have budgets of their own, so that
// a flood of new expressions does not stop those that are in use. One thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/time.h"
#include "base/time_budget.h"

namespace re2 {
class RE2;
}

namespace rollcall::serf {

enum class Found : std::uint8_t {
    yes,
    no,           // also when the expression is not a valid one, or too large
    over_budget,  // not looked at: this moment's time is used up
};

class Patterns {
public:
    static constexpr std::size_t kMaxPattern = 1024;       // bytes of one expression
    static constexpr std::int64_t kMaxMemory = 256 << 10;  // of one compiled expression
    // Instructions. Matching takes as many steps for each byte of a tag, at worst: 2 ms.
    static constexpr int kMaxProgram = 4096;
    static constexpr std::size_t kMaxKept = 64;
    static constexpr std::size_t kMaxKeptBytes = 2u << 20;
    // Shares of the loop: a 25th and a tenth. One expression takes up to 30 ms to compile.
    static constexpr Duration kCompiledInARow = std::chrono::milliseconds{20};
    static constexpr int kRestsOfCompiling = 24;
    static constexpr Duration kMatchedInARow = std::chrono::milliseconds{20};
    static constexpr int kRestsOfMatching = 9;

    // Null: refused. Shared, since the cache may drop it while it is in use.
    using Pattern = std::shared_ptr<const re2::RE2>;

    explicit Patterns(WorkClock& clock) : clock_{clock} {}

    // Whether the expression is found somewhere in the text.
    [[nodiscard]] Found find(std::string_view text, std::string_view expression);
    // Compiled, or from the cache.
    struct Compiled {
        Pattern pattern;
        bool over_budget = false;  // it was not compiled
    };
    [[nodiscard]] Compiled compile(std::string_view expression);

    [[nodiscard]] std::size_t kept() const { return kept_.size(); }
    [[nodiscard]] std::size_t kept_bytes() const { return bytes_; }
    [[nodiscard]] std::uint64_t compiled() const { return compiled_; }  // in all

private:
    struct Entry {
        std::string expression;
        Pattern pattern;
        std::size_t bytes = 0;
    };
    using Kept = std::list<Entry>;

    Pattern keep(std::string_view expression, Pattern pattern);
    void drop_oldest();

    WorkClock& clock_;
    TimeBudget compiling_{kCompiledInARow, kRestsOfCompiling};
    TimeBudget matching_{kMatchedInARow, kRestsOfMatching};
    Kept kept_;                                                     // the last used first
    std::unordered_map<std::string_view, Kept::iterator> by_text_;  // views of Entry::expression
    std::size_t bytes_ = 0;
    std::uint64_t compiled_ = 0;
};

}  // namespace rollcall::serf

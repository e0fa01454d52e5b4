// SPDX-License-Identifier: Apache-2.0
#include "serf/patterns.h"

#include <re2/re2.h>

#include <algorithm>
#include <utility>

namespace rollcall::serf {
namespace {

re2::StringPiece piece(std::string_view text) {
    return {text.data(), text.size()};
}

Patterns::Pattern compiled_pattern(std::string_view expression) {
    re2::RE2::Options options;
    options.set_log_errors(false);
    options.set_never_capture(true);
    options.set_max_mem(Patterns::kMaxMemory);
    auto pattern = std::make_shared<const re2::RE2>(piece(expression), options);
    if (!pattern->ok() || pattern->ProgramSize() > Patterns::kMaxProgram) return {};
    return pattern;
}

// An estimate: its two programs, and what matching adds to them.
std::size_t bytes_of(std::string_view expression, const Patterns::Pattern& pattern) {
    constexpr std::size_t kEntry = 256, kInstruction = 64;
    const int size = pattern ? pattern->ProgramSize() : 0;
    return kEntry + expression.size() + kInstruction * static_cast<std::size_t>(std::max(size, 0));
}

}  // namespace

Found Patterns::find(std::string_view text, std::string_view expression) {
    const auto [pattern, over_budget] = compile(expression);
    if (over_budget) return Found::over_budget;
    if (!pattern) return Found::no;
    const Time from = clock_.now();
    if (matching_.left(from) <= Duration::zero()) return Found::over_budget;
    const bool found = re2::RE2::PartialMatch(piece(text), *pattern);
    matching_.spend(from, clock_.now());
    return found ? Found::yes : Found::no;
}

Patterns::Compiled Patterns::compile(std::string_view expression) {
    if (expression.size() > kMaxPattern) return {};
    const auto known = by_text_.find(expression);
    if (known != by_text_.end()) {
        kept_.splice(kept_.begin(), kept_, known->second);
        return {.pattern = known->second->pattern};
    }
    const Time from = clock_.now();
    if (compiling_.left(from) <= Duration::zero()) return {.pattern = {}, .over_budget = true};
    Pattern pattern = compiled_pattern(expression);
    ++compiled_;
    compiling_.spend(from, clock_.now());
    return {.pattern = keep(expression, std::move(pattern))};
}

Patterns::Pattern Patterns::keep(std::string_view expression, Pattern pattern) {
    const std::size_t bytes = bytes_of(expression, pattern);
    while (!kept_.empty() && (kept_.size() >= kMaxKept || bytes_ + bytes > kMaxKeptBytes)) {
        drop_oldest();
    }
    kept_.push_front({.expression = std::string{expression}, .pattern = pattern, .bytes = bytes});
    by_text_.emplace(kept_.front().expression, kept_.begin());
    bytes_ += bytes;
    return pattern;
}

void Patterns::drop_oldest() {
    bytes_ -= kept_.back().bytes;
    by_text_.erase(kept_.back().expression);
    kept_.pop_back();
}

}  // namespace rollcall::serf

// SPDX-License-Identifier: Apache-2.0
#include "agent/doctor/name_search.h"

#include <chrono>
#include <cstddef>
#include <utility>

namespace rollcall::agent {
namespace {

// Some 5 microseconds each at worst.
constexpr std::size_t kNamesPerStep = 64;
// Not zero: a timer that is due at once may run again before the loop reads its sockets.
constexpr Duration kBetweenSteps = std::chrono::milliseconds{1};

}  // namespace

NameSearch::NameSearch(uv_loop_t& loop, const Control& control, std::string_view wrong, Found found)
    : control_{control}, nearest_{wrong}, found_{std::move(found)} {
    timer_.init(*this, loop);
    timer_.start<&NameSearch::step>(kBetweenSteps);
}

void NameSearch::step() {
    for (std::size_t count = 0; count < kNamesPerStep; ++count) {
        const std::string* const name = control_.name_after(looked_at_);
        if (name == nullptr) {
            const Found found = std::move(found_);  // it may destroy this
            const std::string nearest = nearest_.result();
            return found(nearest);
        }
        nearest_.offer(*name);
        looked_at_ = *name;
    }
    timer_.start<&NameSearch::step>(kBetweenSteps);
}

}  // namespace rollcall::agent

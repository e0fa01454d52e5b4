// SPDX-License-Identifier: Apache-2.0
#include "serf/open_queries.h"

#include <utility>

namespace rollcall::serf {

// Queries past their deadline are removed when they are the oldest: needs no timer, keeps the
// bound.
QueryHandle OpenQueries::open(Time now, Time deadline, ReturnPath path) {
    while (!open_.empty()) {
        const Open& oldest = open_.begin()->second;
        const bool over = now > oldest.deadline;
        if (!over && open_.size() < max_open_) break;
        if (!over && !oldest.answered) ++closed_early_;
        open_.erase(open_.begin());
    }
    open_.emplace(++last_, Open{.path = std::move(path), .deadline = deadline});
    return QueryHandle{last_};
}

OpenQueries::Open* OpenQueries::find(QueryHandle handle) {
    const auto found = open_.find(handle.value());
    return found == open_.end() ? nullptr : &found->second;
}

}  // namespace rollcall::serf

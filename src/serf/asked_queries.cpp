// SPDX-License-Identifier: Apache-2.0
#include "serf/asked_queries.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace rollcall::serf {

void AskedQueries::start(AskedQuery query) {
    ROLLCALL_CHECK(!full());
    running_.push_back(std::move(query));
    find_earliest();
}

bool AskedQueries::runs(LamportTime time, std::uint32_t id) const {
    return std::ranges::any_of(
        running_, [&](const AskedQuery& query) { return query.time == time && query.id == id; });
}

AskedQueries::Counted AskedQueries::count(Time now, LamportTime time, std::uint32_t id,
                                          std::string_view from, bool ack) {
    const auto query = std::ranges::find_if(
        running_, [&](const AskedQuery& each) { return each.time == time && each.id == id; });
    if (query == running_.end() || now >= query->deadline) return {};
    Counted counted{.request = query->request, .purpose = query->purpose};
    AskedQuery::Senders& senders = ack ? query->acked : query->answered;
    if (senders.contains(from)) {
        counted.verdict = Verdict::duplicate;
    } else if (senders.size() >= query->max_senders) {
        counted.verdict = Verdict::too_many;
    } else {
        senders.emplace(from);
        counted.verdict = Verdict::counted;
    }
    return counted;
}

std::optional<AskedQuery> AskedQueries::finish(RequestId request) {
    const auto query = std::ranges::find(running_, request, &AskedQuery::request);
    if (query == running_.end()) return {};
    return take(query);
}

std::optional<AskedQuery> AskedQueries::take_expired(Time now) {
    if (!earliest_ || now < *earliest_) return {};
    return take(std::ranges::min_element(running_, {}, &AskedQuery::deadline));
}

AskedQuery AskedQueries::take(std::vector<AskedQuery>::iterator query) {
    AskedQuery taken = std::move(*query);
    running_.erase(query);
    find_earliest();
    return taken;
}

void AskedQueries::find_earliest() {
    const auto first = std::ranges::min_element(running_, {}, &AskedQuery::deadline);
    earliest_.reset();
    if (first != running_.end()) earliest_ = first->deadline;
}

}  // namespace rollcall::serf

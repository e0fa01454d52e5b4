// SPDX-License-Identifier: Apache-2.0
#include "cli/top/round.h"

#include <algorithm>
#include <string>
#include <utility>
#include <variant>

#include "base/bytes.h"
#include "cli/rpc_session.h"
#include "serf/query_params.h"

namespace rollcall::cli {

namespace {

using std::chrono::milliseconds;

constexpr std::size_t kMembersPerSlot = 50;
// As agent/samples/sample_answers.h has them.
constexpr milliseconds kSlotLasts{50};
constexpr std::size_t kMostSlots = 200;
constexpr milliseconds kAnswerTime{2000};

}  // namespace

std::size_t slots_for(std::size_t members, std::optional<milliseconds> timeout) {
    std::size_t most = kMostSlots;
    if (timeout) {
        const auto fit = static_cast<std::size_t>(*timeout / 2 / kSlotLasts);
        most = std::clamp<std::size_t>(fit, 1, most);
    }
    return std::clamp<std::size_t>((members + kMembersPerSlot - 1) / kMembersPerSlot, 1, most);
}

milliseconds time_for(std::size_t slots) {
    return kAnswerTime + static_cast<int>(slots - 1) * kSlotLasts;
}

std::optional<Failure> TopRound::begin() {
    auto members = client_.ask<rpc::MembersResponse>("members-filtered", question_.filter);
    if (!members) return describe("Error retrieving members", members.error());
    top_.emplace(members->members);
    done_ = top_->members() == 0;  // no member matches: there is none to ask
    if (done_) return std::nullopt;
    const std::size_t slots = slots_for(top_->members(), question_.timeout);
    const milliseconds timeout = question_.timeout.value_or(time_for(slots));
    rpc::QueryRequest query{.request_ack = true,
                            .timeout = std::chrono::nanoseconds{timeout}.count(),
                            .name = std::string{serf::kBuiltInQuery} + "sample"};
    if (slots > 1) query.payload = payload_of("slots " + std::to_string(slots));
    // A query's expressions are not anchored, those of the list are.
    for (const auto& [tag, expression] : question_.filter.tags) {
        query.filter_tags[tag] = '^' + expression + '$';
    }
    const auto asked = client_.query(query);
    if (!asked) return describe("Error sending query", asked.error());
    return std::nullopt;
}

std::optional<RpcError> TopRound::step(std::optional<milliseconds> limit) {
    auto item = client_.next_record(limit);
    if (!item) return item.error();
    const auto* const record = *item ? std::get_if<rpc::AnswerRecord>(&**item) : nullptr;
    if (record == nullptr) return std::nullopt;
    if (record->type == "done") {
        done_ = true;
    } else if (record->type == "ack") {
        top_->acked(record->from);
    } else if (record->type == "response") {
        top_->answered(record->from, record->payload ? as_text(*record->payload) : "");
    }
    return std::nullopt;
}

std::optional<Failure> TopRound::look_again() {
    if (top_->complete()) return std::nullopt;
    auto members = client_.ask<rpc::MembersResponse>("members-filtered", question_.filter);
    if (!members) return describe("Error retrieving members", members.error());
    top_->update(members->members);
    return std::nullopt;
}

}  // namespace rollcall::cli

// SPDX-License-Identifier: Apache-2.0
#include "serf/name_votes.h"

#include <string>
#include <utility>

#include "base/endpoint.h"
#include "serf/answers.h"

namespace rollcall::serf {

void NameVotes::claimed(const membership::NameConflict& event) {
    if (event.existing.name != context_.name()) return;
    claimed_ = NameVote{.incumbent = context_.node.acknowledged(),
                        .rival_address = event.other_address,
                        .rival_port = event.other_port};
}

void NameVotes::ask_if_claimed(Time now, Outbox& out) {
    const auto claimed = std::exchange(claimed_, std::nullopt);
    if (!claimed) return;
    if (!context_.config.name_conflict_resolution || vote_) return;
    if (context_.life != LifeState::alive) return;
    if (context_.others_alive() == 0) return;  // no other member can decide
    const std::string& self = context_.name();
    vote_ = claimed;
    const auto error = outgoing_queries_.ask(now, context_.new_request(),
                                             {.name = kQuery, .payload = as_bytes(self)},
                                             AskedQuery::Purpose::name_conflict, out);
    if (error) vote_.reset();
}

void NameVotes::answered(const QueryResponse& response) {
    if (!vote_) return;
    const Bytes payload = response.payload.value_or(Bytes{});
    constexpr auto type = static_cast<std::byte>(MessageType::conflict_response);
    if (payload.empty() || payload.front() != type) return;
    const auto answer = decode_conflict_response(payload.subspan(1));
    if (!answer) return;
    if (!may_vote(response.from)) {
        ++context_.stats.votes_refused;
        return;
    }
    ++vote_->answers;
    if (!answer->member) return;
    const membership::Member self = context_.node.self_member();
    const auto ours = Endpoint::from_wire(self.address(), self.port());
    const auto theirs = Endpoint::from_wire(answer->member->address, answer->member->port);
    // A member that still has our former address votes for us too (rule S8).
    const bool former = context_.node.was_ours(answer->member->address, answer->member->port);
    if (former || (ours && theirs && *ours == *theirs)) ++vote_->for_us;
}

void NameVotes::ended(Outbox& out) {
    if (!vote_) return;
    const bool won = vote_->for_us >= vote_->answers / 2 + 1;
    const bool outvoted = !won && vote_->incumbent;
    if (outvoted) ++context_.stats.votes_overruled;
    out.notify_serf(NameConflictDecided{.kept = won || outvoted,
                                        .for_us = vote_->for_us,
                                        .answers = vote_->answers,
                                        .outvoted = outvoted,
                                        .other_address = vote_->rival_address,
                                        .other_port = vote_->rival_port});
    vote_.reset();
}

// Members that are up, and neither of the two: names are made up easily.
bool NameVotes::may_vote(std::string_view name) const {
    if (name == context_.name()) return false;
    const Member* member = std::as_const(context_.members).find(name);
    return member != nullptr &&
           (member->status == Status::alive || member->status == Status::leaving);
}

// A query about our own name comes from a node that has a rival, or is one: only others can decide.
void NameVotes::asked(Time now, std::string_view name, const ReturnPath& path, Outbox& out) {
    if (name == context_.name()) return;
    ConflictResponse response;
    if (const Member* member = std::as_const(context_.members).find(name)) {
        response.member = MemberAnswer{.name = member->name,
                                       .address = member->address,
                                       .port = member->port,
                                       .tags = member->record().tags,
                                       .status = member->status,
                                       .versions = member->versions};
    }
    replies_.answer_internally(now, path, encoded(response), out);
}

}  // namespace rollcall::serf

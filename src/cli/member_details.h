// SPDX-License-Identifier: Apache-2.0
//
// What a rollcall agent knows about a member beyond Serf's list, for people and programs: the state
// of the failure detector, since when and by whom, the last ack. Pure functions; text from the
// network is sanitized.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>

#include "cli/output.h"

namespace rollcall::cli {

// "failed for 3m 12s, declared dead by web2"; "suspected for 1.3s by a, confirmed by b, c".
[[nodiscard]] std::string state_text(const rpc::MemberDetails& details);
// "0.412 ms"; "" if there is none.
[[nodiscard]] std::string round_trip_text(const rpc::MemberDetails& details);

// The object of docs/http.md, "A detail".
[[nodiscard]] nlohmann::ordered_json detail_json(const rpc::MemberDetails& details);

// `members --detailed`: the columns of members_table() with `detailed`, then STATE, LAST ACK, RTT.
[[nodiscard]] std::string member_details_table(std::span<const rpc::MemberDetails> members,
                                               Look look);
// members_json(), where each member also has state, since, by, incarnation, last_ack and rtt_ms.
[[nodiscard]] std::string member_details_json(std::span<const rpc::MemberDetails> members);

}  // namespace rollcall::cli

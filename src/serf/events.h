// SPDX-License-Identifier: Apache-2.0
//
// What became known in Serf's terms. Members travel as copies: a record says how the member stood
// when the event happened.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/endpoint.h"
#include "base/ids.h"
#include "serf/config.h"
#include "wire/messages.h"

namespace rollcall::serf {

enum class Status : std::uint8_t { none, alive, leaving, left, failed };
[[nodiscard]] std::string_view to_string(Status status);

struct MemberRecord {
    std::string name;
    WireAddress address;
    std::uint16_t port = 0;
    Tags tags;
    Status status = Status::none;
    wire::Versions versions;  // delegate versions are Serf's protocol
};

enum class MemberEventKind : std::uint8_t { join, leave, failed, update, reap };
[[nodiscard]] std::string_view to_string(MemberEventKind kind);  // "member-join", ...

struct MemberEvent {
    MemberEventKind kind = MemberEventKind::join;
    MemberRecord member;
    std::string from;  // who said so: accuser, "" when nobody in particular
};
struct ForceLeaveFinished {
    RequestId request;
    bool timed_out = false;
};
struct LeaveFinished {  // the agent may stop now
    RequestId request;
};
struct TagsFinished {
    RequestId request;
    bool timed_out = false;
};
struct JoinFinished {
    RequestId request;
    unsigned contacted = 0;
    unsigned failed = 0;
};
// A message of the Serf layer was refused: unknown type or undecodable. Bounded like
// membership::Rejected.
struct MessageRejected {
    std::uint8_t type = 0;
    std::string reason;
    std::uint64_t since_last = 1;
};

// Somebody, perhaps we, told all members something (rule E1). Each is told once.
struct UserEventReceived {
    LamportTime time;
    std::string name;
    std::vector<std::byte> payload;
    bool coalesce = false;  // only the newest of this name matters; false when it came by push/pull
};

using Event = std::variant<MemberEvent, ForceLeaveFinished, LeaveFinished, TagsFinished,
                           JoinFinished, MessageRejected, UserEventReceived>;

}  // namespace rollcall::serf

// SPDX-License-Identifier: Apache-2.0
//
// The events of the Serf layer. Members are copies: a record shows the member at the time of the
// event.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/endpoint.h"
#include "base/ids.h"
#include "base/strong.h"
#include "base/time.h"
#include "serf/config.h"
#include "serf/keys.h"
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
    std::string from;  // the accuser, or "" for none
    // failed: of our own expired suspicion, the first accuser, then those who confirmed.
    std::vector<std::string> accusers = {};
    // leave: caused by a leave intent about a failed member, not by the member's own leave claim.
    // From a force-leave, or late from the member itself: the intent does not name its origin.
    bool by_intent = false;
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

// A user event from any member, ourselves included (rule E1). Each is reported once.
struct UserEventReceived {
    LamportTime time;
    std::string name;
    std::vector<std::byte> payload;
    bool coalesce = false;  // only the newest of this name matters; false when it came by push/pull
};

// Identifies a received query, from the event that reports it to the answer.
struct QueryHandle : Strong<struct QueryHandleTag, std::uint64_t> {
    using Strong::Strong;
};
// A query from any member, ourselves included, whose filters match us (rules E2 and E6).
struct QueryReceived {
    QueryHandle handle;  // for Serf::respond
    LamportTime time;
    std::string name;
    std::vector<std::byte> payload;
    std::string source;           // the asker's name
    Time deadline{};              // for the answer
    bool expects_answer = false;  // false: it has no usable address, or no time for the answer
};
// A query of another rollcall agent's program, or of our own (rule E8): not for applications.
struct BuiltInQueryReceived {
    QueryHandle handle;  // for Serf::respond
    std::string name;    // without the prefix: "why"
    std::vector<std::byte> payload;
    std::string source;  // the asker's name
    // The answer would go to a member of that name at its address, or to ourselves.
    bool from_member = false;
};
// The results of a query of ours (rule E5). At most one event of each kind per member.
struct QueryAcked {
    RequestId request;
    std::string from;
};
struct QueryAnswered {
    RequestId request;
    std::string from;
    std::vector<std::byte> payload;
};
struct QueryFinished {  // its deadline has passed; nothing more follows
    RequestId request;
    std::size_t acks = 0, answers = 0;
};

// Another node uses our name, and the others voted whose it is (rule W1). Not kept: this process
// must end, without a leave, since a leave would apply to the other node.
struct NameConflictDecided {
    bool kept = false;
    std::size_t for_us = 0, answers = 0;
    bool outvoted = false;  // kept against the vote: we had the name first
    WireAddress other_address = {};
    std::uint16_t other_port = 0;
};

// A change of our timings by `rollcall tune` (rule L6).
struct TimingsTuned {
    enum class What : std::uint8_t {
        prepared,
        applied,
        confirmed,
        reverted,
        expired,   // not confirmed in time, hence undone
        replaced,  // the configuration was read again
        refused,
    };
    What what = What::prepared;
    std::string id;       // of the change
    std::string changes;  // "probe-interval 1s -> 500ms"
    std::string source;   // the member that asked, or we; "": nobody
    std::string reason;   // refused: why
};
[[nodiscard]] std::string_view to_string(TimingsTuned::What what);

using Event =
    std::variant<MemberEvent, ForceLeaveFinished, LeaveFinished, TagsFinished, JoinFinished,
                 MessageRejected, UserEventReceived, QueryReceived, QueryAcked, QueryAnswered,
                 QueryFinished, KeyCommandFinished, KeyCommandHandled, KeyringChanged,
                 NameConflictDecided, BuiltInQueryReceived, TimingsTuned>;

}  // namespace rollcall::serf

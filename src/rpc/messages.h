// SPDX-License-Identifier: Apache-2.0
//
// The messages of the control protocol, for server and client: plain structs, encode() and
// decode(). Which command is allowed when, and what a reply means, is decided by the server and the
// client.
//
// Every message is a msgpack map keyed by field name (docs/rpc.md). We write what Serf agents
// write: keys in ascending byte order, str 8 for medium strings, bin for bytes. We read far more:
// keys in any order, unknown keys, missing keys and nil (both the field's zero), str where bytes
// are meant and the reverse, a list of integers from 0 to 255 where text or bytes are meant, a map
// where a list is meant (its keys and values in turn), any form of an integer that fits, and the
// whole message as an array of fields in the order in which the struct declares them. A field of
// the wrong kind is a BadField: nothing is thrown, and nothing half decoded is handed out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <msgpack/object_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/endpoint.h"
#include "base/result.h"

namespace rollcall::agent::rpc {

inline constexpr std::int32_t kVersion = 1;  // of the control protocol, sent in the handshake

using StringMap = std::map<std::string, std::string>;
// Bytes of an event or query. Peers distinguish nil from empty, so we do too.
using Payload = std::optional<std::vector<std::byte>>;
// "serf" -> "members" -> "3": sections of name and value, all text.
using Stats = std::map<std::string, StringMap>;

struct RequestHeader {
    std::string command;
    std::uint64_t seq = 0;
};
struct ResponseHeader {
    std::string error;  // "" is success
    std::uint64_t seq = 0;
};

// Bodies of requests. "members", "stats" and "leave" have none.
struct HandshakeRequest {
    std::int32_t version = 0;
};
struct AuthRequest {
    std::string auth_key;
};
struct JoinRequest {
    std::vector<std::string> existing;
    bool replay = false;
};
struct MembersFilteredRequest {
    StringMap tags;  // values are regular expressions, as are the two below; "" is no filter
    std::string status;
    std::string name;
};
struct ForceLeaveRequest {
    std::string node;
    bool prune = false;
};
struct TagsRequest {
    StringMap tags;
    std::vector<std::string> delete_tags;  // setting wins over deleting
};
struct StreamRequest {
    std::string type;  // comma-separated filters; "" is "*"
};
struct MonitorRequest {
    std::string log_level;  // any case
};
struct EventRequest {
    std::string name;
    Payload payload;
    bool coalesce = false;
};
struct QueryRequest {
    std::vector<std::string> filter_nodes;  // empty: all members
    StringMap filter_tags;                  // tag -> regular expression, not anchored
    bool request_ack = false;
    std::uint8_t relay_factor = 0;
    std::int64_t timeout = 0;  // ns; 0: the agent's default
    std::string name;
    Payload payload;
};
struct RespondRequest {
    std::uint64_t id = 0;  // of a QueryRecord on this connection
    Payload payload;
};
struct KeyRequest {
    std::string key;  // base64
};
struct GetCoordinateRequest {
    std::string node;
};
// Ours, beyond Serf, as the responses below that say so.
struct WhyRequest {
    std::string node;
};
// `rollcall tune` on this agent: serf/tune_messages.h has both texts.
struct TuneRequest {
    std::string request;
};
struct TuneResponse {
    std::string answer;
};
struct JournalRequest {
    std::uint64_t since = 0;  // records with a higher number, from those in memory on
    std::uint64_t last = 0;   // above 0: at most so many of those in memory, whatever `since` is
    std::string log_level;    // any case; "" is info
    std::string member;       // only records about it; "" is all
};
// Ours, beyond Serf: `rollcall doctor`.
struct DoctorRequest {
    std::string peer;  // a member's name or HOST:PORT; "": the agent alone
};
struct DoctorFinding {
    std::string check;   // what was looked at: "udp"
    std::string grade;   // "ok", "warn", "problem", or "skip": could not be examined
    std::string cause;   // rpc/doctor_causes.h; "" for none
    std::string what;    // what was found, for people
    std::string remedy;  // "" for none
};
struct DoctorResponse {
    std::vector<DoctorFinding> findings;
};
struct StopRequest {
    std::uint64_t stop = 0;  // the Seq of the stream or monitor to end
};

// Bodies of responses.
struct JoinResponse {
    std::int32_t num = 0;  // contacted nodes; sent beside an error, too
};
struct Member {
    std::string name;
    WireAddress addr;
    std::uint16_t port = 0;
    StringMap tags;
    std::string status;  // none alive leaving left failed
    std::uint8_t protocol_min = 0, protocol_max = 0, protocol_cur = 0;  // memberlist's
    std::uint8_t delegate_min = 0, delegate_max = 0, delegate_cur = 0;  // Serf's
};
struct MembersResponse {
    std::vector<Member> members;
};
// A member's network coordinate, in seconds of round-trip time (rpc/rtt.h).
struct Coordinate {
    std::vector<double> vec;  // nil on the wire when empty
    double error = 0, adjustment = 0, height = 0;
};
struct GetCoordinateResponse {
    Coordinate coord;
    bool ok = false;  // false: no member of that name, or no coordinate received yet
};

// The end of a key command. Sent beside an error, too.
struct KeysResponse {
    StringMap messages;  // node -> its message: an error, or that its list is truncated
    std::optional<std::map<std::string, std::uint64_t>> keys;  // base64 -> nodes; list-keys only
    std::uint64_t num_nodes = 0, num_err = 0, num_resp = 0;
};
// Ours, beyond Serf: the answers to list-keys one by one. A Serf agent does not know the command.
struct NodeKeys {
    std::string node;
    bool result = false;
    std::string message;
    std::vector<std::string> keys;  // base64, primary first
    std::string primary;
};
struct KeyTableResponse {
    std::vector<NodeKeys> nodes;
    std::uint64_t num_nodes = 0;  // asked; more than `nodes` when some did not answer
};

// Ours: a member, and what the agent knows about it. Durations are in ns.
struct MemberDetails {
    Member member;
    std::int64_t time = 0;        // the agent's clock, at which the durations end: us since 1970
    std::string state;            // of the failure detector: alive, suspect, dead, left
    std::int64_t state_age = 0;   // it is in that state for so long
    std::vector<std::string> by;  // the accusers of a suspect, or who declared it dead
    std::uint32_t incarnation = 0;
    std::int64_t ack_age = -1;  // since its last ack of a probe of this agent; -1: none yet
    std::int64_t rtt = -1;      // of that probe; -1: none yet
};
struct MemberDetailsResponse {
    std::vector<MemberDetails> members;
};
// Ours: everything an agent knows about one member. Records are those of the journal, as JSON.
struct WhyResponse {
    std::int64_t time = 0;  // the agent's clock: us since 1970
    bool known = false;     // a member of that name; false beside records: it was forgotten
    MemberDetails member;
    std::vector<std::string> records;  // oldest first
};

// Records of a stream or monitor. Each follows a ResponseHeader with the Seq of its command.
struct LogRecord {
    std::string log;  // one line, no newline
};
// Ours: of a journal stream.
struct JournalLine {
    std::string record;  // one JSON object, no newline (docs/http.md, "Events")
};
struct MemberEventRecord {
    std::string event;  // member-join, member-leave, member-failed, member-update, member-reap
    std::vector<Member> members;
};
struct UserEventRecord {
    std::string event = "user";
    std::uint64_t ltime = 0;
    std::string name;
    Payload payload;
    bool coalesce = false;
};
struct QueryRecord {
    std::string event = "query";
    std::uint64_t id = 0;
    std::uint64_t ltime = 0;
    std::string name;
    Payload payload;
};
// A result of a query; each follows a ResponseHeader with the Seq of the query. The last is
// "done", with an empty From.
struct AnswerRecord {
    std::string type;  // ack, response or done
    std::string from;
    Payload payload;
};
// Any of the event records above, for a reader that does not know the type yet: see `event`.
struct StreamRecord {
    std::string event;
    std::vector<Member> members;
    std::uint64_t id = 0;
    std::uint64_t ltime = 0;
    std::string name;
    Payload payload;
    bool coalesce = false;
};

// The invalid field's name, "" for the message as a whole. Points to static
// storage.
struct BadField {
    std::string_view name;
};

// Decodes one object of the stream, or returns the invalid field. The object may come from a peer;
// its depth was bounded by the reader that parsed it (rpc/reader.h).
template <class Message>
[[nodiscard]] Result<Message, BadField> decode(const msgpack::object& object);

// Appends one encoded object.
template <class Message>
void append(std::string& out, const Message& message);

// Stats has no fields of its own: sections and keys are the agent's to choose.
template <>
[[nodiscard]] Result<Stats, BadField> decode(const msgpack::object& object);
template <>
void append(std::string& out, const Stats& stats);

// The start of a MembersResponse of `count` members; the members follow one by one with append().
// For long lists that are sent in slices.
void append_members_response_head(std::string& out, std::uint32_t count);
// The same for a MemberDetailsResponse.
void append_member_details_response_head(std::string& out, std::uint32_t count);
// The same for a MemberEventRecord.
void append_member_event_head(std::string& out, std::string_view event, std::uint32_t count);

template <class Message>
[[nodiscard]] std::string encode(const Message& message) {
    std::string out;
    append(out, message);
    return out;
}

}  // namespace rollcall::agent::rpc

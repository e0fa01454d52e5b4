// SPDX-License-Identifier: Apache-2.0
//
// The interface between the control protocol and the agent. The agent implements it on the Serf
// core; tests implement it without one. Called on the loop's thread; a callback runs exactly once,
// inside the call or any time later, and the caller must guard against having been destroyed by
// then. Error texts are shown to clients; "" is success.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/ids.h"
#include "base/result.h"
#include "base/time.h"
#include "rpc/messages.h"
#include "serf/coordinate.h"
#include "serf/events.h"
#include "serf/keys.h"
#include "serf/message_error.h"

namespace rollcall::agent {

class Journal;

// What this agent knows about a member, beside its record.
struct MemberDetail {
    serf::MemberRecord record;
    std::string_view state;  // membership's: "alive", "suspect", "dead", "left"
    Incarnation incarnation;
    Duration since{};  // it is in that state for so long
    // Suspect: the first accuser, then those who confirmed. Failed: who declared it. Else empty.
    std::vector<std::string> by;
    std::optional<Duration> acked;  // its last ack of a probe of ours came so long ago
    std::optional<Duration> rtt;    // of that probe
};

class Control {
public:
    using Done = std::function<void(const std::string& error)>;
    using Joined = std::function<void(unsigned contacted, const std::string& error)>;

    virtual ~Control() = default;
    [[nodiscard]] virtual std::vector<serf::MemberRecord> members() const = 0;
    // For long lists that are written in slices, member by member: the name that follows this one
    // in order, null at the end; the one after "" is the first. Valid until the loop goes on.
    [[nodiscard]] virtual const std::string* name_after(std::string_view name) const = 0;
    [[nodiscard]] virtual std::optional<MemberDetail> detail_of(std::string_view name) const = 0;
    [[nodiscard]] virtual Journal& journal() = 0;
    [[nodiscard]] virtual serf::Tags tags() const = 0;
    [[nodiscard]] virtual rpc::Stats stats() const = 0;
    // Nullopt: unknown member, or it sent no coordinate yet. The error: coordinates are disabled or
    // not supported here.
    [[nodiscard]] virtual Result<std::optional<serf::Coordinate>, std::string> coordinate_of(
        const std::string& node) const = 0;
    virtual void join(std::vector<std::string> peers, bool replay, Joined done) = 0;
    // After success the agent stops automatically; pending replies are still sent.
    virtual void leave(Done done) = 0;
    virtual void force_leave(std::string node, bool prune, Done done) = 0;
    virtual void set_tags(serf::Tags tags, Done done) = 0;
    // Broadcasts to all members. Returns "", or why it was not sent.
    [[nodiscard]] virtual std::string user_event(const std::string& name, Bytes payload,
                                                 bool coalesce) = 0;
    // Sends a query to the members. `on_answer` gets records, possibly inside the call; the last
    // one has type "done". None after forget_query(), none if the query is refused.
    using OnAnswer = std::function<void(const rpc::AnswerRecord&)>;
    [[nodiscard]] virtual Result<RequestId, std::string> query(const rpc::QueryRequest& asked,
                                                               OnAnswer on_answer) = 0;
    virtual void forget_query(RequestId query) = 0;
    [[nodiscard]] virtual std::optional<serf::MessageError> respond(serf::QueryHandle query,
                                                                    Bytes payload) = 0;
    // Changes or lists the keys of all members; `key` is base64, "" to list. The members' answers
    // come with an error, too.
    using KeysDone =
        std::function<void(const std::string& error, const serf::KeyCommandFinished& result)>;
    // Examines this agent and, if given, its link to a peer; takes a few seconds. The error: no
    // such peer, or too many examinations.
    using Diagnosed =
        std::function<void(const std::string& error, const rpc::DoctorResponse& result)>;
    virtual void diagnose(const std::string& peer, Diagnosed done) = 0;
    // Rule L6, by an operator of this agent: serf/tune_messages.h has request and answer. Nullopt:
    // the agent is shutting down.
    [[nodiscard]] virtual std::optional<std::string> tune(const std::string& request) = 0;
    virtual void change_keys(serf::KeyCommand command, const std::string& key, KeysDone done) = 0;
};

// A member in the control protocol's form.
[[nodiscard]] rpc::Member to_rpc(const serf::MemberRecord& record);
// `now`: the moment at which its durations end.
[[nodiscard]] rpc::MemberDetails to_rpc(const MemberDetail& detail,
                                        std::chrono::system_clock::time_point now);
[[nodiscard]] std::int64_t microseconds_of(std::chrono::system_clock::time_point time);
// The result of a key command: counted as in Serf, and as a table by node.
[[nodiscard]] rpc::KeysResponse to_rpc(const serf::KeyCommandFinished& result);
[[nodiscard]] rpc::KeyTableResponse to_rpc_table(const serf::KeyCommandFinished& result);
// nil for no bytes.
[[nodiscard]] rpc::Payload to_payload(Bytes bytes);

}  // namespace rollcall::agent

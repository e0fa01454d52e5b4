// SPDX-License-Identifier: Apache-2.0
//
// What the control protocol asks of the agent it controls. The agent implements it over the Serf
// core; a test implements it over nothing. Calls come from the loop's thread; an answer may come
// inside the call or any time later, exactly once, and whoever asked may be gone by then: that is
// the asker's to guard. Error texts are what clients are shown, "" is success.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/ids.h"
#include "base/result.h"
#include "rpc/messages.h"
#include "serf/coordinate.h"
#include "serf/events.h"
#include "serf/keys.h"
#include "serf/message_error.h"

namespace rollcall::agent {

class Control {
public:
    using Done = std::function<void(const std::string& error)>;
    using Joined = std::function<void(unsigned contacted, const std::string& error)>;

    virtual ~Control() = default;
    [[nodiscard]] virtual std::vector<serf::MemberRecord> members() const = 0;
    [[nodiscard]] virtual serf::Tags tags() const = 0;
    [[nodiscard]] virtual rpc::Stats stats() const = 0;
    // Nullopt: nobody of that name, or it never told where it is. The error: nobody here could.
    [[nodiscard]] virtual Result<std::optional<serf::Coordinate>, std::string> coordinate_of(
        const std::string& node) const = 0;
    virtual void join(std::vector<std::string> peers, bool replay, Joined done) = 0;
    // After a successful answer the agent stops by itself; what was answered is still sent.
    virtual void leave(Done done) = 0;
    virtual void force_leave(std::string node, bool prune, Done done) = 0;
    virtual void set_tags(serf::Tags tags, Done done) = 0;
    // Tells all members. Answers at once: "", or why it was not told.
    [[nodiscard]] virtual std::string user_event(const std::string& name, Bytes payload,
                                                 bool coalesce) = 0;
    // Asks the members. Records of what becomes of it come from within the call on and end with one
    // of type "done"; none after forget_query(), none when it is refused.
    using Heard = std::function<void(const rpc::AnswerRecord&)>;
    [[nodiscard]] virtual Result<RequestId, std::string> query(const rpc::QueryRequest& asked,
                                                               Heard heard) = 0;
    virtual void forget_query(RequestId query) = 0;
    [[nodiscard]] virtual std::optional<serf::MessageError> respond(serf::QueryHandle query,
                                                                    Bytes payload) = 0;
    // Changes or lists the keys of all members; `key` is base64, "" to list. What the members said
    // comes beside an error, too.
    using KeysDone =
        std::function<void(const std::string& error, const serf::KeyCommandFinished& said)>;
    virtual void change_keys(serf::KeyCommand command, const std::string& key, KeysDone done) = 0;
};

// A member as the control protocol shows it.
[[nodiscard]] rpc::Member to_rpc(const serf::MemberRecord& record);
// The end of a key command, counted as Serf does and node by node.
[[nodiscard]] rpc::KeysResponse to_rpc(const serf::KeyCommandFinished& said);
[[nodiscard]] rpc::KeyTableResponse to_rpc_table(const serf::KeyCommandFinished& said);
// nil for no bytes.
[[nodiscard]] rpc::Payload to_payload(Bytes bytes);

}  // namespace rollcall::agent

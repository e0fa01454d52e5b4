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

#include "agent/rpc_messages.h"
#include "serf/coordinate.h"
#include "serf/events.h"

namespace rollcall::agent {

class Control {
public:
    using Done = std::function<void(const std::string& error)>;
    using Joined = std::function<void(unsigned contacted, const std::string& error)>;

    virtual ~Control() = default;
    [[nodiscard]] virtual std::vector<serf::MemberRecord> members() const = 0;
    [[nodiscard]] virtual serf::Tags tags() const = 0;
    [[nodiscard]] virtual rpc::Stats stats() const = 0;
    // Nullopt: nobody of that name, or it never told where it is.
    [[nodiscard]] virtual std::optional<serf::Coordinate> coordinate_of(
        const std::string& node) const = 0;
    virtual void join(std::vector<std::string> peers, bool replay, Joined done) = 0;
    // After a successful answer the agent stops by itself; what was answered is still sent.
    virtual void leave(Done done) = 0;
    virtual void force_leave(std::string node, bool prune, Done done) = 0;
    virtual void set_tags(serf::Tags tags, Done done) = 0;
};

// A member as the control protocol shows it.
[[nodiscard]] rpc::Member to_rpc(const serf::MemberRecord& record);

}  // namespace rollcall::agent

// SPDX-License-Identifier: Apache-2.0
//
// What this agent knows about members beside what they announce: when each last answered a probe of
// ours and how fast, since when it is in its state, and who brought it there. Fed with the events
// of membership. Bounded by the member table and by those that Serf keeps as failed or left. One
// thread.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/ids.h"
#include "base/text.h"
#include "base/time.h"
#include "membership/events.h"
#include "serf/events.h"

namespace rollcall::agent {

class Sightings {
public:
    struct Ack {
        Time at{};
        Duration rtt{};  // of the whole probe: from its first ping to the ack
    };
    // The last change of a member that is gone, or is doubted.
    struct Change {
        Time at{};
        std::string by;  // the accuser or declarer, as in the event; "" for a leave
    };

    void handle(Time now, const membership::Event& event);
    // A member whose record Serf has dropped is forgotten.
    void handle(const serf::MemberEvent& event);

    // nullopt: none since this agent started.
    [[nodiscard]] std::optional<Ack> last_ack(MemberId member) const;
    // nullopt: nothing is known, or the member is alive.
    [[nodiscard]] const Change* last_change(std::string_view member) const;

private:
    struct Slot {
        MemberId member;
        Ack ack;
    };
    void changed(Time now, const std::string& member, std::string by);

    std::vector<std::optional<Slot>> acks_;  // by the member's slot in the table
    std::unordered_map<std::string, Change, TextHash, std::equal_to<>> changes_;
};

}  // namespace rollcall::agent

// SPDX-License-Identifier: Apache-2.0
//
// The members as Serf sees them: rule I1 applied, with the lists of failed and left members that
// wait for their reaping (rule I6). Keeps its own copy of address and metadata, since membership
// forgets the dead in half a minute and Serf after a day. Tells what happened as Effects; sends
// nothing, draws nothing. Order of all lists depends on the order of calls only. One thread.
//
// Invariant: a member is on the failed list exactly while its status is failed, on the left list
// exactly while it is left.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/endpoint.h"
#include "base/ids.h"
#include "base/time.h"
#include "serf/events.h"
#include "serf/intent_buffer.h"
#include "serf/status_table.h"
#include "serf/vivaldi.h"
#include "wire/messages.h"

namespace rollcall::serf {

// What membership knows of a member that is up or changed.
struct Sighting {
    std::string_view name;
    WireAddress address;
    std::uint16_t port = 0;
    std::string_view meta;
    wire::Versions versions;
};

// What a peer's acks have told of its place.
struct PeerCoordinate {
    LatencyFilter filter;
    std::optional<Coordinate> last;
};

struct Member {
    std::string name;
    std::string meta;
    LamportTime status_time;  // of the newest intent; 0: none
    Time departed{};          // failed or left since
    Time leaving_since{};
    WireAddress address;
    std::uint16_t port = 0;
    wire::Versions versions;
    Status status = Status::none;
    std::unique_ptr<PeerCoordinate> coordinate;  // from its first ack on, while we know it
    bool untold_leave = false;     // leaving by a force-leave of ours that nobody else heard
    bool prune_pending = false;    // to be erased when its delay is over
    std::uint32_t place = 0;       // in all()
    std::uint32_t list_place = 0;  // in failed() or left()

    [[nodiscard]] MemberRecord record() const;
};

// What one piece of news did.
struct Effect {
    bool known = true;   // false: no such member, nothing happened
    bool fresh = false;  // it changed something, if only the time of the last intent
    std::optional<MemberEventKind> event;
    bool flapped = false;  // back so soon that the failure was hardly one
};

class Members {
public:
    // Membership's voice. A member that comes up for the first time takes the intent that waited.
    Effect up(Time now, const Sighting& seen, std::optional<Intent> waiting, Duration flap_timeout);
    Effect down(Time now, std::string_view name);  // others say that it failed
    Effect gone(Time now, std::string_view name);  // it said itself that it left
    Effect changed(const Sighting& seen);

    // Intents. Not newer than the last: no effect.
    Effect intend(Time now, std::string_view name, Intent intent);

    // The member answered a probe. One that has been leaving for longer than any departure takes,
    // or whose leave was a force-leave that nobody but us heard, is evidently staying: alive again.
    // Ours, beyond Serf, where such a member stays "leaving" for ever.
    bool answered(Time now, std::string_view name, Duration longest_leave);

    void erase(std::string_view name);

    [[nodiscard]] Member* find(std::string_view name);
    [[nodiscard]] const Member* find(std::string_view name) const;
    [[nodiscard]] std::span<const std::unique_ptr<Member>> all() const { return all_; }
    [[nodiscard]] std::span<Member* const> failed() const { return failed_; }
    [[nodiscard]] std::span<Member* const> left() const { return left_; }
    [[nodiscard]] std::size_t size() const { return all_.size(); }
    [[nodiscard]] std::size_t alive() const { return count(Status::alive); }
    [[nodiscard]] std::size_t count(Status status) const {
        return counts_[static_cast<std::size_t>(status)];
    }

private:
    Effect apply(Time now, Member& member, News news);
    void set_status(Member& member, Status status);
    [[nodiscard]] std::vector<Member*>* list_of(Status status);

    std::vector<std::unique_ptr<Member>> all_;
    std::unordered_map<std::string_view, Member*> by_name_;  // views of Member::name
    std::vector<Member*> failed_, left_;
    std::array<std::size_t, 5> counts_{};
};

}  // namespace rollcall::serf

// SPDX-License-Identifier: Apache-2.0
//
// The member table of the Serf layer: applies rule I1, and keeps the lists of failed and left
// members until they are reaped (rule I6). Has its own copy of address and metadata, since
// membership removes the dead after half a minute and Serf after a day. Returns Effects; sends
// nothing, draws no random numbers. Order of all lists depends on the order of calls only. One
// thread.
//
// Invariant: a member is on the failed list exactly while its status is failed, on the left list
// exactly while it is left.
#pragma once

#include <array>
#include <chrono>
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

// What membership knows about a member that is up or changed.
struct MemberView {
    std::string_view name;
    WireAddress address;
    std::uint16_t port = 0;
    std::string_view meta;
    wire::Versions versions;
};

// What we learned from a peer's acks about its coordinate.
struct PeerCoordinate {
    LatencyFilter filter;
    std::optional<Coordinate> last;
};

struct Member {
    std::string name;
    std::string meta;
    LamportTime status_time;  // of the newest intent; 0: none
    Time departed{};          // when it failed or left
    Time leaving_since{};
    WireAddress address;
    std::uint16_t port = 0;
    wire::Versions versions;
    Status status = Status::none;
    std::unique_ptr<PeerCoordinate> coordinate;  // from its first ack on
    bool local_leave = false;      // leaving by our own force-leave that reached no other member
    bool prune_pending = false;    // will be erased after its delay
    bool answered = false;         // a probe of ours, once
    std::uint32_t place = 0;       // in all()
    std::uint32_t list_place = 0;  // in failed() or left()

    [[nodiscard]] MemberRecord record() const;
};

// The effect of one report about a member.
struct Effect {
    bool known = true;   // false: no such member, nothing happened
    bool fresh = false;  // something changed, if only the time of the last intent
    std::optional<MemberEventKind> event;
    bool flapped = false;  // back within the flap timeout
};

class Members {
public:
    // Reports of membership. A member that comes up for the first time takes its waiting intent.
    Effect up(Time now, const MemberView& view, std::optional<Intent> waiting,
              Duration flap_timeout);
    Effect down(Time now, std::string_view name);  // declared failed
    Effect gone(Time now, std::string_view name);  // announced its leave itself
    Effect changed(const MemberView& view);

    // Intents. Not newer than the last: no effect.
    Effect apply_intent(Time now, std::string_view name, Intent intent);

    // No leave takes longer: it ends as soon as its messages are sent, after a few seconds, and at
    // the latest after twice the broadcast timeout and a second: 11 s by default. A member that is
    // still there is not leaving, whatever the intents (rule I1).
    static constexpr Duration kLongestLeave = std::chrono::seconds{25};

    // The member answered a probe. One that has been leaving for longer than any leave takes, or
    // whose leave was a force-leave that reached only us, is evidently staying: alive again. Beyond
    // Serf, where such a member stays "leaving" indefinitely.
    bool on_probe_answered(Time now, std::string_view name);
    // The same for all that have been leaving for so long, if stays(name): in a large cluster we
    // probe each of them seldom.
    template <class Stays>
    void end_long_leaves(Time now, Stays&& stays) {
        if (count(Status::leaving) == 0) return;
        for (const auto& member : all_) {
            if (member->status != Status::leaving || now - member->leaving_since < kLongestLeave) {
                continue;
            }
            if (stays(member->name)) set_status(*member, Status::alive);
        }
    }

    // Our clock fell back to this time: no intent of a member may stay ahead of it, or the next
    // one would not count.
    void forget_times_from(LamportTime time);

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
    [[nodiscard]] std::uint64_t view_checksum() const { return view_; }  // serf/view_checksum.h

private:
    Effect apply(Time now, Member& member, StatusInput input);
    void set_status(Member& member, Status status);
    [[nodiscard]] std::vector<Member*>* list_of(Status status);

    std::vector<std::unique_ptr<Member>> all_;
    std::unordered_map<std::string_view, Member*> by_name_;  // views of Member::name
    std::vector<Member*> failed_, left_;
    std::array<std::size_t, 5> counts_{};
    std::uint64_t view_ = 0;
};

}  // namespace rollcall::serf

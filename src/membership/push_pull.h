// SPDX-License-Identifier: Apache-2.0
//
// Anti-entropy: our whole state as a message, and a member of a peer's state as a claim (rules S3,
// Y1, Y2, Y4). Chooses when and with whom to exchange; Streams handles the streams, PackedStates
// how often our state is made, Merges how a peer's is merged.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/time.h"
#include "membership/beliefs.h"
#include "membership/context.h"
#include "membership/outbox.h"
#include "membership/peer_choice.h"
#include "wire/stream.h"

namespace rollcall::membership {

// Rule Y1: larger clusters exchange less often: x1 up to 32 members, x2 up to 64, x3 up to 128...
[[nodiscard]] Duration push_pull_wait(Duration interval, std::size_t members);

class PushPulls {
public:
    PushPulls(Context& context, Beliefs& beliefs, Move& move)
        : context_{context}, beliefs_{beliefs}, move_{move} {}

    // Appends our state, with the type byte. A state that peers would refuse for its length is sent
    // in part: ourselves, and the others from a random one on; the rest is counted.
    void make_state(Time now, bool join, std::vector<std::byte>& message);
    // Rule Y2: whether this member of a state is live and compatible with us, which proves that the
    // state is. The first live one that is not leaves its reason in `reason`.
    [[nodiscard]] bool proves_compatible(const wire::PushPullNode& node, std::string& reason) const;
    // Rule S3.
    void merge_node(Time now, const wire::PushPullNode& node, const Origin& origin, Outbox& out);
    // A random alive member to exchange with.
    // `unnoticed`: one that answered a ping of ours, if there is any.
    [[nodiscard]] FoundMember choose_peer(bool unnoticed);

private:
    [[nodiscard]] bool fits(const wire::PushPullNode& node) const;
    [[nodiscard]] State reported_state(MemberId id, const Member& member) const;
    void select_members(std::size_t room);

    Context& context_;
    Beliefs& beliefs_;
    Move& move_;
    PeerChoice choice_;
    std::vector<MemberId> selected_;  // scratch
    std::vector<std::byte> user_state_;
};

}  // namespace rollcall::membership

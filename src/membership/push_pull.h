// SPDX-License-Identifier: Apache-2.0
//
// Anti-entropy: our whole state as a message, and a peer's whole state as claims (rules S3, Y1-Y4).
// Chooses when and with whom to exchange; Streams handles the streams.
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
    // Applies a peer's state. "" on success; otherwise nothing of it was applied.
    std::string merge(Time now, const Endpoint& peer, const wire::ReceivedPushPull& state,
                      bool join, Outbox& out);
    // Whether we connected to ourselves: a member's state always contains that member, and this one
    // contains only us.
    [[nodiscard]] bool is_our_own(const wire::ReceivedPushPull& state) const;
    // A random alive member to exchange with.
    [[nodiscard]] FoundMember choose_peer();

private:
    // Rule Y2: "" or why no member of that state is compatible with us.
    [[nodiscard]] std::string verify(const wire::ReceivedPushPull& state) const;
    [[nodiscard]] bool fits(const wire::PushPullNode& node) const;
    [[nodiscard]] State reported_state(MemberId id, const Member& member) const;
    void select_members(std::size_t room);
    void merge_node(Time now, const wire::PushPullNode& node, const Origin& origin, Outbox& out);

    Context& context_;
    Beliefs& beliefs_;
    Move& move_;
    PeerChoice choice_;
    std::vector<MemberId> selected_;  // scratch
    std::vector<std::byte> user_state_;
};

}  // namespace rollcall::membership

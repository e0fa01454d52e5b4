// SPDX-License-Identifier: Apache-2.0
#include "membership/push_pull.h"

#include <algorithm>
#include <cmath>

#include "base/scratch.h"
#include "membership/versions.h"

namespace rollcall::membership {
namespace {

constexpr std::size_t kUnscaledMembers = 32;
constexpr std::size_t kLongestName = 512;  // in an error text

}  // namespace

Duration push_pull_wait(Duration interval, std::size_t members) {
    if (members <= kUnscaledMembers) return interval;
    const double doublings =
        std::log2(static_cast<double>(members)) - std::log2(static_cast<double>(kUnscaledMembers));
    return interval * (static_cast<int>(std::ceil(doublings)) + 1);
}

// Rule Y4.
void PushPulls::make_state(Time now, bool join, std::vector<std::byte>& message) {
    const std::size_t longest = context_.codec.max_stream_message() - wire::kPushPullHeaderBound;
    user_state_.clear();
    context_.app.local_state(join, user_state_);
    if (user_state_.size() > std::min<std::size_t>(longest / 2, wire::kMaxStreamPayload)) {
        user_state_.clear();
        ++context_.stats.user_states_untold;
    }
    // Rule S8: the leave of the old address goes first, since peers apply the nodes in order.
    const auto former = move_.last();
    const bool moved = former && beliefs_.contested(now) && !context_.leaving;
    std::size_t room = longest - user_state_.size();
    if (moved) room -= wire::push_pull_node_bound(context_.config.name.size(), 0);
    select_members(room);
    wire::append_push_pull_header(
        {.join = join,
         .nodes = static_cast<std::uint32_t>(selected_.size() + (moved ? 1 : 0)),
         .user_state_size = static_cast<std::uint32_t>(user_state_.size())},
        message);
    if (moved) {
        wire::append_push_pull_node({.name = context_.config.name,
                                     .address = former->address,
                                     .port = former->port,
                                     .incarnation = former->last,
                                     .state = wire::NodeState::left,
                                     .meta = {},
                                     .versions = context_.config.versions},
                                    message);
    }
    for (const MemberId id : selected_) {
        const Member m = *context_.table.find(id);
        wire::append_push_pull_node({.name = m.name(),
                                     .address = m.address(),
                                     .port = m.port(),
                                     .incarnation = m.incarnation,
                                     .state = static_cast<wire::NodeState>(reported_state(id, m)),
                                     .meta = some_meta(m),
                                     .versions = m.versions()},
                                    message);
    }
    message.insert(message.end(), user_state_.begin(), user_state_.end());
    give_back(user_state_);
    give_back(selected_);
}

// A member that left and is accused at a newer incarnation was alive in between. It did not
// announce a leave in that incarnation, so it must not be reported as left (S7).
State PushPulls::reported_state(MemberId id, const Member& member) const {
    const bool doubtful =
        member.state == State::left && !std::as_const(beliefs_).leave_notifier().is_current(id);
    return doubtful ? State::dead : member.state;
}

// All of them where there is room, in ring order. Otherwise a different part each time, always with
// ourselves: a joining member must become known.
void PushPulls::select_members(std::size_t room) {
    const auto bound = [&](MemberId id) {
        const Member m = *context_.table.find(id);
        return wire::push_pull_node_bound(m.name().size(), m.meta().size());
    };
    const auto ids = context_.table.ids();
    selected_.assign(ids.begin(), ids.end());
    if (context_.hearsay.overrun()) {  // rule S9
        std::erase_if(selected_, [&](MemberId id) { return context_.hearsay.is_swept(id); });
    }
    std::size_t size = 0;
    for (const MemberId id : selected_) size += bound(id);
    if (size <= room && selected_.size() < wire::kMaxPushPullNodes) return;

    const auto start = static_cast<std::ptrdiff_t>(context_.rng.below(selected_.size()));
    std::rotate(selected_.begin(), selected_.begin() + start, selected_.end());
    std::iter_swap(selected_.begin(), std::ranges::find(selected_, context_.self));
    std::size_t count = 0;
    size = 0;
    while (count < selected_.size() && count + 1 < wire::kMaxPushPullNodes) {
        size += bound(selected_[count]);
        if (size > room) break;
        ++count;
    }
    context_.stats.nodes_untold += selected_.size() - count;
    selected_.resize(count);
}

void PushPulls::merge_node(Time now, const wire::PushPullNode& node, const Origin& origin,
                           Outbox& out) {
    if (node.name == context_.config.name &&
        (node.address != context_.config.address || node.port != context_.config.port)) {
        beliefs_.mark_contested(now);
        if (node.state == wire::NodeState::dead && move_.was_ours(node.address, node.port, {})) {
            move_.revive_at(origin.from, out);
        }
    }
    switch (node.state) {
        case wire::NodeState::alive:
            if (!fits(node)) ++context_.stats.nodes_quarantined;
            beliefs_.alive(now,
                           {.node = node.name,
                            .incarnation = node.incarnation,
                            .address = node.address,
                            .port = node.port,
                            .meta = node.meta,
                            .versions = node.versions},
                           origin, out);
            return;
        case wire::NodeState::left:
            beliefs_.dead(now,
                          {.node = node.name, .incarnation = node.incarnation, .from = node.name},
                          origin, out);
            return;
        case wire::NodeState::dead:
        case wire::NodeState::suspect:
            // A peer's "dead" is only a suspicion here: the member gets a chance to refute.
            beliefs_.suspect(
                now,
                {.node = node.name, .incarnation = node.incarnation, .from = context_.config.name},
                {.kind = origin.kind,
                 .from = origin.from,
                 .calls_dead = node.state == wire::NodeState::dead},
                out);
            return;
    }
}

FoundMember PushPulls::choose_peer(bool unnoticed) {
    const auto choose = [&](bool answered) {
        const auto& chosen =
            choice_.choose(context_.table, context_.rng, 1, [&](MemberId id, const Member& m) {
                return id != context_.self && m.state == State::alive &&
                       context_.worth_asking(id) && !(answered && context_.hearsay.is_stranger(id));
            });
        return chosen.empty() ? FoundMember{} : context_.table.find(chosen.front());
    };
    if (unnoticed) {
        if (const auto peer = choose(true)) return peer;
    }
    return choose(false);
}

bool PushPulls::proves_compatible(const wire::PushPullNode& node, std::string& reason) const {
    if (node.state != wire::NodeState::alive || !node.versions) return false;
    const VersionFault fault = judge_versions(context_.config.versions, *node.versions);
    if (fault == VersionFault::none) return true;
    if (reason.empty()) {
        reason = describe(fault, node.name.substr(0, kLongestName), context_.config.versions,
                          *node.versions);
    }
    return false;
}

bool PushPulls::fits(const wire::PushPullNode& node) const {
    return node.versions &&
           judge_versions(context_.config.versions, *node.versions) == VersionFault::none;
}

}  // namespace rollcall::membership

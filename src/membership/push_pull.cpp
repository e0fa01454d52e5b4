// SPDX-License-Identifier: Apache-2.0
#include "membership/push_pull.h"

#include <cmath>

#include "membership/versions.h"

namespace rollcall::membership {
namespace {

constexpr std::size_t kUnscaledMembers = 32;
constexpr std::size_t kLongestName = 512;  // as told to people

}  // namespace

Duration push_pull_wait(Duration interval, std::size_t members) {
    if (members <= kUnscaledMembers) return interval;
    const double doublings =
        std::log2(static_cast<double>(members)) - std::log2(static_cast<double>(kUnscaledMembers));
    return interval * (static_cast<int>(std::ceil(doublings)) + 1);
}

void PushPulls::make_state(bool join, std::vector<std::byte>& message) {
    scratch_.join = join;
    scratch_.nodes.clear();
    for (const MemberId id : context_.table.ids()) {
        const Member& m = *context_.table.find(id);
        scratch_.nodes.push_back(
            {.name = m.name,
             .address = m.address,
             .port = m.port,
             .incarnation = m.incarnation,
             .state = static_cast<wire::NodeState>(m.state),
             .meta = m.meta.empty() ? std::nullopt : std::optional{as_bytes(m.meta)},
             .versions = m.versions});
    }
    user_state_.clear();
    context_.app.local_state(join, user_state_);
    scratch_.user_state = user_state_;
    wire::encode_push_pull(scratch_, message);
    scratch_.nodes.clear();  // its names are borrowed from the table
}

std::string PushPulls::merge(Time now, const Endpoint& peer, const wire::PushPull& state, bool join,
                             Outbox& out) {
    if (std::string reason = verify(state); !reason.empty()) {
        ++context_.stats.merges_refused;
        out.notify(MergeRefused{peer, reason});
        return reason;
    }
    const Origin origin{Origin::Kind::stream, peer};
    for (const wire::PushPullNode& node : state.nodes) merge_node(now, node, origin, out);
    if (!state.user_state.empty()) context_.app.merge_state(now, state.user_state, join, out);
    ++context_.stats.push_pulls;
    return {};
}

void PushPulls::merge_node(Time now, const wire::PushPullNode& node, const Origin& origin,
                           Outbox& out) {
    if (node.name == context_.config.name &&
        (node.address != context_.config.address || node.port != context_.config.port)) {
        beliefs_.mark_contested(now);
    }
    switch (node.state) {
        case wire::NodeState::alive:
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
            // A peer's "dead" is never believed at once: its member gets a chance to refute.
            beliefs_.suspect(
                now,
                {.node = node.name, .incarnation = node.incarnation, .from = context_.config.name},
                origin, out);
            return;
    }
}

const Member* PushPulls::choose_peer() {
    const auto& chosen =
        choice_.choose(context_.table, context_.rng, 1, [&](MemberId id, const Member& m) {
            return id != context_.self && m.state == State::alive;
        });
    return chosen.empty() ? nullptr : context_.table.find(chosen.front());
}

std::string PushPulls::verify(const wire::PushPull& state) {
    bool anybody_fits = false;
    std::string reason;
    for (const wire::PushPullNode& node : state.nodes) {
        if (node.state != wire::NodeState::alive) continue;
        if (!node.versions) {
            ++context_.stats.nodes_quarantined;
            continue;
        }
        const VersionFault fault = judge_versions(context_.config.versions, *node.versions);
        if (fault == VersionFault::none) {
            anybody_fits = true;
        } else {
            ++context_.stats.nodes_quarantined;
            if (reason.empty()) {
                reason = describe(fault, node.name.substr(0, kLongestName),
                                  context_.config.versions, *node.versions);
            }
        }
    }
    return anybody_fits ? std::string{} : reason;
}

}  // namespace rollcall::membership

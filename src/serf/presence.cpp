// SPDX-License-Identifier: Apache-2.0
#include "serf/presence.h"

#include <string>
#include <string_view>

namespace rollcall::serf {
namespace {

// Metadata of another application must not be read as tags, nor as Serf's old role format.
constexpr std::string_view kMetaOfNoTags{"\xff\x80"};

bool answered(membership::ProbeOutcome outcome) {
    switch (outcome) {
        case membership::ProbeOutcome::acked:
        case membership::ProbeOutcome::acked_by_relay:
        case membership::ProbeOutcome::acked_by_stream:
            return true;
        case membership::ProbeOutcome::failed:
        case membership::ProbeOutcome::abandoned:
            return false;
    }
    return false;
}

}  // namespace

void Presence::joined(Time now, const membership::MemberJoined& event, Outbox& out) {
    const MemberView view = view_of(event.about);
    make_room_for(view.name, out);
    const Effect effect = context_.members.up(now, view, context_.early_intents.take(view.name),
                                              context_.config.flap_timeout);
    if (effect.flapped) ++context_.stats.flaps;
    member_events_.report(effect, view.name, {}, out);
}

void Presence::updated(const membership::MemberUpdated& event, Outbox& out) {
    const MemberView view = view_of(event.about);
    member_events_.report(context_.members.changed(view), view.name, {}, out);
}

void Presence::failed(Time now, const membership::MemberFailed& event, Outbox& out) {
    const std::string& name = event.about.name;
    member_events_.report(context_.members.down(now, name), name,
                          {.from = event.from, .accusers = event.accusers}, out);
}

void Presence::left(Time now, const membership::MemberLeft& event, Outbox& out) {
    const std::string& name = event.about.name;
    member_events_.report(context_.members.gone(now, name), name, {}, out);
}

void Presence::reaped(const membership::MemberReaped& event, Outbox& out) {
    if (!event.stranger || context_.members.find(event.name) == nullptr) return;
    member_events_.erase(event.name, out);
}

void Presence::probe_ended(Time now, const membership::ProbeEnded& event) {
    const auto peer = context_.node.members().find(event.member);
    if (!peer || !answered(event.outcome)) return;
    context_.members.on_probe_answered(now, peer->name());
}

MemberView Presence::view_of(const membership::About& about) {
    MemberView view{.name = about.name, .address = about.address, .port = about.port};
    if (const auto member = context_.node.members().find(about.member)) {
        view.meta = member->meta();
        view.versions = member->versions();
    }
    if (!context_.speaks_serf()) {
        if (!view.meta.empty()) ++context_.stats.foreign.metadata;
        view.meta = kMetaOfNoTags;
    }
    return view;
}

// Membership removes the dead after half a minute, we after a day: without a bound, invented names
// would fill our memory and every member's push/pulls. A random departed member is erased.
void Presence::make_room_for(std::string_view name, Outbox& out) {
    Members& members = context_.members;
    const auto gone = members.failed().empty() ? members.left() : members.failed();
    if (members.size() < context_.config.membership.max_members || gone.empty() ||
        members.find(name) != nullptr) {
        return;
    }
    const auto drawn = static_cast<std::size_t>(context_.node.rng().below(gone.size()));
    member_events_.erase(std::string{gone[drawn]->name}, out);
}

}  // namespace rollcall::serf

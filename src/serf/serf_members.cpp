// SPDX-License-Identifier: Apache-2.0
//
// Who is here: membership's events and the members' intents, brought together (rules I1, I2, I5,
// I6).
#include <algorithm>
#include <utility>
#include <variant>

#include "serf/serf_impl.h"

namespace rollcall::serf {
namespace {

// No departure takes longer: two waits of a generous broadcast timeout and the linger of a second.
// A member that still answers our probes after this is not leaving, whatever was said (rule I5).
constexpr Duration kLongestLeave = std::chrono::seconds{60};

// Departures are told to so many members by datagram, beside gossip.
constexpr std::size_t kToldDirectly = 32;

// Metadata of another application must not be read as tags, nor as Serf's old kind of role.
constexpr std::string_view kMetaOfNoTags{"\xff\x80"};

template <class... Ts>
struct MembersOverloaded : Ts... {
    using Ts::operator()...;
};
template <class... Ts>
MembersOverloaded(Ts...) -> MembersOverloaded<Ts...>;

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

void Serf::Impl::absorb(Time now, Outbox& out) {
    // By index: nothing below calls the node, so no event is added, but none may be skipped either.
    for (; absorbed_ < out.events().size(); ++absorbed_) {
        std::visit(MembersOverloaded{
                       [&](const membership::MemberJoined& e) { sight(now, e.about, true, out); },
                       [&](const membership::MemberUpdated& e) { sight(now, e.about, false, out); },
                       [&](const membership::MemberFailed& e) {
                           lose(now, e.about, {.from = e.from, .accusers = e.accusers}, out);
                       },
                       [&](const membership::MemberLeft& e) { depart(now, e.about, out); },
                       [&](const membership::ProbeEnded& e) {
                           const auto peer = node.members().find(e.member);
                           if (!peer || !answered(e.outcome)) return;
                           members.answered(now, peer->name(), kLongestLeave);
                       },
                       [&](const membership::NameConflict& e) {
                           name_doubted = name_doubted || e.existing.name == config.membership.name;
                       },
                       [&](const membership::JoinFinished& e) { join_finished(now, e, out); },
                       [&](const membership::LeaveFinished& e) {
                           leave.announced(now, e.request, config.leave_propagate_delay);
                       },
                       [&](const membership::UpdateFinished& e) { update_finished(e, out); },
                       [](const auto&) {}},
                   out.events()[absorbed_]);
    }
}

void Serf::Impl::sight(Time now, const membership::About& about, bool up, Outbox& out) {
    Sighting seen{.name = about.name, .address = about.address, .port = about.port};
    if (const auto member = node.members().find(about.member)) {
        seen.meta = member->meta();
        seen.versions = member->versions();
    }
    if (!speaks_serf()) {
        if (!seen.meta.empty()) ++foreign.metadata;
        seen.meta = kMetaOfNoTags;
    }
    if (!up) {
        tell(members.changed(seen), seen.name, {}, out);
        return;
    }
    // Membership forgets the dead in half a minute, we after a day: without a bound, a stranger who
    // makes up names would fill our memory and everybody's push/pulls. Of those who are gone one
    // drawn at random gives way.
    const auto gone = members.failed().empty() ? members.left() : members.failed();
    if (members.size() >= config.membership.max_members && !gone.empty() &&
        members.find(seen.name) == nullptr) {
        const auto drawn = static_cast<std::size_t>(node.rng().below(gone.size()));
        erase(std::string{gone[drawn]->name}, out);
    }
    const Effect effect = members.up(now, seen, intents.take(seen.name), config.flap_timeout);
    if (effect.flapped) ++stats.flaps;
    tell(effect, seen.name, {}, out);
}

void Serf::Impl::lose(Time now, const membership::About& about, const Reason& why, Outbox& out) {
    tell(members.down(now, about.name), about.name, why, out);
}

void Serf::Impl::depart(Time now, const membership::About& about, Outbox& out) {
    tell(members.gone(now, about.name), about.name, {}, out);
}

void Serf::Impl::join_finished(Time now, const membership::JoinFinished& event, Outbox& out) {
    const auto join = std::ranges::find(joins, event.request, &Join::request);
    if (join == joins.end()) return;  // a reconnection: it speaks for itself
    const bool announce = join->announce && event.contacted > 0;
    joins.erase(join);
    if (announce && life() == LifeState::alive) announce_ourselves(now, out);
    out.notify_serf(JoinFinished{
        .request = event.request, .contacted = event.contacted, .failed = event.failed});
}

void Serf::Impl::update_finished(const membership::UpdateFinished& event, Outbox& out) {
    const auto update = std::ranges::find(tag_updates, event.request);
    if (update == tag_updates.end()) return;
    tag_updates.erase(update);
    out.notify_serf(TagsFinished{.request = event.request, .timed_out = event.timed_out});
}

bool Serf::Impl::intend(Time now, std::string_view name, Intent intent, bool prune_too,
                        Outbox& out) {
    Member* member = members.find(name);
    if (member == nullptr) {
        const IntentBuffer::Outcome outcome = intents.offer(now, name, intent);
        if (outcome == IntentBuffer::Outcome::full) ++stats.intents_dropped;
        return outcome == IntentBuffer::Outcome::buffered;
    }
    if (intent.kind == IntentKind::leave && intent.time > member->status_time &&
        name == config.membership.name && life() == LifeState::alive) {
        announce_ourselves(now, out);  // somebody wants us gone, and we are not going
        return false;
    }
    const Effect effect = members.intend(now, name, intent);
    tell(effect, name, {.by_intent = true}, out);
    if (effect.fresh && prune_too) prune(now, *member, out);
    return effect.fresh;
}

void Serf::Impl::announce_ourselves(Time now, Outbox& out) {
    const LamportTime time = clock.increment();
    const std::string& self = config.membership.name;
    intend(now, self, {.kind = IntentKind::join, .time = time}, false, out);
    queues.intent(encoded(JoinIntent{.time = time, .node = self}), cluster());
}

void Serf::Impl::tell(const Effect& effect, std::string_view name, const Reason& why, Outbox& out) {
    if (!effect.event) return;
    const Member* member = std::as_const(members).find(name);
    ROLLCALL_CHECK(member != nullptr);
    switch (*effect.event) {
        case MemberEventKind::join:
            ++stats.joined;
            break;
        case MemberEventKind::leave:
            ++stats.left_total;
            break;
        case MemberEventKind::failed:
            ++stats.failed_total;
            break;
        case MemberEventKind::update:
            ++stats.updated;
            break;
        case MemberEventKind::reap:
            ++stats.reaped;
            break;
    }
    out.notify_serf(MemberEvent{.kind = *effect.event,
                                .member = member->record(),
                                .from = std::string{why.from},
                                .accusers = {why.accusers.begin(), why.accusers.end()},
                                .by_intent = *effect.event == MemberEventKind::leave &&
                                             (why.by_intent || !why.from.empty())});
}

// Rule I5. A member that may still be here gets the time to say so: Serf sleeps that long, we note
// it.
void Serf::Impl::prune(Time now, Member& member, Outbox& out) {
    if (member.status == Status::left) {
        erase(member.name, out);
        return;
    }
    if (member.prune_pending) return;
    member.prune_pending = true;
    pending_prunes.push_back(
        {.name = member.name,
         .due = now + config.broadcast_timeout + config.leave_propagate_delay});
}

void Serf::Impl::finish_prunes(Time now, Outbox& out) {
    while (!pending_prunes.empty() && pending_prunes.front().due <= now) {
        const std::string name = std::move(pending_prunes.front().name);
        pending_prunes.pop_front();
        Member* member = members.find(name);
        if (member == nullptr || !member->prune_pending) continue;
        member->prune_pending = false;
        // It objected, or came back: a member that lives is not forgotten.
        if (member->status == Status::alive) continue;
        erase(name, out);
    }
}

void Serf::Impl::erase(std::string_view name, Outbox& out) {
    tell({.event = MemberEventKind::reap}, name, {}, out);
    members.erase(name);
}

// Rule I6.
void Serf::Impl::reap(Time now, Outbox& out) {
    intents.expire(now, config.recent_intent_timeout);
    const auto reap_list = [&](auto list, Duration timeout) {
        std::vector<std::string> expired;
        for (const Member* member : list) {
            if (now - member->departed > timeout) expired.push_back(member->name);
        }
        for (const std::string& name : expired) erase(name, out);
    };
    reap_list(members.failed(), config.reconnect_timeout);
    reap_list(members.left(), config.tombstone_timeout);
}

// Rule I6: the more have failed, the likelier we try one of them. So the cluster as a whole makes a
// steady number of attempts.
void Serf::Impl::reconnect(Time now, Outbox& out) {
    if (life() != LifeState::alive || members.failed().empty()) return;
    const std::size_t failed = members.failed().size();
    const std::size_t present = members.size() - failed - members.left().size();
    const double chance =
        static_cast<double>(failed) / static_cast<double>(std::max<std::size_t>(present, 1));
    if (node.rng().unit() > chance) return;
    const Member& target = *members.failed()[static_cast<std::size_t>(node.rng().below(failed))];
    const auto endpoint = Endpoint::from_wire(target.address, target.port);
    if (!endpoint) return;
    const std::array peers{membership::JoinPeer{.endpoint = *endpoint, .name = target.name}};
    node.join(now, peers, out);  // no join intent follows: nobody asked to join anything
}

// Rules I4 and I5, beyond Serf. Gossip alone hands out few copies, some of them to the dead, and
// whoever hears of a departure before its intent calls it a failure; a prune that misses somebody
// is never repaired. A small cluster hears it from us at once, a large one from more members.
void Serf::Impl::tell_directly(Time now, Bytes intent, Outbox& out) {
    std::vector<const Member*> listeners;
    for (const auto& member : members.all()) {
        if (member->status == Status::alive && member->name != config.membership.name) {
            listeners.push_back(member.get());
        }
    }
    const std::size_t told = std::min(listeners.size(), kToldDirectly);
    for (std::size_t i = 0; i < told; ++i) {
        const auto other = i + static_cast<std::size_t>(node.rng().below(listeners.size() - i));
        std::swap(listeners[i], listeners[other]);
        const auto to = Endpoint::from_wire(listeners[i]->address, listeners[i]->port);
        if (to) node.send_user(now, *to, intent, out);
    }
}

std::size_t Serf::Impl::others_alive() const {
    const Member* self = members.find(config.membership.name);
    const bool self_counts = self != nullptr && self->status == Status::alive;
    return members.alive() - (self_counts ? 1 : 0);
}

}  // namespace rollcall::serf

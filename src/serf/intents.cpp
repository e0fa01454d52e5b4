// SPDX-License-Identifier: Apache-2.0
#include "serf/intents.h"

#include <algorithm>
#include <span>
#include <string>
#include <utility>

#include "base/endpoint.h"

namespace rollcall::serf {
namespace {

// Leave intents are also sent directly to this many members, beside gossip.
constexpr std::size_t kLeaveSentDirectly = 32;

}  // namespace

void Intents::join_received(Time now, Bytes message, Outbox& out) {
    constexpr MessageType type = MessageType::join;
    const auto intent = decode_join(message.subspan(1));
    if (!intent) return rejects_.message(now, type, intent.error(), out);
    if (!rejects_.witness(now, context_.clock, intent->time, type, out)) return;
    if (apply(now, intent->node, {.kind = IntentKind::join, .time = intent->time}, false, out)) {
        context_.queues.intent(message, context_.cluster(), intent->node);
    }
}

void Intents::leave_received(Time now, Bytes message, Outbox& out) {
    constexpr MessageType type = MessageType::leave;
    const auto intent = decode_leave(message.subspan(1));
    if (!intent) return rejects_.message(now, type, intent.error(), out);
    if (!rejects_.witness(now, context_.clock, intent->time, type, out)) return;
    if (apply(now, intent->node, {.kind = IntentKind::leave, .time = intent->time}, intent->prune,
              out)) {
        context_.queues.intent(message, context_.cluster(), intent->node);
    }
}

bool Intents::apply(Time now, std::string_view name, Intent intent, bool prune, Outbox& out) {
    Member* member = context_.members.find(name);
    if (member == nullptr) {
        const IntentBuffer::Outcome outcome = context_.early_intents.offer(now, name, intent);
        if (outcome == IntentBuffer::Outcome::full) ++context_.stats.intents_dropped;
        return outcome == IntentBuffer::Outcome::buffered;
    }
    if (intent.kind == IntentKind::leave && intent.time > member->status_time &&
        name == context_.name() && context_.life == LifeState::alive) {
        ++context_.stats.refutations;
        announce_ourselves(now, out);  // another member claims that we leave; we do not
        return false;
    }
    const Effect effect = context_.members.apply_intent(now, name, intent);
    member_events_.report(effect, name, {.by_intent = true}, out);
    if (effect.fresh && prune) prunes_.prune(now, *member, out);
    return effect.fresh;
}

void Intents::announce_ourselves(Time now, Outbox& out) {
    const LamportTime time = context_.clock.increment();
    const std::string& self = context_.name();
    apply(now, self, {.kind = IntentKind::join, .time = time}, false, out);
    context_.queues.intent(encoded(JoinIntent{.time = time, .node = self}), context_.cluster(),
                           self);
}

void Intents::send_leave(Time now, const LeaveIntent& intent, Queues::Token token, Outbox& out) {
    const std::vector<std::byte> message = encoded(intent);
    send_directly(now, message, out);
    context_.queues.intent(message, context_.cluster(), intent.node, token);
}

// Rules I4 and I5, beyond Serf. Gossip alone sends few copies, some of them to the dead, and a
// member that learns of a leave before its intent reports a failure; a prune that misses a member
// is never repaired. A small cluster gets it from us at once, a large one from more members.
void Intents::send_directly(Time now, Bytes message, Outbox& out) {
    std::vector<const Member*> peers;
    for (const auto& member : context_.members.all()) {
        if (member->status == Status::alive && member->name != context_.name()) {
            peers.push_back(member.get());
        }
    }
    const std::size_t count = std::min(peers.size(), kLeaveSentDirectly);
    for (std::size_t i = 0; i < count; ++i) {
        const Member& peer = *context_.node.rng().draw(std::span{peers}, i);
        const auto to = Endpoint::from_wire(peer.address, peer.port);
        if (to) context_.node.send_user(now, *to, message, out);
    }
}

void Intents::append_leave_message(std::string_view name, std::vector<std::byte>& message) const {
    const Member* member = std::as_const(context_.members).find(name);
    if (member == nullptr || member->status_time == LamportTime{}) return;
    if (member->status != Status::leaving && member->status != Status::left) return;
    message = encoded(LeaveIntent{.time = member->status_time, .node = name});
}

}  // namespace rollcall::serf

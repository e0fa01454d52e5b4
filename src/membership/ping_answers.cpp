// SPDX-License-Identifier: Apache-2.0
#include "membership/ping_answers.h"

#include <optional>
#include <span>

namespace rollcall::membership {

void PingAnswers::answer(Time now, const Endpoint& from, const wire::Ping& ping, Outbox& out) {
    if (!ping.node.empty() && ping.node != context_.config.name) {
        ++context_.stats.pings_misaddressed;
        return;
    }
    if (context_.for_former_self) {  // rule S2: an answer would say that we are still there
        ++context_.stats.pings_misaddressed;
        return;
    }
    if (!context_.acknowledged && !ping.node.empty()) {
        const auto asker = context_.table.id_of(ping.source_node);
        context_.acknowledged = asker && *asker != context_.self;
    }
    const Endpoint to = reply_to(ping.source_address, ping.source_port, from);
    const AnswerLimits::Recipient recipient = context_.answer_recipient(ping.source_node, to);
    if (!context_.answer_limits.admits_ack(now, recipient)) return;
    const std::size_t size = context_.app.ack_payload(payload_);
    const wire::Ack ack{
        .sequence = ping.sequence,
        .payload = size == 0 ? std::nullopt : std::optional{Bytes{payload_}.first(size)}};
    const Bytes message = packets_.encode([&](ByteWriter& w) { wire::encode(ack, w); });
    if (context_.answer_limits.ack_carries_gossip(now, recipient)) {
        packets_.send_with_gossip(to, message, context_.recipient(ping.source_node), out);
    } else {
        packets_.send_bare(to, std::span{&message, 1}, false, out);
    }
    if (context_.leaving) {
        beliefs_.leave_notifier().answer_ping(now, context_.self, ping.source_node, out);
    }
}

// A member that pings one that left does not know of the leave (rule S7).
void PingAnswers::answer(Time now, const Endpoint& from, const wire::IndirectPing& request,
                         Outbox& out) {
    relays_.requested(now, request, from, out);
    const auto id = context_.table.id_of(request.node);
    if (!id) return;
    const Member target = *context_.table.find(*id);
    if (target.state != State::left || target.address() != request.target ||
        target.port() != context_.port_or_default(request.port)) {
        return;
    }
    beliefs_.leave_notifier().answer_ping(now, *id, request.source_node, out);
}

}  // namespace rollcall::membership

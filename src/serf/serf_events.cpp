// SPDX-License-Identifier: Apache-2.0
//
// User events: what members tell all others (rule E1), and what we tell (rule E4).
#include <algorithm>
#include <utility>

#include "serf/serf_impl.h"

namespace rollcall::serf {

std::optional<SayError> Serf::user_event(Time now, std::string_view name, Bytes payload,
                                         bool coalesce, Outbox& out) {
    std::optional<SayError> error;
    impl_->run(now, out, [&] { error = impl_->user_event(name, payload, coalesce, out); });
    return error;
}

// Rule E4.
std::optional<SayError> Serf::Impl::user_event(std::string_view name, Bytes payload, bool coalesce,
                                               Outbox& out) {
    using Cause = SayError::Cause;
    if (!speaks_serf()) return SayError{.cause = Cause::no_serf_layer};
    const std::size_t limit = config.user_event_size_limit;
    const std::size_t size = name.size() + payload.size();
    if (size > limit)
        return SayError{.cause = Cause::event_too_large, .size = size, .limit = limit};

    const LamportTime time = event_clock.time();
    const std::optional<Bytes> said = payload.empty() ? std::nullopt : std::optional{payload};
    const std::vector<std::byte> message =
        encoded(UserEvent{.time = time, .name = name, .payload = said, .coalesce = coalesce});
    const std::size_t longest = std::min(limit, queues.longest(cluster()));
    if (message.size() > longest) {
        return SayError{
            .cause = Cause::encoded_event_too_large, .size = message.size(), .limit = longest};
    }
    event_clock.increment();
    ++stats.events_sent;
    hear_event(time, {.name = name, .payload = said}, coalesce, out);
    queues.event(message, cluster());
    return {};
}

// Rule E1.
void Serf::Impl::on_user_event(Time now, Bytes message, Outbox& out) {
    constexpr auto type = static_cast<std::uint8_t>(MessageType::user_event);
    const auto event = decode_user_event(message.subspan(1));
    if (!event) return reject(now, type, event.error(), out);
    if (!witness(now, event_clock, event->time, type, out)) return;
    const StateEvent said{.name = event->name, .payload = event->payload};
    if (!hear_event(event->time, said, event->coalesce, out)) return;
    queues.event(message, cluster());
    ++stats.events_forwarded;
}

bool Serf::Impl::hear_event(LamportTime time, const StateEvent& event, bool coalesce, Outbox& out) {
    switch (events.judge(event_clock.time(), time, event)) {
        case Freshness::fresh:
            break;
        case Freshness::duplicate:
            ++stats.events_duplicate;
            return false;
        case Freshness::too_old:
            ++stats.events_too_old;
            return false;
        case Freshness::no_room:
            ++stats.events_refused;
            return false;
    }
    const Bytes payload = event.payload.value_or(Bytes{});
    out.notify_serf(UserEventReceived{.time = time,
                                      .name = std::string{event.name},
                                      .payload = {payload.begin(), payload.end()},
                                      .coalesce = coalesce});
    return true;
}

}  // namespace rollcall::serf

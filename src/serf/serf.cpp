// SPDX-License-Identifier: Apache-2.0
#include "serf/serf.h"

#include <algorithm>
#include <utility>

#include "membership/core.h"
#include "serf/serf_impl.h"
#include "serf/tags.h"

namespace rollcall::serf {

static_assert(membership::ProtocolCore<Serf>);

namespace {

// Rule M2: what of Serf can be switched off is, so the rest need not ask.
Config whole(Config config) {
    if (config.delegate == Delegate::serf) return config;
    config.disable_coordinates = true;
    config.name_conflict_resolution = false;
    config.membership.versions = wire::kBareVersions;
    return config;
}

membership::Config with_meta(const Config& config) {
    membership::Config membership = config.membership;
    membership.meta.clear();
    if (config.delegate == Delegate::none) return membership;
    const auto meta = encode_tags(config.tags);
    ROLLCALL_CHECK(meta.has_value());  // the config was validated
    membership.meta = *meta;
    return membership;
}

// A seed for dice of their own: draws of coordinates leave the core's as they were. The name is in
// it because members with one seed would never get apart.
std::uint64_t keyed(std::uint64_t seed, std::string_view name) {
    std::uint64_t hash = 0xcbf29ce484222325u;  // FNV-1a: the same with every standard library
    for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
    return Rng{seed ^ hash}.next();
}

}  // namespace

Serf::Impl::Impl(Config config_, wire::EntropySource& entropy, std::uint64_t seed,
                 std::shared_ptr<membership::ProfilePool> profiles)
    : config{whole(std::move(config_))},
      tags{config.tags},
      node{with_meta(config), application(), entropy, seed, std::move(profiles)},
      intents{config.max_recent_intents},
      queues{config},
      events{config.event_buffer, config.max_buffered_bytes / 2},
      queries{config.query_buffer, config.max_buffered_bytes / 2},
      vivaldi{keyed(seed, config.membership.name)},
      asked{config.max_running_queries},
      open_queries{config.max_open_queries} {}

// What a call into the node brought about, until nothing is left to do.
void Serf::Impl::settle(Time now, Outbox& out) {
    absorb(now, out);
    // Not before: the state that tells of a rival also tells of those who could be asked.
    if (std::exchange(name_doubted, false)) name_contested(now, out);
    send_direct(now, out);
    std::vector<Queues::Token> told;
    told.swap(queues.finished());
    for (const Queues::Token token : told) {
        if (token == leave_token) {
            leave.intent_told();
            continue;
        }
        const auto waiting = std::ranges::find(force_leaves, token, &ForceLeave::token);
        if (waiting == force_leaves.end()) continue;  // it timed out before
        out.notify_serf(ForceLeaveFinished{.request = waiting->request});
        force_leaves.erase(waiting);
    }
    take_step_of_leave(now, out);
}

// Rule I4.
void Serf::Impl::take_step_of_leave(Time now, Outbox& out) {
    if (leave.step() == Leave::Step::announce) {
        leave.announce_started(node.leave(now, config.broadcast_timeout, out));
        absorb(now, out);  // with nobody to wait for it is through at once
    }
    if (leave.step() == Leave::Step::finished) {
        leave.told_finished();
        out.notify_serf(LeaveFinished{.request = leave.request()});
    }
}

void Serf::Impl::expire(Time now, Outbox& out) {
    leave.expire(now);
    while (!force_leaves.empty() && force_leaves.front().deadline <= now) {
        out.notify_serf(
            ForceLeaveFinished{.request = force_leaves.front().request, .timed_out = true});
        force_leaves.pop_front();
    }
    finish_prunes(now, out);
    finish_queries(now, out);
    if (reap_at && now >= *reap_at) {
        reap_at = now + config.reap_interval;
        reap(now, out);
    }
    if (reconnect_at && now >= *reconnect_at) {
        reconnect_at = now + config.reconnect_interval;
        reconnect(now, out);
    }
}

std::optional<Time> Serf::Impl::next_deadline() const {
    std::optional<Time> next = node.next_deadline();
    const auto consider = [&](std::optional<Time> at) {
        if (at && (!next || *at < *next)) next = at;
    };
    consider(reap_at);
    consider(reconnect_at);
    consider(leave.deadline());
    consider(asked.deadline());
    if (!force_leaves.empty()) consider(force_leaves.front().deadline);
    if (!pending_prunes.empty()) consider(pending_prunes.front().due);
    return next;
}

LifeState Serf::Impl::life() const {
    if (leave.step() == Leave::Step::none) return LifeState::alive;
    return leave.step() == Leave::Step::left ? LifeState::left : LifeState::leaving;
}

Serf::Serf(Config config, wire::EntropySource& entropy, std::uint64_t seed,
           std::shared_ptr<membership::ProfilePool> profiles)
    : impl_{std::make_unique<Impl>(std::move(config), entropy, seed, std::move(profiles))} {}

Serf::~Serf() = default;

void Serf::restore(const LastSeen& last) {
    Impl& s = *impl_;
    // A file says what its writer pleased: an implausible time is as if it were not there.
    const auto witness = [](LamportClock& clock, LamportTime time) {
        if (clock.plausible(time)) clock.witness(time);
    };
    witness(s.clock, last.intent);
    witness(s.event_clock, last.event);
    witness(s.query_clock, last.query);
    s.events.raise_floor(s.event_clock.time());
    s.queries.raise_floor(s.query_clock.time());
}

void Serf::start(Time now, Outbox& out) {
    Impl& s = *impl_;
    s.reap_at = now + s.config.reap_interval;
    if (s.config.reconnect_interval > Duration::zero()) {
        s.reconnect_at = now + s.config.reconnect_interval;
    }
    s.run(now, out, [&] { s.node.start(now, out); });
}

void Serf::handle_packet(Time now, Endpoint from, Bytes packet, Outbox& out) {
    impl_->run(now, out, [&] { impl_->node.handle_packet(now, from, packet, out); });
}

void Serf::handle_send_error(Time now, Endpoint to, membership::SendError error, Outbox& out) {
    impl_->run(now, out, [&] { impl_->node.handle_send_error(now, to, error, out); });
}

void Serf::handle_timeout(Time now, Outbox& out) {
    impl_->run(now, out, [&] {
        impl_->node.handle_timeout(now, out);
        impl_->absorb(now, out);
        impl_->expire(now, out);
    });
}

void Serf::handle_stream_accepted(Time now, StreamId id, Endpoint from, Outbox& out) {
    impl_->run(now, out, [&] { impl_->node.handle_stream_accepted(now, id, from, out); });
}

void Serf::handle_stream_connected(Time now, StreamId id, Outbox& out) {
    impl_->run(now, out, [&] { impl_->node.handle_stream_connected(now, id, out); });
}

void Serf::handle_stream_data(Time now, StreamId id, Bytes bytes, Outbox& out) {
    impl_->run(now, out, [&] { impl_->node.handle_stream_data(now, id, bytes, out); });
}

void Serf::handle_stream_closed(Time now, StreamId id, membership::StreamEnd end, Outbox& out) {
    impl_->run(now, out, [&] { impl_->node.handle_stream_closed(now, id, end, out); });
}

std::optional<Time> Serf::next_deadline() const {
    return impl_->next_deadline();
}

Result<RequestId, CommandError> Serf::Impl::join(Time now,
                                                 std::span<const membership::JoinPeer> peers,
                                                 Join kind, Outbox& out) {
    if (life() != LifeState::alive) return CommandError::not_alive;
    run(now, out, [&] {
        kind.request = node.join(now, peers, out);
        joins.push_back(kind);
    });
    return kind.request;
}

Result<RequestId, CommandError> Serf::join(Time now, std::span<const membership::JoinPeer> peers,
                                           bool replay, Outbox& out) {
    return impl_->join(now, peers, {.replay = replay, .announce = impl_->speaks_serf()}, out);
}

Result<RequestId, CommandError> Serf::rejoin(Time now, std::span<const membership::JoinPeer> peers,
                                             Outbox& out) {
    return impl_->join(now, peers, {.replay = true, .announce = false}, out);
}

Result<RequestId, CommandError> Serf::leave(Time now, Outbox& out) {
    Impl& s = *impl_;
    if (s.life() == LifeState::leaving) return CommandError::already_leaving;
    const RequestId request = s.new_request();
    if (s.life() == LifeState::left) {
        out.notify_serf(LeaveFinished{.request = request});
        return request;
    }
    s.run(now, out, [&] {
        const bool anybody_to_tell = s.speaks_serf() && s.others_alive() > 0;
        s.leave.start(now, request, anybody_to_tell, s.config.broadcast_timeout);
        const LamportTime time = s.clock.increment();
        const std::string& self = s.config.membership.name;
        s.intend(now, self, {.kind = IntentKind::leave, .time = time}, false, out);
        if (!anybody_to_tell) return;
        s.leave_token = request.value();
        const std::vector<std::byte> intent = encoded(LeaveIntent{.time = time, .node = self});
        s.tell_directly(now, intent, out);
        s.queues.intent(intent, s.cluster(), s.leave_token);
    });
    return request;
}

// Rule I5.
Result<RequestId, CommandError> Serf::force_leave(Time now, std::string_view name, bool prune,
                                                  Outbox& out) {
    Impl& s = *impl_;
    if (!s.speaks_serf()) return CommandError::no_serf_layer;
    const RequestId request = s.new_request();
    if (name.empty() || name.size() > kMaxNodeName) {  // nobody can have this name
        out.notify_serf(ForceLeaveFinished{.request = request});
        return request;
    }
    s.run(now, out, [&] {
        const Member* target = s.members.find(name);
        const bool was_alive = target != nullptr && target->status == Status::alive;
        const LamportTime time = s.clock.increment();
        s.intend(now, name, {.kind = IntentKind::leave, .time = time}, prune, out);
        if (s.others_alive() == 0) {  // Serf counts after the step above, so the target is out
            Member* now_leaving = s.members.find(name);
            if (was_alive && now_leaving != nullptr) now_leaving->untold_leave = true;
            out.notify_serf(ForceLeaveFinished{.request = request});
            return;
        }
        s.force_leaves.push_back({.request = request,
                                  .token = request.value(),
                                  .deadline = now + s.config.broadcast_timeout});
        const std::vector<std::byte> intent =
            encoded(LeaveIntent{.time = time, .node = name, .prune = prune});
        s.tell_directly(now, intent, out);
        s.queues.intent(intent, s.cluster(), request.value());
    });
    return request;
}

Result<RequestId, CommandError> Serf::set_tags(Time now, Tags tags, Outbox& out) {
    Impl& s = *impl_;
    if (!s.speaks_serf()) return CommandError::no_serf_layer;
    const auto meta = encode_tags(tags);
    if (!meta) return CommandError::tags_too_large;
    if (s.life() != LifeState::alive) return CommandError::not_alive;
    // A small packet_size leaves less room than the 512 bytes checked above.
    if (!s.config.membership.can_announce(meta->size())) return CommandError::tags_too_large;
    RequestId request;
    s.run(now, out, [&] {
        const auto update = s.node.update_meta(now, *meta, s.config.broadcast_timeout, out);
        ROLLCALL_CHECK(update.ok());  // it is not leaving, and there is room
        request = *update;
        s.tags = std::move(tags);
        s.tag_updates.push_back(request);
    });
    return request;
}

bool Serf::set_address(Time now, const Endpoint& endpoint, Outbox& out) {
    bool moved = false;
    impl_->run(now, out, [&] {
        moved = impl_->node.set_address(now, endpoint.to_wire(), endpoint.port, out);
    });
    return moved;
}

std::optional<membership::ConfigError> Serf::reconfigure(Time now, const TimingSettings& timing,
                                                         Outbox& out) {
    Impl& s = *impl_;
    Config changed = s.config;
    timing.put_into(changed);
    if (auto error = changed.validate()) return error;
    s.run(now, out, [&] {
        const auto refused = s.node.reconfigure(now, timing.membership, out);
        ROLLCALL_CHECK(!refused);  // the whole was valid
        const bool other_pace = timing.reconnect_interval != s.config.reconnect_interval;
        timing.put_into(s.config);
        if (!other_pace) return;
        const Duration interval = timing.reconnect_interval;
        if (interval == Duration::zero()) {
            s.reconnect_at.reset();
        } else if (!s.reconnect_at || *s.reconnect_at > now + interval) {
            s.reconnect_at = now + interval;
        }
    });
    return {};
}

std::vector<MemberRecord> Serf::members() const {
    std::vector<MemberRecord> records;
    records.reserve(impl_->members.size());
    for (const auto& member : impl_->members.all()) records.push_back(member->record());
    std::ranges::sort(records, {}, &MemberRecord::name);
    return records;
}

std::optional<MemberRecord> Serf::member(std::string_view name) const {
    const Member* member = std::as_const(impl_->members).find(name);
    if (member == nullptr) return {};
    return member->record();
}

const Tags& Serf::tags() const {
    return impl_->tags;
}

LifeState Serf::life() const {
    return impl_->life();
}

Stats Serf::stats() const {
    const Impl& s = *impl_;
    Stats stats = s.stats;
    stats.members = s.members.size();
    stats.failed = s.members.failed().size();
    stats.left = s.members.left().size();
    stats.member_time = s.clock.time();
    stats.event_time = s.event_clock.time();
    stats.query_time = s.query_clock.time();
    stats.intent_queue = s.queues.intents();
    stats.event_queue = s.queues.events();
    stats.query_queue = s.queues.queries();
    stats.recent_intents = s.intents.size();
    stats.queries_running = s.asked.size();
    stats.queries_open = s.open_queries.size();
    stats.queries_closed_early = s.open_queries.closed_early();
    stats.broadcasts_dropped = s.queues.dropped();
    stats.coordinate_resets = s.vivaldi.resets();
    stats.foreign = s.foreign;
    return stats;
}

const membership::Node& Serf::node() const {
    return impl_->node;
}

wire::Keyring& Serf::keyring() {
    return impl_->node.keyring();
}

}  // namespace rollcall::serf

// SPDX-License-Identifier: Apache-2.0
#include "serf/serf.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "membership/core.h"
#include "serf/router.h"
#include "serf/view_checksum.h"

namespace rollcall::serf {

static_assert(membership::ProtocolCore<Serf>);

Serf::Serf(Config config, wire::EntropySource& entropy, std::uint64_t seed,
           std::shared_ptr<membership::ProfilePool> profiles, WorkClock& clock)
    : router_{
          std::make_unique<Router>(std::move(config), entropy, seed, std::move(profiles), clock)} {}

Serf::~Serf() = default;

void Serf::restore(const LastSeen& last) {
    router_->restore(last);
}

// --- from the world ------------------------------------------------------------------------------

void Serf::start(Time now, Outbox& out) {
    router_->run(now, out, [&] { router_->start(now, out); });
}

void Serf::handle_packet(Time now, Endpoint from, Bytes packet, Outbox& out) {
    router_->run_node(now, out, [&](auto& node) { node.handle_packet(now, from, packet, out); });
}

void Serf::handle_send_error(Time now, Endpoint to, membership::SendError error, Outbox& out) {
    router_->run_node(now, out, [&](auto& node) { node.handle_send_error(now, to, error, out); });
}

void Serf::handle_timeout(Time now, Outbox& out) {
    router_->run(now, out, [&] { router_->handle_timeout(now, out); });
}

void Serf::handle_stream_accepted(Time now, StreamId id, Endpoint from, Outbox& out) {
    router_->run_node(now, out,
                      [&](auto& node) { node.handle_stream_accepted(now, id, from, out); });
}

void Serf::handle_stream_connected(Time now, StreamId id, Outbox& out) {
    router_->run_node(now, out, [&](auto& node) { node.handle_stream_connected(now, id, out); });
}

void Serf::handle_stream_data(Time now, StreamId id, Bytes bytes, Outbox& out) {
    router_->run_node(now, out, [&](auto& node) { node.handle_stream_data(now, id, bytes, out); });
}

void Serf::handle_stream_closed(Time now, StreamId id, membership::StreamEnd end, Outbox& out) {
    router_->run_node(now, out, [&](auto& node) { node.handle_stream_closed(now, id, end, out); });
}

std::optional<Time> Serf::next_deadline() const {
    return router_->next_deadline();
}

// --- commands ------------------------------------------------------------------------------------

Result<RequestId, CommandError> Serf::join(Time now, std::span<const membership::JoinPeer> peers,
                                           bool replay, Outbox& out) {
    const Joins::Kind kind{.replay = replay, .announce = router_->context.speaks_serf()};
    return router_->run(now, out, [&] { return router_->joins.start(now, peers, kind, out); });
}

Result<RequestId, CommandError> Serf::rejoin(Time now, std::span<const membership::JoinPeer> peers,
                                             Outbox& out) {
    const Joins::Kind kind{.replay = true, .announce = false};
    return router_->run(now, out, [&] { return router_->joins.start(now, peers, kind, out); });
}

Result<RequestId, CommandError> Serf::leave(Time now, Outbox& out) {
    return router_->run(now, out, [&] { return router_->leaving.start(now, out); });
}

Result<RequestId, CommandError> Serf::force_leave(Time now, std::string_view name, bool prune,
                                                  Outbox& out) {
    return router_->run(now, out,
                        [&] { return router_->force_leaves.start(now, name, prune, out); });
}

Result<RequestId, CommandError> Serf::set_tags(Time now, Tags tags, Outbox& out) {
    return router_->run(now, out,
                        [&] { return router_->tag_updates.start(now, std::move(tags), out); });
}

std::optional<MessageError> Serf::user_event(Time now, std::string_view name, Bytes payload,
                                             bool coalesce, Outbox& out) {
    return router_->run(now, out,
                        [&] { return router_->user_events.send(name, payload, coalesce, out); });
}

Result<RequestId, MessageError> Serf::query(Time now, const QueryParams& params, Outbox& out) {
    const RequestId request = router_->context.new_request();
    const auto error = router_->run(now, out, [&] {
        return router_->outgoing_queries.ask(now, request, params, AskedQuery::Purpose::application,
                                             out);
    });
    if (error) return *error;
    return request;
}

std::optional<MessageError> Serf::respond(Time now, QueryHandle query, Bytes payload, Outbox& out) {
    return router_->run(
        now, out, [&] { return router_->incoming_queries.respond(now, query, payload, out); });
}

Result<RequestId, MessageError> Serf::key_command(Time now, KeyCommand command, Bytes key,
                                                  Outbox& out) {
    return router_->run(now, out,
                        [&] { return router_->key_commands.start(now, command, key, out); });
}

void Serf::keyring_saved(Time now, std::uint64_t change, std::string_view error, Outbox& out) {
    router_->run(now, out, [&] { router_->key_changes.saved(now, change, error, out); });
}

void Serf::forget_query(RequestId query) {
    router_->outgoing_queries.forget(query);
}

std::optional<RequestId> Serf::test_link(Time now, const membership::LinkTestPlan& plan,
                                         Outbox& out) {
    return router_->run_node(now, out, [&](auto& node) { return node.test_link(now, plan, out); });
}

bool Serf::set_address(Time now, const Endpoint& endpoint, Outbox& out) {
    return router_->run_node(now, out, [&](auto& node) {
        return node.set_address(now, endpoint.to_wire(), endpoint.port, out);
    });
}

std::optional<membership::ConfigError> Serf::reconfigure(Time now, const TimingSettings& timing,
                                                         Outbox& out) {
    Config& config = router_->context.config;
    Config changed = config;
    timing.put_into(changed);
    if (auto error = changed.validate()) return error;
    router_->run(now, out, [&] {
        router_->tunes.configured(out);
        router_->retime(now, timing, out);
    });
    return {};
}

std::string Serf::tune(Time now, std::string_view request, Outbox& out) {
    return router_->run(now, out, [&] { return router_->tunes.command(now, request, out); });
}

// --- views ---------------------------------------------------------------------------------------

std::vector<MemberRecord> Serf::members() const {
    const Members& members = router_->context.members;
    std::vector<MemberRecord> records;
    records.reserve(members.size());
    for (const auto& member : members.all()) records.push_back(member->record());
    std::ranges::sort(records, {}, &MemberRecord::name);
    return records;
}

std::vector<std::string> Serf::names_up() const {
    const Members& members = router_->context.members;
    std::vector<std::string> names;
    for (const auto& member : members.all()) {
        if (is_up(member->status)) names.push_back(member->name);
    }
    return names;
}

std::optional<MemberRecord> Serf::member(std::string_view name) const {
    const Member* member = std::as_const(router_->context.members).find(name);
    if (member == nullptr) return {};
    return member->record();
}

const Tags& Serf::tags() const {
    return router_->context.tags;
}

std::optional<Coordinate> Serf::coordinate() const {
    return router_->coordinates.ours();
}

std::optional<Coordinate> Serf::coordinate_of(std::string_view name) const {
    return router_->coordinates.of(name);
}

TuningView Serf::tuning() const {
    const Tuning& tuning = router_->tunes.tuning();
    const auto& config = router_->context.config.membership;
    return {.state = tuning.state(),
            .id = tuning.id(),
            .until = tuning.next_deadline(),
            .fingerprint = tune_fingerprint(membership::TimingSettings::of(config))};
}

LifeState Serf::life() const {
    return router_->context.life;
}

Duration Serf::default_query_timeout() const {
    return router_->outgoing_queries.default_timeout();
}

Stats Serf::stats() const {
    const Context& context = router_->context;
    Stats stats = context.stats;
    stats.members = context.members.size();
    stats.failed = context.members.failed().size();
    stats.left = context.members.left().size();
    stats.alive = context.members.count(Status::alive);
    stats.leaving = context.members.count(Status::leaving);
    stats.view_checksum = context.members.view_checksum();
    stats.member_time = context.clock.time();
    stats.event_time = context.event_clock.time();
    stats.query_time = context.query_clock.time();
    stats.intent_queue = context.queues.intents();
    stats.event_queue = context.queues.events();
    stats.query_queue = context.queues.queries();
    stats.recent_intents = context.early_intents.size();
    stats.queries_running = router_->outgoing_queries.running();
    stats.queries_open = router_->incoming_queries.open();
    stats.queries_closed_early = router_->incoming_queries.closed_early();
    stats.broadcasts_dropped = context.queues.dropped();
    stats.coordinate_resets = router_->coordinates.resets();
    stats.timings_fingerprint =
        tune_hash(membership::TimingSettings::of(router_->context.config.membership));
    stats.tuning_tentative = router_->tunes.tuning().state() == TuningState::tentative;
    return stats;
}

const membership::Node& Serf::node() const {
    return router_->context.node;
}

wire::Keyring& Serf::keyring() {
    return router_->context.node.keyring();
}

void Serf::set_encryption(wire::Encryption encryption) {
    router_->context.node.set_encryption(encryption);
}

}  // namespace rollcall::serf

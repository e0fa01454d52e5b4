// SPDX-License-Identifier: Apache-2.0
#include "sim/scenario/attack/arsenal.h"

#include <algorithm>
#include <array>
#include <limits>

#include "base/check.h"
#include "serf/messages.h"
#include "serf/push_pull_state.h"
#include "serf/tags.h"
#include "sim/scenario/attack/arsenal_wire.h"

namespace rollcall::sim {
namespace {

using membership::Member;

constexpr std::size_t kMostInState = 200;  // members in one lie
constexpr std::uint64_t kMostGhosts = 64;  // likewise
// Of a Lamport clock. They do not bring it to where steps are limited (rule C1): members that were
// moved apart there need minutes, and tests of that rule do it.
constexpr std::array<std::uint64_t, 4> kClockSteps{std::uint64_t{1} << 10, std::uint64_t{1} << 30,
                                                   std::uint64_t{1} << 39, std::uint64_t{1} << 40};

std::uint64_t saturated(std::uint64_t value, std::uint64_t step) {
    const std::uint64_t room = std::numeric_limits<std::uint64_t>::max() - value;
    return value + std::min(room, step);
}
Incarnation raised(Incarnation from, std::uint32_t by) {
    const std::uint32_t room = std::numeric_limits<std::uint32_t>::max() - from.value();
    return Incarnation{from.value() + std::min(room, by)};
}

}  // namespace

// --- who and what --------------------------------------------------------------------------------

std::uint32_t Arsenal::running_of(const Nodes& who) {
    Nodes running;
    for (const std::uint32_t n : who) {
        if (n <= view_.nodes() && view_.running(n)) running.push_back(n);
    }
    return running.empty() ? 0 : running[below(running.size())];
}

std::uint32_t Arsenal::any_running() {
    Nodes all(view_.nodes());
    for (std::uint32_t n = 1; n <= view_.nodes(); ++n) all[n - 1] = n;
    return running_of(all);
}

Arsenal::Subject Arsenal::subject(std::uint32_t node, std::uint32_t receiver) const {
    const Member self = view_.core(node).self_member();
    const auto seen = view_.core(receiver).members().find(self.name());
    const Incarnation there = seen ? seen->incarnation : Incarnation{0};
    return {.node = node,
            .name = std::string{self.name()},
            .address = self.address(),
            .port = self.port(),
            .incarnation = std::max(self.incarnation, there),
            .meta = std::string{self.meta()}};
}

std::string Arsenal::invented_name() {
    return "ghost-" + std::to_string(++invented_);
}

WireAddress Arsenal::invented_address() {
    return WireAddress::v4(10, 254, static_cast<std::uint8_t>(below(256)),
                           static_cast<std::uint8_t>(1 + below(254)));
}

// The name of another node: whom a forged accusation is from.
std::string Arsenal::another(std::uint32_t than) {
    if (view_.nodes() < 2) return invented_name();
    const auto skipped = static_cast<std::uint32_t>(1 + below(view_.nodes() - 1));
    return view_.name(skipped < than ? skipped : skipped + 1);
}

std::uint32_t Arsenal::small_or_large_step() {
    constexpr std::array<std::uint32_t, 5> kSteps{0, 1, 3, 1000, 1u << 20};
    return kSteps[below(kSteps.size())];
}

// --- messages ------------------------------------------------------------------------------------

// Now and then at an incarnation that its subject could not outbid (S5).
Message Arsenal::accusation(const Subject& about, Accuse how) {
    const std::string from = how == Accuse::leave ? about.name : another(about.node);
    const Incarnation incarnation =
        rng_.one_in(16) ? Incarnation{std::numeric_limits<std::uint32_t>::max() -
                                      static_cast<std::uint32_t>(below(4))}
                        : raised(about.incarnation, static_cast<std::uint32_t>(below(2)));
    if (how != Accuse::suspect) forged_({about.node, incarnation});
    const wire::Accusation accusation{.node = about.name, .incarnation = incarnation, .from = from};
    return written([&](ByteWriter& w) {
        return how == Accuse::suspect ? encode_suspect(accusation, w) : encode_dead(accusation, w);
    });
}

Message Arsenal::claim(const Subject& about, std::uint32_t receiver) const {
    return written([&](ByteWriter& w) {
        return encode(wire::Alive{.node = about.name,
                                  .incarnation = about.incarnation,
                                  .address = about.address,
                                  .port = about.port,
                                  .meta = as_bytes(about.meta),
                                  .versions = view_.core(receiver).config().versions},
                      w);
    });
}

Message Arsenal::own_claim(std::uint32_t receiver) const {
    return claim({.name = name_,
                  .address = place_.to_wire(),
                  .port = place_.port,
                  .incarnation = Incarnation{1},
                  .meta = {}},
                 receiver);
}

Message Arsenal::invented_claim(std::uint32_t receiver) {
    return claim({.name = invented_name(),
                  .address = invented_address(),
                  .port = place_.port,
                  .incarnation = Incarnation{static_cast<std::uint32_t>(1 + below(3))},
                  .meta = {}},
                 receiver);
}

// At the member's own address: only the member itself knows that it is not true.
Message Arsenal::higher_claim(Subject about, std::uint32_t receiver) {
    about.incarnation = raised(about.incarnation, 1 + small_or_large_step());
    about.meta = as_text(*serf::encode_tags({{"forged", std::to_string(below(1000))}}));
    return claim(about, receiver);
}

Message Arsenal::walking_claim(Subject about, std::uint32_t receiver) {
    constexpr std::uint32_t kHalf = 1u << 31;
    const std::uint32_t jump = view_.core(receiver).config().max_incarnation_jump;
    const bool to_half = about.incarnation.value() < kHalf && rng_.one_in(4);
    about.incarnation =
        to_half ? Incarnation{kHalf} : raised(about.incarnation, rng_.one_in(4) ? 1 : jump);
    about.meta = as_text(*serf::encode_tags({{"forged", std::to_string(below(1000))}}));
    return claim(about, receiver);
}

Message Arsenal::prune(const Subject& about, std::uint32_t receiver) {
    const LamportTime clock = view_.serf_layer(receiver)->stats().member_time;
    return user_message(serf::LeaveIntent{
        .time = LamportTime{clock.value() + below(8)}, .node = about.name, .prune = true});
}

Message Arsenal::walking_time(std::uint32_t receiver) {
    constexpr std::uint64_t kImplausible = std::numeric_limits<std::uint64_t>::max();
    const serf::Stats stats = view_.serf_layer(receiver)->stats();
    const std::uint64_t step =
        rng_.one_in(8) ? kImplausible : kClockSteps[below(kClockSteps.size())];
    const auto later = [&](LamportTime clock) {
        return LamportTime{saturated(clock.value(), step)};
    };
    const std::string name = invented_name();
    switch (below(4)) {
        case 0:
            return user_message(serf::JoinIntent{.time = later(stats.member_time), .node = name});
        case 1:
            return user_message(serf::LeaveIntent{.time = later(stats.member_time), .node = name});
        case 2:
            return user_message(
                serf::UserEvent{.time = later(stats.event_time), .name = name, .payload = Bytes{}});
        default:
            return user_message(serf::Query{.time = later(stats.query_time),
                                            .id = static_cast<std::uint32_t>(rng_.next()),
                                            .address = place_.to_wire(),
                                            .port = place_.port,
                                            .source_node = name_,
                                            .filters = {},
                                            .timeout = std::chrono::seconds{5},
                                            .name = name,
                                            .payload = Bytes{}});
    }
}

Message Arsenal::ping(std::uint32_t receiver) {
    const std::uint32_t other = any_running();
    const Endpoint source = view_.endpoint(other);
    return written([&](ByteWriter& w) {
        return encode(
            wire::Ping{.sequence = SequenceNumber{static_cast<std::uint32_t>(rng_.next())},
                       .node = view_.name(receiver),
                       .source_address = source.to_wire(),
                       .source_port = source.port,
                       .source_node = view_.name(other)},
            w);
    });
}

Message Arsenal::relay() {
    const std::uint32_t other = any_running();
    const Endpoint source = view_.endpoint(other);
    const WireAddress target =
        rng_.one_in(2) ? invented_address() : view_.endpoint(any_running()).to_wire();
    return written([&](ByteWriter& w) {
        return encode(
            wire::IndirectPing{.sequence = SequenceNumber{static_cast<std::uint32_t>(rng_.next())},
                               .node = {},
                               .target = target,
                               .port = place_.port,
                               .nack = true,
                               .source_address = source.to_wire(),
                               .source_port = source.port,
                               .source_node = view_.name(other)},
            w);
    });
}

// --- states --------------------------------------------------------------------------------------

Message Arsenal::own_state(std::uint32_t receiver, bool join) const {
    wire::PushPull state{.join = join, .nodes = {}, .user_state = {}};
    state.nodes.push_back({.name = name_,
                           .address = place_.to_wire(),
                           .port = place_.port,
                           .incarnation = Incarnation{1},
                           .meta = Bytes{},
                           .versions = view_.core(receiver).config().versions});
    return written_state(state);
}

Message Arsenal::ghosts(std::uint32_t receiver) {
    std::vector<std::string> names(8 + below(kMostGhosts - 7));
    wire::PushPull state;
    for (std::string& name : names) {
        name = invented_name();
        state.nodes.push_back({.name = name,
                               .address = invented_address(),
                               .port = place_.port,
                               .incarnation = Incarnation{1},
                               .meta = Bytes{},
                               .versions = view_.core(receiver).config().versions});
    }
    return written_state(state);
}

std::optional<Message> Arsenal::wrong_states() {
    const std::uint32_t node = any_running();
    if (node == 0) return {};
    return wrong_states(node);
}

std::optional<Message> Arsenal::own_state() {
    const std::uint32_t node = any_running();
    if (node == 0) return {};
    return own_state(node, false);
}

Message Arsenal::wrong_states(std::uint32_t receiver) {
    using wire::NodeState;
    constexpr std::array kStates{NodeState::alive, NodeState::suspect, NodeState::dead,
                                 NodeState::left};
    wire::PushPull state;
    std::vector<Subject> subjects;
    for (std::uint32_t n = 1; n <= view_.nodes() && subjects.size() < kMostInState; ++n) {
        if (view_.running(n)) subjects.push_back(subject(n, receiver));
    }
    for (const Subject& one : subjects) {
        const bool moved = rng_.one_in(8);
        const WireAddress address = moved ? invented_address() : one.address;
        const Incarnation incarnation =
            raised(one.incarnation, static_cast<std::uint32_t>(below(3)));
        const NodeState claimed = kStates[below(kStates.size())];
        // `dead` is only a suspicion in a state, while `left` counts as the member's own word (S3).
        if (moved || claimed == NodeState::left) forged_({one.node, incarnation});
        state.nodes.push_back({.name = one.name,
                               .address = address,
                               .port = one.port,
                               .incarnation = incarnation,
                               .state = claimed,
                               .meta = as_bytes(one.meta),
                               .versions = view_.core(receiver).config().versions});
    }
    Message user_state;
    if (const serf::Serf* layer = view_.serf_layer(receiver)) {
        const serf::Stats stats = layer->stats();
        serf::PushPullState lies{.time = stats.member_time,
                                 .event_time = stats.event_time,
                                 .query_time = stats.query_time,
                                 .status_times = {},
                                 .left = {},
                                 .slots = {},
                                 .events = {}};
        for (const Subject& one : subjects) {
            lies.status_times.push_back(
                {one.name, LamportTime{stats.member_time.value() + below(4)}});
            if (rng_.one_in(2)) lies.left.push_back(one.name);
        }
        serf::encode_push_pull_state(lies, user_state);
    }
    state.user_state = user_state;
    return written_state(state);
}

// --- shots ---------------------------------------------------------------------------------------

void Arsenal::forge(const action::Attack& attack, Shot& shot, std::uint32_t receiver) {
    const std::uint32_t node = running_of(attack.who);
    if (node == 0) return;
    Subject about = subject(node, receiver);
    const auto add = [&](Message message) { shot.messages.push_back(std::move(message)); };
    switch (attack.kind) {
        case AttackKind::forge_suspicions:
            return add(accusation(about, Accuse::suspect));
        case AttackKind::forge_deaths:
            return add(accusation(about, Accuse::dead));
        case AttackKind::forge_leaves:
            return add(accusation(about, Accuse::leave));
        case AttackKind::forge_takeovers:
            add(accusation(about, Accuse::leave));
            about.address = place_.to_wire();
            about.incarnation = raised(about.incarnation, 2);
            forged_({node, about.incarnation});
            return add(claim(about, receiver));
        case AttackKind::forge_prunes:
            return add(prune(about, receiver));
        case AttackKind::forge_claims:
            return add(higher_claim(std::move(about), receiver));
        default:
            return add(walking_claim(std::move(about), receiver));
    }
}

void Arsenal::send_to(const action::Attack& attack, Shot& shot, std::uint32_t receiver) {
    const auto add = [&](Message message) { shot.messages.push_back(std::move(message)); };
    switch (attack.kind) {
        case AttackKind::flood_pings:
            return add(ping(receiver));
        case AttackKind::flood_relays:
            return add(relay());
        case AttackKind::flood_joins:
            for (std::uint64_t i = 1 + below(8); i > 0; --i) add(invented_claim(receiver));
            return;
        case AttackKind::walk_clocks:
            return add(walking_time(receiver));
        default:
            break;
    }
    shot.stream = true;
    if (attack.kind == AttackKind::flood_states) return add(own_state(receiver, rng_.one_in(2)));
    if (attack.kind == AttackKind::lie_ghosts) return add(ghosts(receiver));
    add(wrong_states(receiver));
}

std::optional<Shot> Arsenal::make(const action::Attack& attack) {
    if (attack.kind == AttackKind::replay_packets) return {};
    const AttackWord& word = word_of(attack.kind);
    const std::uint32_t receiver = word.about ? any_running() : running_of(attack.who);
    if (receiver == 0) return {};
    if (word.serf && view_.serf_layer(receiver) == nullptr) return {};
    Shot shot{.to = view_.endpoint(receiver), .stated = {}, .messages = {}};
    // Half of them pretend to come from a member.
    if (rng_.one_in(2)) shot.stated = view_.endpoint(any_running());
    if (word.about) {
        forge(attack, shot, receiver);
    } else {
        send_to(attack, shot, receiver);
    }
    if (shot.messages.empty()) return {};
    return shot;
}

}  // namespace rollcall::sim

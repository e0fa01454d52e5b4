// SPDX-License-Identifier: Apache-2.0
//
// Commands whose form differs between the two cores, and the names and keys that a run assigns.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/rng.h"
#include "membership/node.h"
#include "serf/serf.h"
#include "serf/tune_messages.h"

namespace rollcall::sim {

inline constexpr Duration kUpdateTimeout = std::chrono::seconds{5};

inline void announce(membership::Node& node, Time now, const std::string& value,
                     membership::Node::Outbox& out) {
    (void)node.update_meta(now, as_bytes(value), kUpdateTimeout, out);  // refused while leaving
}
inline void announce(serf::Serf& serf, Time now, const std::string& value,
                     serf::Serf::Outbox& out) {
    (void)serf.set_tags(now, {{"news", value}}, out);
}

// Scenarios without the Serf layer have no such steps.
inline void send_event(membership::Node&, Time, const std::string&, membership::Node::Outbox&) {}
inline void send_event(serf::Serf& serf, Time now, const std::string& what,
                       serf::Serf::Outbox& out) {
    (void)serf.user_event(now, what, {}, false, out);  // short enough for any limit
}
inline void send_query(membership::Node&, Time, const std::string&, membership::Node::Outbox&) {}
inline void send_query(serf::Serf& serf, Time now, const std::string& what,
                       serf::Serf::Outbox& out) {
    (void)serf.query(now, {.name = what, .ack = true}, out);  // refused above a limit
}
inline void answer(membership::Node&, Time, serf::QueryHandle, const std::string&,
                   membership::Node::Outbox&) {}
inline void answer(serf::Serf& serf, Time now, serf::QueryHandle query, const std::string& with,
                   serf::Serf::Outbox& out) {
    (void)serf.respond(now, query, as_bytes(with), out);  // refused once it is over
}

// A built-in query to the nodes, all if none is named.
inline void ask_to_tune(membership::Node&, Time, const serf::TuneRequest&,
                        const std::vector<std::string>&, membership::Node::Outbox&) {}
inline void ask_to_tune(serf::Serf& serf, Time now, const serf::TuneRequest& request,
                        const std::vector<std::string>& nodes, serf::Serf::Outbox& out) {
    const std::string name = std::string{serf::kBuiltInQuery} + std::string{serf::kTuneQuery};
    const std::string text = serf::encode_tune_request(request);
    (void)serf.query(now, {.name = name, .payload = as_bytes(text), .nodes = nodes}, out);
}
inline Duration query_time(const membership::Node&) {
    return {};
}
inline Duration query_time(const serf::Serf& serf) {
    return serf.default_query_timeout();
}

inline void keyring_saved(membership::Node&, Time, std::uint64_t, membership::Node::Outbox&) {}
inline void keyring_saved(serf::Serf& serf, Time now, std::uint64_t change,
                          serf::Serf::Outbox& out) {
    serf.keyring_saved(now, change, {}, out);
}

// Whether a leave is over and the process may end. `finished`: the membership core emitted it.
inline bool has_left(const membership::Node&, bool finished) {
    return finished;
}
inline bool has_left(const serf::Serf& serf, bool) {
    return serf.life() == serf::LifeState::left;
}

// n7 comes back as n7b, then n7c, ... n7z, n7zb, ...
inline std::string renamed(std::string name, unsigned times) {
    constexpr unsigned kLetters = 25;  // b to z
    for (; times > kLetters; times -= kLetters) name += 'z';
    return name + static_cast<char>('a' + times);
}

// Repeatable, hence not secret. Numbers start at 1.
inline std::vector<std::byte> key_for(std::uint64_t seed, unsigned number) {
    Rng dice{seed + 0x9e3779b97f4a7c15 * (number - 1)};
    std::vector<std::byte> key(16);
    for (std::byte& b : key) b = static_cast<std::byte>(dice.below(256));
    return key;
}

}  // namespace rollcall::sim

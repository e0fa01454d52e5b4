// SPDX-License-Identifier: Apache-2.0
//
// Every setting of the Serf layer: unit, default, reason. Defaults are those of a Serf agent.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "membership/config.h"

namespace rollcall::serf {

using Tags = std::map<std::string, std::string>;  // sorted: they are encoded in key order

// The application layer of a member (rule M2).
enum class Delegate : std::uint8_t {
    serf,  // a Serf agent
    none,  // a bare memberlist application, with neither metadata nor messages of its own
};

struct Config;

// Settings that can change in a running Serf (rule L4).
struct TimingSettings {
    membership::TimingSettings membership;
    Duration reconnect_interval{}, reconnect_timeout{}, tombstone_timeout{};

    [[nodiscard]] static TimingSettings of(const Config& config);
    void put_into(Config& config) const;
    friend bool operator==(const TimingSettings&, const TimingSettings&) = default;
};

struct Config {
    membership::Config membership;  // name, address, timings; its meta is made from the tags
    Tags tags;
    // With `none` the tags must be empty, and of this file only reaping, reconnecting and
    // flap_timeout apply. Peers then see membership's bare versions.
    Delegate delegate = Delegate::serf;

    Duration reap_interval = std::chrono::seconds{15};       // how often the lists below are walked
    Duration reconnect_interval = std::chrono::seconds{30};  // one random failed member; 0 = never
    Duration reconnect_timeout = std::chrono::hours{24};     // a failed member is erased after this
    Duration tombstone_timeout = std::chrono::hours{24};     // a left one after this
    Duration recent_intent_timeout = std::chrono::minutes{5};  // intents about unknown names
    Duration broadcast_timeout = std::chrono::seconds{5};      // waits in leave, force-leave, tags
    Duration leave_propagate_delay = std::chrono::seconds{1};  // still answering after a leave
    Duration flap_timeout = std::chrono::seconds{60};          // counted as a flap when back within

    std::size_t event_buffer = 512;          // slots of recent user events, one Lamport time each
    std::size_t query_buffer = 512;          // the same for queries
    std::size_t max_queue_depth = 4096;      // of each broadcast queue; drops the most-sent first
    std::size_t min_queue_depth = 0;         // if > 0: the cap is max(2 x members, this)
    std::size_t max_recent_intents = 16384;  // names with a buffered intent

    // No coordinate is sent in acks, learned from them or kept.
    bool disable_coordinates = false;

    // Bytes of a user event's name and payload, and of the whole message. Larger ones from others
    // are still gossiped.
    std::size_t user_event_size_limit = 512;  // up to kMaxUserEventSize
    static constexpr std::size_t kMaxUserEventSize = 9216;

    // Bytes of an encoded query of ours, and of an answer.
    std::size_t query_size_limit = 1024;           // up to kMaxQuerySize, and what a packet holds
    std::size_t query_response_size_limit = 1024;  // likewise
    static constexpr std::size_t kMaxQuerySize = 65535;
    // Default timeout of a query: this x gossip_interval x ceil(log10(n + 1)).
    unsigned query_timeout_mult = 16;

    // A change of the keyring is answered only after Serf::keyring_saved() has reported the result
    // of saving it; otherwise at once.
    bool confirm_key_changes = false;

    // Members may change our timings by a query, if gossip is encrypted (rule L6).
    bool allow_tuning = false;

    bool name_conflict_resolution = true;  // ask the others when another node has our name

    // Ours, beyond Serf: queries of ours that run at once; queries of others that wait for the
    // application's answer.
    std::size_t max_running_queries = 256;
    std::size_t max_open_queries = 4096;

    // Ours, beyond Serf: bytes of user events and queries kept for duplicate detection.
    std::size_t max_buffered_bytes = 16u << 20;

    // The first mistake, and all of them.
    [[nodiscard]] std::optional<membership::ConfigError> validate() const;
    [[nodiscard]] std::vector<membership::ConfigError> mistakes() const;
};

}  // namespace rollcall::serf

// SPDX-License-Identifier: Apache-2.0
//
// Every setting of the membership core, its unit, its default and its reason. Values are those of
// memberlist's three profiles, since timings of a mixed cluster must agree. validate() names the
// field, the value and what is allowed; a Node is only built from a valid Config.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/endpoint.h"
#include "base/time.h"
#include "wire/messages.h"
#include "wire/packet.h"

namespace rollcall::membership {

struct ConfigError {
    std::string field;
    std::string value;
    std::string allowed;
    // In place of "'VALUE' is not allowed", where the value is secret or does not show the mistake.
    std::string problem = {};
    // "probe_interval: '0s' is not allowed; allowed: ..."
    [[nodiscard]] std::string to_string() const;
};

// A network in CIDR form: addresses outside every allowed network are refused as members.
struct Network {
    Endpoint base;      // IPv4 mapped; port unused
    unsigned bits = 0;  // of 128, so /8 of IPv4 is 104
    [[nodiscard]] static std::optional<Network> parse(std::string_view text);  // "10.0.0.0/8"
    [[nodiscard]] bool contains(const WireAddress& address) const;
};

// Older protocols from the papers, for experiments (rules V1-V4, V6): each switch disables one part
// of the protocol or replaces it with an older one. Members with different variants must not share
// a cluster, and no agent can set them.
struct VariantConfig {
    bool suspicion = true;          // V1: false: a member that does not answer is dead at once
    bool deaths_are_final = false;  // V1: no refutation of a death, no alive claim revives
    bool probe_ring = true;         // V2: false: each target is drawn at random
    bool buddy = true;              // V3: false: a suspect gets an ordinary ping
    bool nacks = true;              // V3: false: relays keep silent about failures
    bool sparing_counts = true;     // V3: false: every transmission counts, as memberlist does it
    std::optional<unsigned> confirmations;  // V3: instead of suspicion_mult - 2; at most 64
    bool natural_logarithms = false;        // V4: SWIM's scales instead of memberlist's
    bool multicast = false;                 // V4: a claim goes to all once, and is not gossiped on
    std::size_t max_updates = wire::kMaxCompoundParts;  // V4: updates in one packet, 1..127
    bool looking = true;  // V6: false: no rule F applies, a member is probed as by memberlist
};

struct Config;

// An agent's default of `dead_node_reclaim`: a machine that is back at another address is known
// again within seconds.
inline constexpr Duration kAgentDeadNodeReclaim = std::chrono::seconds{2};

// The ranges of an agent's settings. Its settings table and mistakes() both use them.
struct TimingRange {
    Duration least{}, most{};
};
inline constexpr std::size_t kMaxNameBytes = 255;   // bytes
inline constexpr std::size_t kMaxLabelBytes = 255;  // bytes
inline constexpr TimingRange kProbeIntervals{std::chrono::milliseconds{10}, std::chrono::hours{1}};
inline constexpr Duration kShortestProbeTimeout = std::chrono::milliseconds{1};
inline constexpr TimingRange kGossipIntervals{std::chrono::milliseconds{1}, std::chrono::hours{1}};
inline constexpr TimingRange kPushPullIntervals{std::chrono::milliseconds{10},
                                                std::chrono::hours{24}};
inline constexpr Duration kLongestReclaim = std::chrono::hours{24 * 30};
inline constexpr TimingRange kDetectionSpans{std::chrono::seconds{1}, std::chrono::seconds{10}};
inline constexpr unsigned kMostMultiplier = 64;

// Settings that can change in a running node (rule L4); ranges and reasons as in Config below.
struct TimingSettings {
    Duration probe_interval{}, probe_timeout{};
    unsigned indirect_checks = 0;
    unsigned suspicion_mult = 0, suspicion_max_timeout_mult = 0;
    unsigned retransmit_mult = 0, gossip_nodes = 0;
    Duration gossip_interval{}, gossip_to_the_dead{}, push_pull_interval{}, tcp_timeout{};
    Duration dead_node_reclaim{};
    bool fast_verdicts = false, ring_watch = false;
    Duration detection_span{};

    [[nodiscard]] static TimingSettings of(const Config& config);
    void put_into(Config& config) const;
    friend bool operator==(const TimingSettings&, const TimingSettings&) = default;
};

struct Config {
    // --- who we are ----------------------------------------------------------------------------
    std::string name;                               // unique in the cluster, 1..255 bytes
    WireAddress address;                            // announced to others, 4 or 16 bytes
    std::uint16_t port = 7946;                      // announced to others; not 0
    std::uint16_t bind_port = 7946;                 // stands in for a received port of 0; not 0
    std::vector<std::byte> meta;                    // the application's, at most 512 bytes
    wire::Versions versions = wire::kSerfVersions;  // each: minimum <= in use <= maximum

    // --- probing (rules P1-P6) ------------------------------------------------------------------
    Duration probe_interval = std::chrono::seconds{1};        // one probe per interval; >= 10 ms
    Duration probe_timeout = std::chrono::milliseconds{500};  // for the direct ack, <= the interval
    unsigned indirect_checks = 3;                             // relays asked after that
    bool tcp_pings = true;                                    // and a ping by stream beside them
    unsigned awareness_max_multiplier = 8;                    // health score is 0..this-1

    // --- looking at a silent member (rules F1-F7) -----------------------------------------------
    // F4: a member that was looked at for `detection_span` without any answer is dead. Needs
    // tcp_pings. Off: only a process that is provably gone is dead before its suspicion expires.
    bool fast_verdicts = false;
    Duration detection_span = std::chrono::milliseconds{1500};  // 1 s to 10 s
    bool ring_watch = false;  // F7: every second probe goes to our successor

    // --- suspicion (rules T1-T3) ---------------------------------------------------------------
    unsigned suspicion_mult = 4;
    unsigned suspicion_max_timeout_mult = 6;

    // --- gossip (rules G1-G4) and push-pull (rule Y1) ------------------------------------------
    unsigned retransmit_mult = 4;
    unsigned gossip_nodes = 3;
    Duration gossip_interval = std::chrono::milliseconds{200};  // 0 switches gossip off
    Duration gossip_to_the_dead = std::chrono::seconds{30};     // and how long dead are kept
    Duration push_pull_interval = std::chrono::seconds{30};     // 0 switches it off
    Duration tcp_timeout = std::chrono::seconds{10};            // a whole stream exchange

    // --- addresses -----------------------------------------------------------------------------
    // A dead member's name may be taken over from a new address after this long; 0: never, as in
    // memberlist. Agents have kAgentDeadNodeReclaim.
    Duration dead_node_reclaim{};
    std::vector<Network> allowed_networks;  // empty: all

    // --- datagrams -----------------------------------------------------------------------------
    std::size_t packet_size = 1400;  // budget of one datagram, bytes; 512..65507
    wire::LayerConfig layers;        // label, compression, encryption switches

    // --- bounds, all counted when hit ----------------------------------------------------------
    std::size_t max_members = 131072;            // entries of the member table
    std::size_t max_broadcasts = 16384;          // queued messages; the most-sent are dropped first
    std::size_t max_streams_accepted = 512;      // at once; the longest idle is evicted (rule X3)
    std::size_t max_streams_per_source = 64;     // at once from one address; same rule
    std::size_t max_joins = 8;                   // streams that our own joins open at once
    std::size_t max_push_pulls = 128;            // accepted with a request under way, at once
    std::size_t max_stream_memory = 256u << 20;  // bytes for all incoming streams
    std::size_t max_relays = 1024;               // indirect pings in progress
    // A claimed incarnation of another member may exceed the known one by no more than this, unless
    // the member claims it itself: a claim that the member can never outbid cannot evict it (rule
    // S5).
    std::uint32_t max_incarnation_jump = 1u << 24;

    // A call that is later than requested by more than this means that the process was stopped
    // (rule Z1).
    Duration pause_threshold = std::chrono::seconds{2};

    VariantConfig variant;  // for experiments only

    [[nodiscard]] static Config lan();
    [[nodiscard]] static Config wan();
    [[nodiscard]] static Config local();
    // Rules F4 and F7, for networks like those of lan and wan.
    [[nodiscard]] static Config fast();
    [[nodiscard]] static Config fast_wan();
    // "lan", "wan", "local", "fast" or "fast-wan"; nullopt for anything else.
    [[nodiscard]] static std::optional<Config> of_profile(std::string_view name);
    // The first mistake, and all of them.
    [[nodiscard]] std::optional<ConfigError> validate() const;
    [[nodiscard]] std::vector<ConfigError> mistakes() const;

    // Warns of a probe timeout that leaves the relays too little of the probe interval: the
    // consequence and better values; nullopt when it is fine. `profile` is the profile that these
    // settings are based on. Too long is more than half of the interval, where a relay has less
    // time than a direct answer; but not when the profile itself has the same share or more: the
    // profiles are memberlist's, and wan has 3 s of 5 s.
    [[nodiscard]] std::optional<std::string> probe_timeout_warning(const Config& profile) const;

    // Whether a packet, sealed or not, can carry our alive claim with this much metadata. A claim
    // that is too long for a packet is never gossiped, so most members would not know us.
    [[nodiscard]] bool can_announce(std::size_t meta_size) const;
};

}  // namespace rollcall::membership

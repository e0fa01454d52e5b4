// SPDX-License-Identifier: Apache-2.0
#include "membership/config.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/duration_text.h"

namespace rollcall::membership {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

std::string text(unsigned min, unsigned in_use, unsigned max) {
    return std::to_string(min) + " to " + std::to_string(max) + ", using " + std::to_string(in_use);
}

// Collects what is broken.
struct Checker {
    std::vector<ConfigError> mistakes;

    void require(bool holds, const char* field, std::string value, std::string allowed) {
        if (holds) return;
        mistakes.push_back({field, std::move(value), std::move(allowed)});
    }
    void range(const char* field, Duration value, Duration min, Duration max) {
        require(value >= min && value <= max, field, duration_text(value),
                duration_text(min) + " to " + duration_text(max));
    }
    void off_or_range(const char* field, Duration value, Duration min, Duration max) {
        require(value == Duration{} || (value >= min && value <= max), field, duration_text(value),
                "0 (off) or " + duration_text(min) + " to " + duration_text(max));
    }
    void count(const char* field, std::size_t value, std::size_t min, std::size_t max) {
        require(value >= min && value <= max, field, std::to_string(value),
                std::to_string(min) + " to " + std::to_string(max));
    }
};

// The fields that can_announce() depends on.
constexpr std::array<std::string_view, 7> kAnnounced{
    "name", "address", "port", "meta", "versions", "packet_size", "layers.label"};

}  // namespace

std::string ConfigError::to_string() const {
    const std::string what = problem.empty() ? "'" + value + "' is not allowed" : problem;
    return field + ": " + what + "; allowed: " + allowed;
}

std::optional<Network> Network::parse(std::string_view cidr) {
    const std::size_t slash = cidr.find('/');
    if (slash == std::string_view::npos) return {};
    const auto base = Endpoint::parse_address(cidr.substr(0, slash), 0);
    const std::string_view digits = cidr.substr(slash + 1);
    unsigned bits = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
    if (!base || error != std::errc{} || end != digits.data() + digits.size()) return {};
    const unsigned width = base->is_v4() ? 32 : 128;
    if (bits > width) return {};
    return Network{*base, bits + (128 - width)};
}

bool Network::contains(const WireAddress& address) const {
    const auto endpoint = Endpoint::from_wire(address, 0);
    if (!endpoint) return false;
    for (unsigned bit = 0; bit < bits; ++bit) {
        const auto mask = std::byte{0x80} >> (bit % 8);
        if ((endpoint->ip[bit / 8] & mask) != (base.ip[bit / 8] & mask)) return false;
    }
    return true;
}

TimingSettings TimingSettings::of(const Config& config) {
    return {.probe_interval = config.probe_interval,
            .probe_timeout = config.probe_timeout,
            .indirect_checks = config.indirect_checks,
            .suspicion_mult = config.suspicion_mult,
            .suspicion_max_timeout_mult = config.suspicion_max_timeout_mult,
            .retransmit_mult = config.retransmit_mult,
            .gossip_nodes = config.gossip_nodes,
            .gossip_interval = config.gossip_interval,
            .gossip_to_the_dead = config.gossip_to_the_dead,
            .push_pull_interval = config.push_pull_interval,
            .tcp_timeout = config.tcp_timeout,
            .dead_node_reclaim = config.dead_node_reclaim,
            .fast_verdicts = config.fast_verdicts,
            .ring_watch = config.ring_watch,
            .detection_span = config.detection_span};
}

void TimingSettings::put_into(Config& config) const {
    config.probe_interval = probe_interval;
    config.probe_timeout = probe_timeout;
    config.indirect_checks = indirect_checks;
    config.suspicion_mult = suspicion_mult;
    config.suspicion_max_timeout_mult = suspicion_max_timeout_mult;
    config.retransmit_mult = retransmit_mult;
    config.gossip_nodes = gossip_nodes;
    config.gossip_interval = gossip_interval;
    config.gossip_to_the_dead = gossip_to_the_dead;
    config.push_pull_interval = push_pull_interval;
    config.tcp_timeout = tcp_timeout;
    config.dead_node_reclaim = dead_node_reclaim;
    config.fast_verdicts = fast_verdicts;
    config.ring_watch = ring_watch;
    config.detection_span = detection_span;
}

Config Config::lan() {
    return {};
}

Config Config::wan() {
    Config config;
    config.tcp_timeout = seconds{30};
    config.suspicion_mult = 6;
    config.push_pull_interval = seconds{60};
    config.probe_timeout = seconds{3};
    config.probe_interval = seconds{5};
    config.gossip_nodes = 4;
    config.gossip_interval = milliseconds{500};
    config.gossip_to_the_dead = seconds{60};
    return config;
}

Config Config::local() {
    Config config;
    config.tcp_timeout = seconds{1};
    config.indirect_checks = 1;
    config.retransmit_mult = 2;
    config.suspicion_mult = 3;
    config.push_pull_interval = seconds{15};
    config.probe_timeout = milliseconds{200};
    config.gossip_interval = milliseconds{100};
    config.gossip_to_the_dead = seconds{15};
    return config;
}

Config Config::fast() {
    Config config;
    config.fast_verdicts = config.ring_watch = true;
    config.probe_interval = milliseconds{500};
    config.probe_timeout = milliseconds{250};
    config.gossip_interval = milliseconds{100};
    // A member that was declared dead too early learns of it from gossip.
    config.gossip_to_the_dead = seconds{60};
    return config;
}

Config Config::fast_wan() {
    Config config = wan();
    config.fast_verdicts = config.ring_watch = true;
    config.probe_interval = seconds{1};
    config.probe_timeout = milliseconds{500};
    config.gossip_nodes = 3;
    config.gossip_interval = milliseconds{200};
    config.detection_span = seconds{3};
    return config;
}

std::optional<Config> Config::of_profile(std::string_view name) {
    if (name == "lan") return lan();
    if (name == "wan") return wan();
    if (name == "local") return local();
    if (name == "fast") return fast();
    if (name == "fast-wan") return fast_wan();
    return {};
}

bool Config::can_announce(std::size_t meta_size) const {
    constexpr std::size_t kSeal = 1 + 12 + 16 + 16;  // version, nonce, tag, padding
    const std::vector<std::byte> any_meta(meta_size);
    std::vector<std::byte> room(packet_size);
    ByteWriter out{room};
    const std::size_t label = layers.label.empty() ? 0 : 2 + layers.label.size();
    return wire::encode(wire::Alive{.node = name,
                                    .incarnation = Incarnation{0xffffffff},
                                    .address = address,
                                    .port = port,
                                    .meta = Bytes{any_meta},
                                    .versions = versions},
                        out) &&
           out.size() + wire::kCompoundHeader + wire::kCompoundPart + wire::kChecksumHeader +
                   label + kSeal <=
               packet_size;
}

std::optional<std::string> Config::probe_timeout_warning(const Config& profile) const {
    const auto share = [](Duration timeout, Duration interval) {
        return static_cast<double>(timeout.count()) / static_cast<double>(interval.count());
    };
    if (probe_interval <= Duration{} || probe_timeout * 2 <= probe_interval) return {};
    if (share(probe_timeout, probe_interval) <=
        share(profile.probe_timeout, profile.probe_interval)) {
        return {};
    }
    const Duration half =
        std::chrono::floor<milliseconds>(std::max<Duration>(probe_interval / 2, milliseconds{1}));
    return "probe_timeout " + duration_text(probe_timeout) +
           " is more than half of probe_interval " + duration_text(probe_interval) + ": only " +
           duration_text(probe_interval - probe_timeout) +
           " are left for relays to answer, so lost packets cause many more false suspicions; set "
           "probe_timeout to " +
           duration_text(half) + " or less, or probe_interval to " +
           duration_text(probe_timeout * 2) + " or more";
}

std::optional<ConfigError> Config::validate() const {
    const std::vector<ConfigError> all = mistakes();
    if (all.empty()) return {};
    return all.front();
}

std::vector<ConfigError> Config::mistakes() const {
    Checker check;
    check.require(!name.empty() && name.size() <= kMaxNameBytes, "name", name,
                  "1 to " + std::to_string(kMaxNameBytes) + " bytes");
    check.require(!address.empty(), "address", address.to_string(), "an IPv4 or IPv6 address");
    check.count("port", port, 1, 65535);
    check.count("bind_port", bind_port, 1, 65535);
    check.require(meta.size() <= wire::kMaxMeta, "meta", std::to_string(meta.size()) + " bytes",
                  "at most 512 bytes");
    const wire::Versions& v = versions;
    check.require(v.pmin > 0 && v.pmin <= v.pcur && v.pcur <= v.pmax, "versions",
                  "protocol " + text(v.pmin, v.pcur, v.pmax),
                  "minimum <= in use <= maximum, minimum above 0");
    check.require(v.dmin <= v.dcur && v.dcur <= v.dmax, "versions",
                  "application " + text(v.dmin, v.dcur, v.dmax), "minimum <= in use <= maximum");

    check.range("probe_interval", probe_interval, kProbeIntervals.least, kProbeIntervals.most);
    // The timeout cannot be checked against an invalid interval.
    const bool interval_holds =
        check.mistakes.empty() || check.mistakes.back().field != "probe_interval";
    check.range("probe_timeout", probe_timeout, kShortestProbeTimeout,
                interval_holds ? probe_interval : kProbeIntervals.most);
    check.range("detection_span", detection_span, kDetectionSpans.least, kDetectionSpans.most);
    // Without stream pings a stopped process looks like a dead host.
    check.require(!fast_verdicts || tcp_pings, "fast_verdicts", "true",
                  "false while tcp_pings is off");
    check.count("indirect_checks", indirect_checks, 0, 64);
    check.count("awareness_max_multiplier", awareness_max_multiplier, 1, 64);
    check.count("suspicion_mult", suspicion_mult, 1, kMostMultiplier);
    check.count("suspicion_max_timeout_mult", suspicion_max_timeout_mult, 1, 64);
    check.count("retransmit_mult", retransmit_mult, 1, 64);
    check.count("gossip_nodes", gossip_nodes, 1, 64);
    check.off_or_range("gossip_interval", gossip_interval, kGossipIntervals.least,
                       kGossipIntervals.most);
    check.range("gossip_to_the_dead", gossip_to_the_dead, Duration{}, seconds{86400});
    check.off_or_range("push_pull_interval", push_pull_interval, kPushPullIntervals.least,
                       kPushPullIntervals.most);
    check.range("tcp_timeout", tcp_timeout, milliseconds{10}, seconds{3600});
    check.range("dead_node_reclaim", dead_node_reclaim, Duration{}, kLongestReclaim);
    check.count("packet_size", packet_size, 512, wire::kMaxDatagram);
    check.count("layers.label", layers.label.size(), 0, kMaxLabelBytes);
    // Checked only when the announced fields are valid themselves.
    const bool can_check = std::ranges::none_of(check.mistakes, [](const ConfigError& mistake) {
        return std::ranges::find(kAnnounced, mistake.field) != kAnnounced.end();
    });
    check.require(!can_check || can_announce(meta.size()), "packet_size",
                  std::to_string(packet_size),
                  "enough to announce ourselves with this name, metadata and label");
    check.count("max_members", max_members, 2, MemberId::kSlotMask);
    check.count("max_broadcasts", max_broadcasts, 16, 1u << 24);
    check.count("max_streams_accepted", max_streams_accepted, 1, 65536);
    check.count("max_streams_per_source", max_streams_per_source, 1, 65536);
    check.count("max_joins", max_joins, 1, 1024);
    check.count("max_push_pulls", max_push_pulls, 1, 65536);
    check.count("max_stream_memory", max_stream_memory, 1u << 20, 1ull << 36);
    check.count("max_relays", max_relays, 1, 65536);
    check.count("max_incarnation_jump", max_incarnation_jump, 1024, 0x7fffffff);
    check.range("pause_threshold", pause_threshold, milliseconds{100}, seconds{3600});
    check.count("variant.confirmations", variant.confirmations.value_or(0), 0, 64);
    check.count("variant.max_updates", variant.max_updates, 1, wire::kMaxCompoundParts);
    return check.mistakes;
}

}  // namespace rollcall::membership

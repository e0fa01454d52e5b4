// SPDX-License-Identifier: Apache-2.0
#include "agent/config/settings_table.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "agent/config/settings_checks.h"
#include "agent/files/tags_file.h"
#include "wire/key_text.h"
#include "wire/keyring.h"
#include "wire/messages.h"

namespace rollcall::agent {
namespace {

using A = AgentConfig;
using M = membership::Config;

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

// A longer duration is a typing error, and added to the current time it would overflow.
constexpr Duration kTenYears = hours{24 * 365 * 10};
constexpr std::size_t kLongestToken = 1024;

constexpr std::array<std::string_view, 5> kProfiles{"lan", "wan", "local", "fast", "fast-wan"};
constexpr std::array<std::string_view, 2> kDelegates{"serf", "none"};
constexpr std::array<std::string_view, 2> kLogFormats{"text", "json"};
constexpr Form kSwitch{"on, off"};
constexpr Form kSecretFile{"a file of up to 4 KiB with nothing else in it"};
constexpr Form kPemFile{"a file in PEM form of up to 1 MiB"};
constexpr Form kSeed{
    "`HOST`, `HOST:PORT`, `[IPV6]:PORT`, `NAME/HOST:PORT`, `srv+SERVICE` or `file+/PATH`"};
constexpr NumberRange kQuerySizes{.least = 1,
                                  .most = unsigned{serf::Config::kMaxQuerySize},
                                  .besides = ", and must fit into a packet"};

constexpr DurationRange between(membership::TimingRange range, std::string_view zero = {}) {
    return {.least = range.least, .most = range.most, .zero = zero};
}

// In the order of kGroups below.
constexpr std::array kSettings{
    Setting{"node",
            "node_name",
            "NAME",
            &A::node,
            ByteRange{1, membership::kMaxNameBytes,
                      " of UTF-8 without control characters or bidirectional marks"},
            OnReload::restart,
            "Name of this member, unique in the cluster.",
            {.default_words = "the host name"}},
    Setting{"bind",
            "bind",
            "ADDR[:PORT]",
            &A::bind,
            Form{"`ADDR`, `ADDR:PORT`, `[IPV6]:PORT`, `:PORT`, `HOST` or `HOST:PORT`"},
            OnReload::restart,
            "Gossip address, UDP and TCP on the same port; port 0 picks a free one.",
            {.default_words = "0.0.0.0:7946"}},
    Setting{"iface", "interface", "NAME", &A::interface,
            Form{"an interface of this host, with an address"}, OnReload::restart,
            "Bind to the address of this interface; an address in bind must belong "
            "to it."},
    Setting{"advertise",
            "advertise",
            "ADDR[:PORT]",
            &A::advertise,
            Form{"an address that peers can reach: `ADDR`, `ADDR:PORT`, `[IPV6]:PORT`, `HOST` or "
                 "`HOST:PORT`; IPv4 if `bind` is"},
            OnReload::restart,
            "Address advertised to other members.",
            {.default_words = "the bound address, or an address of this host"}},
    Setting{"tag",
            "tags",
            "KEY=VALUE",
            &A::tags,
            Form{"at most {} bytes when encoded", wire::kMaxMeta},
            OnReload::tags,
            "A tag of this member. May be given several times.",
            {.depends_on = "tags-file"}},
    Setting{"role",
            "role",
            "TEXT",
            &A::role,
            Form{"as a tag"},
            OnReload::tags,
            "Tag 'role'; overrides a role in tags. For files written for Serf.",
            {.depends_on = "tags-file"}},
    Setting{"tags-file", "tags_file", "PATH", &A::tags_file,
            Form{"a JSON object of strings, up to {} KiB", kMaxTagsFile >> 10}, OnReload::restart,
            "Store the tags in this file across restarts; not together with tags or role."},
    Setting{"snapshot", "snapshot_path", "PATH", &A::snapshot, Form{"a file, up to 256 MiB"},
            OnReload::restart,
            "Store members and clocks in this file, and rejoin from it after a crash."},
    Setting{"rejoin",
            "rejoin_after_leave",
            "",
            &A::rejoin,
            Form{"on, off; needs a snapshot"},
            OnReload::restart,
            "Rejoin from the snapshot even after a leave.",
            {.depends_on = "snapshot"}},
    Setting{"join", "start_join", "HOST[:PORT]", &A::join, kSeed, OnReload::restart,
            "Join through this member at start; the start fails if no given member answers. May be "
            "given several times."},
    Setting{"retry-join", "retry_join", "HOST[:PORT]", &A::retry_join, kSeed, OnReload::restart,
            "Like join, but retried until one answers. May be given several times."},
    Setting{"retry-interval",
            "retry_interval",
            "DURATION",
            &A::retry_interval,
            DurationRange{.least = kLeastWait, .most = kTenYears, .raises = true},
            OnReload::restart,
            "Interval between retries of retry-join, and between later checks of the seeds.",
            {.zero_is_unset = true}},
    Setting{"retry-max",
            "retry_max_attempts",
            "N",
            &A::retry_max,
            NumberRange{.least = 1, .zero = "no limit"},
            OnReload::restart,
            "Retries after the first attempt; then the agent exits with code 1. 0: no limit.",
            {.zero_is_unset = true}},
    Setting{"replay", "replay_on_join", "", &A::replay, kSwitch, OnReload::restart,
            "Deliver past user events after joining at start."},
    Setting{"encrypt",
            "encrypt_key",
            "KEY",
            &A::encrypt,
            Form{wire::kKeyForm},
            OnReload::restart,
            "Encrypt with this key (see 'rollcall keygen'); not together with keyring-file.",
            {.secret = true}},
    Setting{"encrypt-file",
            "encrypt_file",
            "PATH",
            &A::encrypt_file,
            kSecretFile,
            OnReload::restart,
            "Read the key from this file: flags can be seen in the list of processes.",
            {.secret_in_file = "encrypt", .credential = "rollcall.encrypt"}},
    Setting{"keyring-file", "keyring_file", "PATH", &A::keyring_file,
            Form{"a JSON array of up to {} such keys, up to 64 KiB", wire::Keyring::kMaxKeys},
            OnReload::restart, "Load the keys from this file; the first is the primary key."},
    Setting{"encryption",
            "encryption",
            "",
            &A::encryption,
            OneOf{wire::kEncryptionNames},
            OnReload::encryption,
            "What is done with the keys: a running cluster goes up or down step by step.",
            {.default_words = "require with a key, else off"}},
    Setting{"label", "label", "TEXT", &A::label, ByteRange{0, membership::kMaxLabelBytes},
            OnReload::restart, "Label of the cluster; packets with another label are refused."},
    Setting{"rpc-addr", "rpc_addr", "ADDRESS", WholeList{&A::rpc_addr},
            Form{"`ADDR:PORT`, `[IPV6]:PORT`, `HOST:PORT` (port 0: a free one), one of these after "
                 "`tls:`, or `unix:/PATH`; up to {}",
                 kMostRpcAddresses},
            OnReload::restart, "Control address (RPC) of the agent. May be given several times."},
    Setting{"rpc-auth",
            "rpc_auth",
            "TOKEN",
            &A::rpc_auth,
            ByteRange{0, kLongestToken, " without line breaks"},
            OnReload::restart,
            "Token that control clients must present.",
            {.secret = true}},
    Setting{"rpc-auth-file",
            "rpc_auth_file",
            "PATH",
            &A::rpc_auth_file,
            kSecretFile,
            OnReload::restart,
            "Read that token from this file.",
            {.secret_in_file = "rpc-auth", .credential = "rollcall.rpc_auth"}},
    Setting{"http-addr",
            "http_addr",
            "ADDRESS",
            &A::http_addr,
            Form{"`ADDR:PORT`, `[IPV6]:PORT`, `HOST:PORT` (port 0: a free one), one of these after "
                 "`tls:`, `unix:/PATH` or `off`"},
            OnReload::restart,
            "HTTP address of the agent: its page, metrics, health and API.",
            {.default_words = "127.0.0.1:7380, if it is free"}},
    Setting{"http-token",
            "http_token",
            "TOKEN",
            &A::http_token,
            ByteRange{0, kLongestToken, " of ASCII without spaces"},
            OnReload::restart,
            "Token that HTTP clients must present to change something; without one they cannot.",
            {.secret = true}},
    Setting{"http-token-file",
            "http_token_file",
            "PATH",
            &A::http_token_file,
            kSecretFile,
            OnReload::restart,
            "Read that token from this file.",
            {.secret_in_file = "http-token", .credential = "rollcall.http_token"}},
    Setting{"http-host", "http_host", "NAME", WholeList{&A::http_host},
            Form{"host names; up to {}", kMostHttpHosts}, OnReload::restart,
            "Name by which HTTP clients may address the agent, besides its addresses and "
            "localhost. May be given several times."},
    Setting{"metrics-per-member", "metrics_per_member", "", &A::metrics_per_member, kSwitch,
            OnReload::restart,
            "Metrics of each member, too, of at most 10000: three series per member and agent."},
    Setting{"tls-cert", "tls_cert", "PATH", &A::tls_cert, kPemFile, OnReload::tls,
            "Certificate of the agent for its tls: addresses, with those that lead to its "
            "authority."},
    Setting{"tls-key",
            "tls_key",
            "PATH",
            &A::tls_key,
            kPemFile,
            OnReload::tls,
            "Key of that certificate, not encrypted.",
            {.credential = "rollcall.tls_key"}},
    Setting{"tls-ca", "tls_ca", "PATH", &A::tls_ca, kPemFile, OnReload::tls,
            "Authorities that issue the certificates of clients."},
    Setting{"tls-verify-client", "tls_verify_client", "", &A::tls_verify_client, kSwitch,
            OnReload::tls, "Admit only clients with a certificate of these authorities."},
    Setting{
        "profile", "profile", "", &A::profile, OneOf{kProfiles}, OnReload::timings,
        "Set of timings; use the same on all members. lan: one data centre. wan: links of 50 ms "
        "and more. local: one machine, tests. fast: one data centre; a host that is silent for "
        "1.5s is declared failed. fast-wan: links of 50 ms and more; the same after 3s."},
    Setting{"probe-interval", "probe_interval", "DURATION",
            OfProfile<Duration>{&A::probe_interval, &M::probe_interval},
            between(membership::kProbeIntervals), OnReload::timings,
            "Probe interval (overrides the profile)."},
    Setting{
        "probe-timeout",
        "probe_timeout",
        "DURATION",
        OfProfile<Duration>{&A::probe_timeout, &M::probe_timeout},
        DurationRange{.least = membership::kShortestProbeTimeout, .most_is = "the probe interval"},
        OnReload::timings,
        "Time to wait for a direct ack (overrides the profile).",
        {.depends_on = "probe-interval"}},
    Setting{"gossip-interval", "gossip_interval", "DURATION",
            OfProfile<Duration>{&A::gossip_interval, &M::gossip_interval},
            between(membership::kGossipIntervals, "off"), OnReload::timings,
            "Gossip interval (overrides the profile)."},
    Setting{"push-pull-interval", "push_pull_interval", "DURATION",
            OfProfile<Duration>{&A::push_pull_interval, &M::push_pull_interval},
            between(membership::kPushPullIntervals, "off"), OnReload::timings,
            "Interval of push/pull, the exchange of the full state (overrides the profile)."},
    Setting{"suspicion-mult", "suspicion_mult", "N",
            OfProfile<unsigned>{&A::suspicion_mult, &M::suspicion_mult},
            NumberRange{1, membership::kMostMultiplier}, OnReload::timings,
            "Multiplier of the suspicion timeout (overrides the profile)."},
    Setting{"fast-verdicts", "fast_verdicts", "",
            OfProfile<bool>{&A::fast_verdicts, &M::fast_verdicts}, kSwitch, OnReload::timings,
            "Declare a member failed once it was silent for the detection span while others "
            "answered, before its suspicion expires (overrides the profile)."},
    Setting{"detection-span", "detection_span", "DURATION",
            OfProfile<Duration>{&A::detection_span, &M::detection_span},
            between(membership::kDetectionSpans), OnReload::timings,
            "How long a silent member is looked at before it may be declared failed (overrides the "
            "profile)."},
    Setting{
        "ring-watch", "ring_watch", "", OfProfile<bool>{&A::ring_watch, &M::ring_watch}, kSwitch,
        OnReload::timings,
        "Every second probe goes to the next member on a fixed ring, so that each member has one "
        "that probes it regularly (overrides the profile)."},
    Setting{"reconnect-interval", "reconnect_interval", "DURATION", &A::reconnect_interval,
            DurationRange{.least = milliseconds{100}, .most = kTenYears, .zero = "never"},
            OnReload::timings, "Interval between attempts to reconnect to a failed member."},
    Setting{"reconnect-timeout",
            "reconnect_timeout",
            "DURATION",
            &A::reconnect_timeout,
            DurationRange{.most = kTenYears},
            OnReload::timings,
            "A failed member is removed after this time.",
            {.zero_is_unset = true}},
    Setting{"tombstone-timeout",
            "tombstone_timeout",
            "DURATION",
            &A::tombstone_timeout,
            DurationRange{.most = kTenYears},
            OnReload::timings,
            "A member that left is removed after this time.",
            {.zero_is_unset = true}},
    Setting{"dead-node-reclaim", "dead_node_reclaim", "DURATION", &A::dead_node_reclaim,
            DurationRange{.most = membership::kLongestReclaim, .zero = "never"}, OnReload::timings,
            "The name of a dead member may return at another address after this time; 0: only "
            "after its removal, as with Serf."},
    Setting{"broadcast-timeout",
            "broadcast_timeout",
            "DURATION",
            &A::broadcast_timeout,
            DurationRange{.least = kLeastWait, .most = kTenYears, .raises = true},
            OnReload::restart,
            "How long a leave or a change waits until it is broadcast.",
            {.zero_is_unset = true}},
    Setting{"delegate", "delegate", "", &A::delegate, OneOf{kDelegates}, OnReload::restart,
            "Run as a Serf agent, or as a bare memberlist node without tags, events and queries."},
    Setting{"protocol",
            "protocol",
            "N",
            &A::protocol,
            NumberRange{.least = wire::kSerfVersions.dmin,
                        .most = wire::kSerfVersions.dmax,
                        .besides = "; always 5 on the wire"},
            OnReload::restart,
            "Accepted for files written for Serf; the agent always speaks version 5.",
            {.zero_is_unset = true}},
    Setting{"disable-coordinates", "disable_coordinates", "", &A::disable_coordinates, kSwitch,
            OnReload::restart,
            "Do not send or learn network coordinates; 'rollcall rtt' then has none here."},
    Setting{"disable-name-resolution", "disable_name_resolution", "", &A::disable_name_resolution,
            kSwitch, OnReload::restart,
            "Do not start a vote of the members when a second member has this one's name."},
    Setting{"allow-tuning", "allow_tuning", "", &A::allow_tuning, kSwitch, OnReload::restart,
            "Let 'rollcall tune' on other members change the timings of this agent; only while "
            "gossip is encrypted."},
    Setting{"user-event-size-limit",
            "user_event_size_limit",
            "BYTES",
            &A::user_event_size_limit,
            NumberRange{1, unsigned{serf::Config::kMaxUserEventSize}},
            OnReload::restart,
            "Maximum size of a user event sent from here: name and payload, and encoded.",
            {.zero_is_unset = true}},
    Setting{"query-size-limit",
            "query_size_limit",
            "BYTES",
            &A::query_size_limit,
            kQuerySizes,
            OnReload::restart,
            "Maximum size of a query sent from here, encoded.",
            {.zero_is_unset = true}},
    Setting{"query-response-size-limit",
            "query_response_size_limit",
            "BYTES",
            &A::query_response_size_limit,
            kQuerySizes,
            OnReload::restart,
            "Maximum size of a query response sent from here, encoded.",
            {.zero_is_unset = true}},
    Setting{"disable-compression", "disable_compression", "", &A::disable_compression, kSwitch,
            OnReload::restart, "Do not compress packets; compressed ones are still accepted."},
    Setting{"event-handler",
            "event_handlers",
            "[FILTERS=]COMMAND",
            &A::event_handlers,
            Form{"filters as in `user:deploy,member-join`; without filters: all events"},
            OnReload::event_handlers,
            "Run this command with /bin/sh on events. May be given several times.",
            {.separator = '\n'}},
    Setting{"event-handler-timeout", "event_handler_timeout", "DURATION", &A::event_handler_timeout,
            DurationRange{seconds{1}, hours{24}}, OnReload::event_handlers,
            "An event handler that runs longer than this is killed."},
    Setting{"leave-on-terminate", "leave_on_terminate", "", &A::leave_on_terminate, kSwitch,
            OnReload::signals, "SIGTERM leaves gracefully, as SIGINT does."},
    Setting{"skip-leave-on-interrupt", "skip_leave_on_interrupt", "", &A::skip_leave_on_interrupt,
            kSwitch, OnReload::signals, "SIGINT stops without leaving."},
    Setting{"sample-interval", "sample_interval", "DURATION", &A::sample_interval,
            DurationRange{.least = seconds{1}, .most = hours{1}, .zero = "off"}, OnReload::restart,
            "Interval between samples of this machine: CPU, memory, load, pressure, network, "
            "disks. 0: none."},
    Setting{"sample-root",
            "sample_root",
            "PATH",
            &A::sample_root,
            Form{"an absolute path"},
            OnReload::restart,
            "Folder with the host's proc and sys, for an agent in a container.",
            {.default_words = "/"}},
    Setting{"log-level", "log_level", "LEVEL", &A::log_level,
            Form{"`trace`, `debug`, `info`, `warn` or `err`"}, OnReload::log_level,
            "Lowest level that is logged; 'rollcall monitor' can ask for more."},
    Setting{"log-format", "log_format", "", &A::log_format, OneOf{kLogFormats}, OnReload::restart,
            "Text lines, or one JSON object per line."},
    Setting{"log-file",
            "log_file",
            "PATH",
            &A::log_file,
            Form{"a path"},
            OnReload::restart,
            "Append the log to this file. SIGHUP reopens it.",
            {.default_words = "stderr"}},
    Setting{"log-rotate-bytes", "log_rotate_bytes", "N", &A::log_rotate_bytes,
            NumberRange{.least = 4096, .zero = "never"}, OnReload::restart,
            "Rotate the log file at this size in bytes. 0: never."},
    Setting{"log-rotate-files", "log_rotate_files", "N", &A::log_rotate_files, NumberRange{1, 100},
            OnReload::restart, "Number of rotated log files to keep."},
    Setting{"syslog", "enable_syslog", "", &A::syslog, kSwitch, OnReload::restart,
            "Also send the log to syslog."},
    Setting{"syslog-facility", "syslog_facility", "NAME", &A::syslog_facility,
            Form{"`DAEMON`, `USER`, `LOCAL0` to `LOCAL7`, or another syslog facility"},
            OnReload::restart, "Syslog facility."},
};

// The help and docs/operations/settings.md show them. A new setting goes to the end of its group.
constexpr std::array kGroups{
    SettingGroup{"Identity and address", "node"},
    SettingGroup{"Joining", "snapshot"},
    SettingGroup{"Security", "encrypt"},
    SettingGroup{"Control", "rpc-addr"},
    SettingGroup{"HTTP", "http-addr"},
    SettingGroup{"TLS", "tls-cert"},
    SettingGroup{"Timings", "profile"},
    SettingGroup{"Failed and left members", "reconnect-interval"},
    SettingGroup{"Protocol", "broadcast-timeout"},
    SettingGroup{"Scripts", "event-handler"},
    SettingGroup{"Stopping", "leave-on-terminate"},
    SettingGroup{"Samples", "sample-interval"},
    SettingGroup{"Log", "log-level"},
};

static_assert(groups_follow_the_settings(kSettings, kGroups));
static_assert(std::ranges::all_of(kSettings, has_a_range_of_its_type));
static_assert(std::ranges::all_of(kSettings, reloads_by_a_step_for_its_type));
static_assert(std::ranges::all_of(kSettings, [](const Setting& setting) {
    return depends_on_an_existing_setting(kSettings, setting) &&
           has_the_file_of_a_secret(kSettings, setting);
}));

}  // namespace

std::span<const Setting> all_settings() {
    return kSettings;
}

std::span<const SettingGroup> setting_groups() {
    return kGroups;
}

std::vector<std::string_view> group_titles() {
    std::vector<std::string_view> titles;
    std::string_view title;
    for (const Setting& setting : kSettings) {
        const auto* const begins = std::ranges::find(kGroups, setting.flag, &SettingGroup::first);
        if (begins != kGroups.end()) title = begins->title;
        titles.push_back(title);
    }
    return titles;
}

std::string settings_as_markdown() {
    std::string text;
    for (const Setting& setting : kSettings) {
        const auto* const group = std::ranges::find(kGroups, setting.flag, &SettingGroup::first);
        if (group != kGroups.end()) {
            text += (text.empty() ? "### " : "\n### ") + std::string{group->title} +
                    "\n\n"
                    "| Flag | Key in files | Default | Allowed | SIGHUP | What it does |\n"
                    "| --- | --- | --- | --- | --- | --- |\n";
        }
        text += "| `--" + std::string{setting.flag} + "` | `" + std::string{setting.key} + "` | " +
                default_of(setting) + " | " + in_markdown(setting.allowed) + " | " +
                (setting.on_reload == OnReload::restart ? "restart" : "yes") + " | " +
                std::string{setting.help} + " |\n";
    }
    return text;
}

}  // namespace rollcall::agent

// SPDX-License-Identifier: Apache-2.0
//
// All settings of an agent, raw and checked. AgentConfig holds them as given, with Serf's defaults.
// settle() checks them and returns either typed Settings, from which the agent is built, or
// mistakes by field, value and what is allowed. Reads the keyring file and the tags file; writes
// nothing and starts nothing.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/log/level.h"
#include "agent/scripts/event_script.h"
#include "base/endpoint.h"
#include "base/result.h"
#include "base/time.h"
#include "membership/config.h"
#include "rpc/address.h"
#include "serf/config.h"
#include "tls/credentials.h"
#include "wire/encryption.h"
#include "wire/keyring.h"
#include "wire/messages.h"

namespace rollcall::agent {

inline constexpr std::uint16_t kDefaultGossipPort = 7946;
// Minimum of retry_interval and broadcast_timeout: less is raised to this, as with Serf.
inline constexpr Duration kLeastWait = std::chrono::seconds{1};
inline constexpr std::size_t kMostRpcAddresses = 8;
inline constexpr std::uint16_t kDefaultHttpPort = 7380;
inline constexpr std::size_t kMostHttpHosts = 32;

// The core's defaults, for settings that are passed on to it.
[[nodiscard]] const serf::Config& core_defaults();

// One member per setting of agent/config/settings_table.h, which says what each may be. The initial
// values here are the defaults.
struct AgentConfig {
    std::string node;                     // "": the host name
    std::string bind = "0.0.0.0";         // ADDR[:PORT]; port 0: any free one
    std::string interface;                // bind to its address; "": bind decides
    std::string advertise;                // ADDR[:PORT]; "": the bound address, or a chosen one
    std::vector<std::string> join;        // at start; if none answers, the agent exits
    std::vector<std::string> retry_join;  // retried until one answers
    Duration retry_interval = std::chrono::seconds{30};
    unsigned retry_max = 0;  // attempts of retry_join after the first; 0: no limit
    bool replay = false;     // deliver old user events when joining at start
    serf::Tags tags;
    std::vector<std::string> event_handlers;  // [FILTERS=]COMMAND each, run by /bin/sh
    Duration event_handler_timeout = std::chrono::minutes{5};
    std::string role;       // the tag `role`; overrides one in the tags
    std::string snapshot;   // file that keeps members and clocks across restarts; "": none
    bool rejoin = false;    // rejoin from the snapshot even after a leave
    std::string tags_file;  // keeps the tags across restarts; excludes tags and role
    std::string encrypt, encrypt_file;
    std::string keyring_file;
    std::string encryption;  // "": require with a key, off without
    std::string profile = "lan";
    std::string log_level = "info";
    std::string log_format = "text";
    std::string log_file;           // "": stderr
    unsigned log_rotate_bytes = 0;  // 0: never
    unsigned log_rotate_files = 5;
    bool syslog = false;
    std::string syslog_facility = "LOCAL0";
    // HOST:PORT, an address, port 0: any free one; with TLS after tls:; or unix:/PATH.
    std::vector<std::string> rpc_addr{"127.0.0.1:" + std::to_string(kDefaultRpcPort)};
    std::string rpc_auth, rpc_auth_file;  // token of control clients; "": none
    std::string http_addr;                // as rpc_addr, or "off"; "": the default, if it is free
    std::string http_token, http_token_file;  // of HTTP clients that change something; "": nothing
    std::vector<std::string> http_host;       // allowed in Host
    std::string tls_cert, tls_key, tls_ca;    // files in PEM form; "": none
    bool tls_verify_client = false;
    bool metrics_per_member = false;
    std::string delegate = "serf";                 // whose versions we announce
    unsigned protocol = wire::kSerfVersions.dcur;  // any other value is accepted and ignored
    bool disable_coordinates = core_defaults().disable_coordinates;
    bool allow_tuning = core_defaults().allow_tuning;
    bool disable_name_resolution = !core_defaults().name_conflict_resolution;
    // Bytes.
    unsigned user_event_size_limit = static_cast<unsigned>(core_defaults().user_event_size_limit);
    unsigned query_size_limit = static_cast<unsigned>(core_defaults().query_size_limit);
    unsigned query_response_size_limit =
        static_cast<unsigned>(core_defaults().query_response_size_limit);
    std::string label;  // of the cluster; peers with another label are refused
    bool disable_compression = !core_defaults().membership.layers.compress;
    Duration broadcast_timeout = core_defaults().broadcast_timeout;
    bool leave_on_terminate = false;                     // SIGTERM leaves as SIGINT does
    bool skip_leave_on_interrupt = false;                // SIGINT stops at once
    Duration sample_interval = std::chrono::seconds{5};  // 0: no samples of the machine
    std::string sample_root;                             // with the host's /proc and /sys; "": /
    Duration reconnect_interval = core_defaults().reconnect_interval;
    Duration reconnect_timeout = core_defaults().reconnect_timeout;
    Duration tombstone_timeout = core_defaults().tombstone_timeout;
    Duration dead_node_reclaim = membership::kAgentDeadNodeReclaim;

    // Overrides of the profile's timings. All members of a cluster should agree on them.
    std::optional<Duration> probe_interval;
    std::optional<Duration> probe_timeout;
    std::optional<Duration> gossip_interval;
    std::optional<Duration> push_pull_interval;
    std::optional<unsigned> suspicion_mult;
    std::optional<bool> fast_verdicts;
    std::optional<Duration> detection_span;
    std::optional<bool> ring_watch;
};

// A host name given in place of an address to listen on or to advertise.
struct ListenName {
    std::string field;  // "bind", "advertise", "rpc_addr" or "http_addr"
    std::string text;   // as given
    std::string host;
    std::uint16_t port = 0;
    std::size_t index = 0;  // in Settings::rpc_addr
    bool tls = false;
};

// The checked settings. The core's address and port are not set yet: they are known once the
// sockets are bound (agent/host/advertise.h).
struct Settings {
    serf::Config serf;
    wire::Keyring keyring;
    std::string keyring_file;  // "": the keyring is not stored
    wire::Encryption encryption = wire::Encryption::off;
    Endpoint bind;
    std::string interface;              // "": none; looked up at the start (agent/host/interface.h)
    std::optional<Endpoint> advertise;  // port 0: the bound port
    std::vector<HostPort> join;
    std::vector<HostPort> retry_join;
    Duration retry_interval{};
    unsigned retry_max = 0;  // attempts in all; 0: no limit
    bool replay = false;
    std::vector<RpcAddress> rpc_addr;  // not empty
    // Names still to be resolved; their addresses above are empty until then
    // (agent/config/listen_names.h).
    std::vector<ListenName> names;
    std::string rpc_auth;
    std::optional<RpcAddress> http_addr;  // nullopt: off
    bool http_addr_is_default = false;    // not given: it may be in use by another agent
    std::string http_token;
    std::vector<std::string> http_host;
    std::shared_ptr<const tls::Credentials> credentials;  // for TLS; null: none
    bool tls_verify_client = false;
    bool metrics_per_member = false;
    std::vector<EventScript> event_handlers;
    Duration event_handler_timeout{};
    std::string tags_file;  // its tags are already in `serf`
    std::string snapshot;
    bool rejoin_after_leave = false;
    std::string profile;
    Level log_level = Level::info;
    LogFormat log_format = LogFormat::text;
    std::string log_file;
    std::size_t log_rotate_bytes = 0;
    unsigned log_rotate_files = 0;
    std::optional<int> syslog_facility;  // none: no syslog
    bool leave_on_terminate = false;
    bool skip_leave_on_interrupt = false;
    Duration sample_interval{};  // 0: off
    std::string sample_root;     // "": /
    // The process's limit of open files, which is no setting (agent/host/descriptors.h).
    std::size_t descriptors = std::numeric_limits<std::size_t>::max();
};

using membership::ConfigError;

// Whether it is a multicast address or the limited broadcast address.
[[nodiscard]] bool is_no_host(const Endpoint& endpoint);

// All mistakes, and the settings that are valid. An agent may start only if there are no mistakes.
struct Settled {
    Settings settings;
    std::vector<ConfigError> mistakes;
};
[[nodiscard]] Settled settle_all(const AgentConfig& config);
// Returns the first mistake only.
[[nodiscard]] Result<Settings, ConfigError> settle(const AgentConfig& config);

}  // namespace rollcall::agent

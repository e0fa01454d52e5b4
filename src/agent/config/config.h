// SPDX-License-Identifier: Apache-2.0
//
// Everything an operator may set, as written on the command line, and what it comes to. AgentConfig
// is text as it was given, with Serf's defaults; settle() checks all of it and answers either typed
// Settings, from which the parts are built, or mistakes by field, value and what is allowed. Reads
// the keyring file and the tags file; writes nothing and starts nothing.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
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
#include "wire/keyring.h"
#include "wire/messages.h"

namespace rollcall::agent {

inline constexpr std::uint16_t kDefaultGossipPort = 7946;
// Of retry_interval and broadcast_timeout: less is taken for this, as with Serf.
inline constexpr Duration kLeastWait = std::chrono::seconds{1};
inline constexpr std::size_t kMostRpcAddresses = 8;

// What the core begins with where a setting is handed on to it.
[[nodiscard]] const serf::Config& core_defaults();

// One member per setting of agent/config/settings_table.h, in which stands what each may be. What a
// member begins with here is the setting's default.
struct AgentConfig {
    std::string node;                     // "": the host name
    std::string bind = "0.0.0.0";         // ADDR[:PORT]; port 0: any free one
    std::string interface;                // whose address to bind to; "": bind alone says it
    std::string advertise;                // ADDR[:PORT]; "": the bound address, or a chosen one
    std::vector<std::string> join;        // at start; when none answers, the agent ends
    std::vector<std::string> retry_join;  // again and again until one answers
    Duration retry_interval = std::chrono::seconds{30};
    unsigned retry_max = 0;  // attempts of retry_join after the first; 0: no limit
    bool replay = false;     // deliver old user events when joining at start
    serf::Tags tags;
    std::vector<std::string> event_handlers;  // [FILTERS=]COMMAND each, run by /bin/sh
    Duration event_handler_timeout = std::chrono::minutes{5};
    std::string role;       // the tag of that name, whatever the tags say
    std::string snapshot;   // file in which members and clocks outlive the agent; "": none
    bool rejoin = false;    // comes back by the snapshot even after a leave
    std::string tags_file;  // keeps the tags over restarts; neither tags nor role beside it
    std::string encrypt;
    std::string keyring_file;
    std::string profile = "lan";
    std::string log_level = "info";
    std::string log_format = "text";
    std::string log_file;           // "": stderr
    unsigned log_rotate_bytes = 0;  // 0: never
    unsigned log_rotate_files = 5;
    bool syslog = false;
    std::string syslog_facility = "LOCAL0";
    // HOST:PORT, an address, port 0: any free one; or unix:/PATH.
    std::vector<std::string> rpc_addr{"127.0.0.1:" + std::to_string(kDefaultRpcPort)};
    std::string rpc_auth;                          // token that control clients must show; "": none
    std::string delegate = "serf";                 // whose versions we announce
    unsigned protocol = wire::kSerfVersions.dcur;  // which is spoken whatever this says
    bool disable_coordinates = core_defaults().disable_coordinates;
    bool disable_name_resolution = !core_defaults().name_conflict_resolution;
    // Bytes.
    unsigned user_event_size_limit = static_cast<unsigned>(core_defaults().user_event_size_limit);
    unsigned query_size_limit = static_cast<unsigned>(core_defaults().query_size_limit);
    unsigned query_response_size_limit =
        static_cast<unsigned>(core_defaults().query_response_size_limit);
    std::string label;  // of the cluster; peers with another one are refused
    bool disable_compression = !core_defaults().membership.layers.compress;
    Duration broadcast_timeout = core_defaults().broadcast_timeout;
    bool leave_on_terminate = false;       // SIGTERM leaves as SIGINT does
    bool skip_leave_on_interrupt = false;  // SIGINT stops at once
    Duration reconnect_interval = core_defaults().reconnect_interval;
    Duration reconnect_timeout = core_defaults().reconnect_timeout;
    Duration tombstone_timeout = core_defaults().tombstone_timeout;
    Duration dead_node_reclaim = membership::kAgentDeadNodeReclaim;

    // Single timings of the profile, changed. All members of a cluster should agree on them.
    std::optional<Duration> probe_interval;
    std::optional<Duration> probe_timeout;
    std::optional<Duration> gossip_interval;
    std::optional<Duration> push_pull_interval;
    std::optional<unsigned> suspicion_mult;
};

// The name of a host where an address to listen at, or to be reached at, is due.
struct ListenName {
    std::string field;  // "bind", "advertise" or "rpc_addr"
    std::string text;   // as given
    std::string host;
    std::uint16_t port = 0;
    std::size_t index = 0;  // in Settings::rpc_addr
};

// What AgentConfig comes to. The core's address and port are not in it yet: they are known once the
// sockets are bound (agent/host/advertise.h).
struct Settings {
    serf::Config serf;
    wire::Keyring keyring;
    std::string keyring_file;  // "": the keyring is this process's alone
    Endpoint bind;
    std::string interface;              // "": none; looked up at the start (agent/host/interface.h)
    std::optional<Endpoint> advertise;  // port 0: the bound port
    std::vector<HostPort> join;
    std::vector<HostPort> retry_join;
    Duration retry_interval{};
    unsigned retry_max = 0;  // attempts in all; 0: no limit
    bool replay = false;
    std::vector<RpcAddress> rpc_addr;  // not empty
    // Not looked up yet; what they stand for is empty so long (agent/config/listen_names.h).
    std::vector<ListenName> names;
    std::string rpc_auth;
    std::vector<EventScript> event_handlers;
    Duration event_handler_timeout{};
    std::string tags_file;  // its tags are in `serf` already
    std::string snapshot;
    bool rejoin_after_leave = false;
    std::string profile;
    Level log_level = Level::info;
    LogFormat log_format = LogFormat::text;
    std::string log_file;
    std::size_t log_rotate_bytes = 0;
    unsigned log_rotate_files = 0;
    std::optional<int> syslog_facility;  // none: not to syslog
    bool leave_on_terminate = false;
    bool skip_leave_on_interrupt = false;
    // The process may have so many, whatever the operator wrote (agent/host/descriptors.h).
    std::size_t descriptors = std::numeric_limits<std::size_t>::max();
};

using membership::ConfigError;

// Multicast, and the broadcast address of every network.
[[nodiscard]] bool is_no_host(const Endpoint& endpoint);

// All mistakes, and the settings as far as they are right: only without any may an agent start.
struct Settled {
    Settings settings;
    std::vector<ConfigError> mistakes;
};
[[nodiscard]] Settled settle_all(const AgentConfig& config);
// The first mistake alone.
[[nodiscard]] Result<Settings, ConfigError> settle(const AgentConfig& config);

}  // namespace rollcall::agent

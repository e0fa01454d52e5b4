// SPDX-License-Identifier: Apache-2.0
//
// `rollcall agent`: flags into an AgentConfig, and off it goes. What a value may be is the agent's
// to judge (agent/config.h); here text only becomes numbers and durations.
#include <charconv>
#include <memory>
#include <optional>
#include <utility>

#include "agent/agent.h"
#include "agent/duration.h"
#include "cli/commands.h"
#include "cli/rpc_session.h"

namespace rollcall::cli {

namespace {

struct AgentOptions {
    agent::AgentConfig config;
    std::vector<std::string> tags;
    // Text until run: a mistake is to name its flag. "" keeps the default.
    std::string retry_interval, retry_max, broadcast_timeout, reconnect_interval, reconnect_timeout,
        tombstone_timeout, probe_interval, probe_timeout, gossip_interval, push_pull_interval,
        suspicion_mult;
};

template <class Target>
std::optional<Failure> read_duration(const char* flag, const std::string& text, Target& into) {
    if (text.empty()) return std::nullopt;
    const auto parsed = agent::parse_duration(text);
    if (!parsed) {
        return Failure{
            "--" + std::string{flag} + ": '" + text + "' is no duration: " + parsed.error(),
            "durations are like 500ms, 30s or 1m30s"};
    }
    into = *parsed;
    return std::nullopt;
}

template <class Target>
std::optional<Failure> read_number(const char* flag, const std::string& text, Target& into) {
    if (text.empty()) return std::nullopt;
    unsigned number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size()) {
        return Failure{"--" + std::string{flag} + ": '" + text + "' is no number",
                       "a whole number from 0 to 4294967295"};
    }
    into = number;
    return std::nullopt;
}

std::optional<Failure> complete(AgentOptions& o) {
    agent::AgentConfig& config = o.config;
    if (auto bad = parse_pairs(o.tags, config.tags)) return bad;
    if (auto bad = read_duration("retry-interval", o.retry_interval, config.retry_interval)) {
        return bad;
    }
    if (auto bad =
            read_duration("broadcast-timeout", o.broadcast_timeout, config.broadcast_timeout)) {
        return bad;
    }
    if (auto bad =
            read_duration("reconnect-interval", o.reconnect_interval, config.reconnect_interval)) {
        return bad;
    }
    if (auto bad =
            read_duration("reconnect-timeout", o.reconnect_timeout, config.reconnect_timeout)) {
        return bad;
    }
    if (auto bad =
            read_duration("tombstone-timeout", o.tombstone_timeout, config.tombstone_timeout)) {
        return bad;
    }
    if (auto bad = read_duration("probe-interval", o.probe_interval, config.probe_interval)) {
        return bad;
    }
    if (auto bad = read_duration("probe-timeout", o.probe_timeout, config.probe_timeout)) {
        return bad;
    }
    if (auto bad = read_duration("gossip-interval", o.gossip_interval, config.gossip_interval)) {
        return bad;
    }
    if (auto bad =
            read_duration("push-pull-interval", o.push_pull_interval, config.push_pull_interval)) {
        return bad;
    }
    if (auto bad = read_number("retry-max", o.retry_max, config.retry_max)) return bad;
    return read_number("suspicion-mult", o.suspicion_mult, config.suspicion_mult);
}

// In groups as an operator thinks of them: who and where, whom to join, secrets, timing, the rest.
std::vector<Flag> agent_flags(AgentOptions& o) {
    agent::AgentConfig& c = o.config;
    return {
        {"node", "NAME", "Name of this member, unique in the cluster. Default: the host name.",
         &c.node},
        {"bind", "ADDR[:PORT]",
         "Where to gossip, UDP and TCP. Default: 0.0.0.0:7946; port 0 takes any free one.",
         &c.bind},
        {"advertise", "ADDR[:PORT]",
         "The address told to others. Default: the bound one, or one of this host's.",
         &c.advertise},
        {"tag", "KEY=VALUE", "A tag of this member. May be given several times.", &o.tags},
        {"join", "HOST[:PORT]",
         "Join through this member at start; fails when none of those given answers. May be given "
         "several times.",
         &c.join},
        {"retry-join", "HOST[:PORT]",
         "The same, but tried again until one answers. May be given several times.", &c.retry_join},
        {"retry-interval", "DURATION", "Between such tries, at least 1s. Default: 30s.",
         &o.retry_interval},
        {"retry-max", "N", "Tries before giving up with exit code 1. Default: 0, never.",
         &o.retry_max},
        {"replay", "", "Deliver user events of the past after joining at start.", &c.replay},
        {"encrypt", "KEY", "Encrypt with this key (see 'rollcall keygen'): 16, 24 or 32 bytes.",
         &c.encrypt},
        {"keyring-file", "PATH", "Take keys from this JSON array of them, the primary first.",
         &c.keyring_file},
        {"label", "TEXT", "Label of the cluster; packets with another one are refused.", &c.label},
        {"rpc-addr", "HOST:PORT",
         "Where this program and others control the agent. Default: 127.0.0.1:7373.", &c.rpc_addr},
        {"rpc-auth", "TOKEN", "Token that control clients have to show.", &c.rpc_auth},
        {"profile", "lan|wan|local", "Set of timings. Default: lan.", &c.profile},
        {"probe-interval", "DURATION",
         "Instead of the profile's: a member is probed every so often.", &o.probe_interval},
        {"probe-timeout", "DURATION", "Instead of the profile's: wait for a direct answer.",
         &o.probe_timeout},
        {"gossip-interval", "DURATION", "Instead of the profile's: news are told every so often.",
         &o.gossip_interval},
        {"push-pull-interval", "DURATION",
         "Instead of the profile's: the whole state is exchanged every so often.",
         &o.push_pull_interval},
        {"suspicion-mult", "N", "Instead of the profile's: patience with a silent member.",
         &o.suspicion_mult},
        {"reconnect-interval", "DURATION",
         "A failed member is tried again every so often; 0 never. Default: 30s.",
         &o.reconnect_interval},
        {"reconnect-timeout", "DURATION", "A failed member is forgotten after this. Default: 24h.",
         &o.reconnect_timeout},
        {"tombstone-timeout", "DURATION", "One that left is forgotten after this. Default: 24h.",
         &o.tombstone_timeout},
        {"broadcast-timeout", "DURATION",
         "Wait so long for news of a leave or a change to get out, at least 1s. Default: 5s.",
         &o.broadcast_timeout},
        {"delegate", "serf|none",
         "Appear as a Serf agent, or as a bare memberlist application. Default: serf.",
         &c.delegate},
        {"disable-compression", "", "Do not compress packets.", &c.disable_compression},
        {"leave-on-terminate", "", "SIGTERM leaves gracefully, as SIGINT does.",
         &c.leave_on_terminate},
        {"skip-leave-on-interrupt", "", "SIGINT stops without leaving.",
         &c.skip_leave_on_interrupt},
        {"log-level", "LEVEL", "trace, debug, info, warn or err. Default: info.", &c.log_level},
        {"log-format", "text|json", "Default: text.", &c.log_format},
        {"log-file", "PATH", "Write the log there. Default: stderr. SIGHUP opens it anew.",
         &c.log_file},
    };
}

}  // namespace

Command agent_command() {
    auto options = std::make_shared<AgentOptions>();
    return {
        .name = "agent",
        .summary = "Runs an agent",
        .description =
            "Runs one member of a cluster until it is told to stop. Ctrl-C (SIGINT) leaves the "
            "cluster gracefully and exits with 0; SIGTERM stops at once, the others see a failure, "
            "and the exit code is 1. The start-up lines on stdout name the ports that were really "
            "bound.",
        .flags = agent_flags(*options),
        .examples =
            {{"rollcall agent --node a --bind 10.0.0.1", "The first member of a cluster."},
             {"rollcall agent --node b --bind 10.0.0.2 --retry-join 10.0.0.1 --tag role=web",
              "Another one, which keeps trying until the first is up."},
             {"rollcall agent --node t1 --bind 127.0.0.1:0 --rpc-addr 127.0.0.1:0 "
              "--profile local",
              "For a test: any free ports, quick timings."}},
        .run =
            [options](const Context& context) {
                if (const auto bad = complete(*options)) return fail(context, *bad);
                return agent::run_agent(options->config);
            },
        .state = options,
    };
}

}  // namespace rollcall::cli

// SPDX-License-Identifier: Apache-2.0
//
// `rollcall agent`: flags into an AgentConfig, and off it goes. What a value may be is the agent's
// to judge (agent/config.h); here text only becomes numbers and durations.
#include <charconv>
#include <deque>
#include <memory>
#include <optional>
#include <type_traits>
#include <variant>

#include "agent/agent.h"
#include "agent/duration.h"
#include "cli/commands.h"
#include "cli/rpc_session.h"

namespace rollcall::cli {

namespace {

// A flag that is no text: kept as text until run, so that a mistake can name the flag. "" keeps the
// default.
struct Converted {
    const char* flag;
    std::string text;
    std::variant<Duration*, std::optional<Duration>*, unsigned*, std::optional<unsigned>*> into;
};

struct AgentOptions {
    agent::AgentConfig config;
    std::vector<std::string> tags;
    std::deque<Converted> converted;  // flags point into it
};

std::optional<Failure> convert(const Converted& c) {
    const std::string flag = "--" + std::string{c.flag};
    const auto put = [&c](auto value) {
        std::visit(
            [&]<class Target>(Target* into) {
                if constexpr (std::is_assignable_v<Target&, decltype(value)>) *into = value;
            },
            c.into);
    };
    if (std::holds_alternative<Duration*>(c.into) ||
        std::holds_alternative<std::optional<Duration>*>(c.into)) {
        const auto duration = agent::parse_duration(c.text);
        if (!duration) return Failure{.message = flag + ": " + duration.error()};
        put(*duration);
        return std::nullopt;
    }
    unsigned number = 0;
    const char* const end = c.text.data() + c.text.size();
    if (const auto [at, error] = std::from_chars(c.text.data(), end, number);
        error != std::errc{} || at != end) {
        return Failure{flag + ": '" + c.text + "' is no number",
                       "a whole number from 0 to 4294967295"};
    }
    put(number);
    return std::nullopt;
}

// In groups as an operator thinks of them: who and where, whom to join, secrets, timing, the rest.
std::vector<Flag> agent_flags(AgentOptions& o) {
    agent::AgentConfig& c = o.config;
    const auto converted = [&o](const char* name, auto* into) {
        return &o.converted.emplace_back(Converted{.flag = name, .into = into}).text;
    };
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
         converted("retry-interval", &c.retry_interval)},
        {"retry-max", "N", "Tries before giving up with exit code 1. Default: 0, never.",
         converted("retry-max", &c.retry_max)},
        {"replay", "", "Deliver user events of the past after joining at start.", &c.replay},
        {"encrypt", "KEY", "Encrypt with this key (see 'rollcall keygen'): 16, 24 or 32 bytes.",
         &c.encrypt},
        {"keyring-file", "PATH", "Take keys from this JSON array of them, the primary first.",
         &c.keyring_file},
        {"label", "TEXT", "Label of the cluster; packets with another one are refused.", &c.label},
        {"rpc-addr", "ADDR:PORT",
         "Where this program and others control the agent. Default: 127.0.0.1:7373.", &c.rpc_addr},
        {"rpc-auth", "TOKEN", "Token that control clients have to show.", &c.rpc_auth},
        {"profile", "lan|wan|local", "Set of timings. Default: lan.", &c.profile},
        {"probe-interval", "DURATION",
         "Instead of the profile's: a member is probed every so often.",
         converted("probe-interval", &c.probe_interval)},
        {"probe-timeout", "DURATION", "Instead of the profile's: wait for a direct answer.",
         converted("probe-timeout", &c.probe_timeout)},
        {"gossip-interval", "DURATION", "Instead of the profile's: news are told every so often.",
         converted("gossip-interval", &c.gossip_interval)},
        {"push-pull-interval", "DURATION",
         "Instead of the profile's: the whole state is exchanged every so often.",
         converted("push-pull-interval", &c.push_pull_interval)},
        {"suspicion-mult", "N", "Instead of the profile's: patience with a silent member.",
         converted("suspicion-mult", &c.suspicion_mult)},
        {"reconnect-interval", "DURATION",
         "A failed member is tried again every so often; 0 never. Default: 30s.",
         converted("reconnect-interval", &c.reconnect_interval)},
        {"reconnect-timeout", "DURATION", "A failed member is forgotten after this. Default: 24h.",
         converted("reconnect-timeout", &c.reconnect_timeout)},
        {"tombstone-timeout", "DURATION", "One that left is forgotten after this. Default: 24h.",
         converted("tombstone-timeout", &c.tombstone_timeout)},
        {"dead-node-reclaim", "DURATION",
         "A dead member's name may come back at another address after this; 0: only once it is "
         "forgotten, as with Serf. Default: 2s.",
         converted("dead-node-reclaim", &c.dead_node_reclaim)},
        {"broadcast-timeout", "DURATION",
         "Wait so long for news of a leave or a change to get out, at least 1s. Default: 5s.",
         converted("broadcast-timeout", &c.broadcast_timeout)},
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
        .refuses_empty_values = true,
        .run =
            [options](const Context& context) {
                if (const auto bad = parse_pairs(options->tags, options->config.tags)) {
                    return fail(context, *bad);
                }
                for (const Converted& c : options->converted) {
                    if (c.text.empty()) continue;
                    if (const auto bad = convert(c)) return fail(context, *bad);
                }
                return agent::run_agent(options->config);
            },
        .state = options,
    };
}

}  // namespace rollcall::cli

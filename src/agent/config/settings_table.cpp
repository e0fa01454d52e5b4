// SPDX-License-Identifier: Apache-2.0
#include "agent/config/settings_table.h"

#include <algorithm>
#include <array>
#include <type_traits>

#include "base/duration_text.h"

namespace rollcall::agent {
namespace {

using A = AgentConfig;
using M = membership::Config;

constexpr std::string_view kSeedForms =
    "`HOST`, `HOST:PORT`, `[IPV6]:PORT`, `NAME/HOST:PORT`, `srv+SERVICE`, `file+/PATH`";
constexpr std::string_view kQuerySizes = "1 to 65535, and what a packet holds";
constexpr std::string_view kYears = "at most ten years";

// In groups as an operator thinks of them: who and where, whom to join, secrets, timing, the rest.
constexpr std::array kSettings{
    Setting{"node", "node_name", "NAME", "the host name",
            "1 to 255 bytes of UTF-8 that control nothing", &A::node, Change::restart,
            "Name of this member, unique in the cluster."},
    Setting{"bind", "bind", "ADDR[:PORT]", "0.0.0.0:7946",
            "`ADDR`, `ADDR:PORT`, `[IPV6]:PORT`, `:PORT`, `HOST`, `HOST:PORT`", &A::bind,
            Change::restart,
            "Where to gossip, UDP and TCP on one port; port 0 takes any free one."},
    Setting{
        "iface", "interface", "NAME", "none", "an interface of this host, with an address",
        &A::interface, Change::restart,
        "Bind to the address of this interface; beside an address in bind: to that, if it is the "
        "interface's."},
    Setting{"advertise", "advertise", "ADDR[:PORT]", "the bound one, or one of this host's",
            "the address of one host; IPv4 if `bind` is", &A::advertise, Change::restart,
            "The address told to others."},
    Setting{"tag", "tags", "KEY=VALUE", "none", "512 bytes together when encoded", &A::tags,
            Change::reload, "A tag of this member. May be given several times."},
    Setting{"role", "role", "TEXT", "none", "as a tag", &A::role, Change::reload,
            "The tag 'role', whatever the tags say, for files written for Serf."},
    Setting{"tags-file", "tags_file", "PATH", "none", "a JSON object of texts; 64 KiB",
            &A::tags_file, Change::restart,
            "Keep the tags in this file over restarts; not beside tags or role."},
    Setting{"snapshot", "snapshot_path", "PATH", "none", "a file; 256 MiB", &A::snapshot,
            Change::restart,
            "Remember members and clocks in this file, and come back by it after a crash."},
    Setting{"rejoin", "rejoin_after_leave", "", "off", "on, off; needs a snapshot", &A::rejoin,
            Change::restart, "Come back by the snapshot even after a leave."},
    Setting{"join", "start_join", "HOST[:PORT]", "none", kSeedForms, &A::join, Change::restart,
            "Join through this member at start; fails when none of those given answers. May be "
            "given several times."},
    Setting{"retry-join", "retry_join", "HOST[:PORT]", "none", kSeedForms, &A::retry_join,
            Change::restart,
            "The same, but tried again until one answers. May be given several times."},
    Setting{"retry-interval", "retry_interval", "DURATION", "30s", "1s or longer",
            &A::retry_interval, Change::restart,
            "Between such tries, and between looks at the seeds later."},
    Setting{"retry-max", "retry_max_attempts", "N", "0", "0: no limit", &A::retry_max,
            Change::restart, "Tries after the first before giving up with exit code 1."},
    Setting{"replay", "replay_on_join", "", "off", "on, off", &A::replay, Change::restart,
            "Deliver user events of the past after joining at start."},
    Setting{"encrypt", "encrypt_key", "KEY", "none", "base64 of 16, 24 or 32 bytes", &A::encrypt,
            Change::restart,
            "Encrypt with this key (see 'rollcall keygen'); not beside keyring-file.", true},
    Setting{"keyring-file", "keyring_file", "PATH", "none",
            "a JSON array of up to 8 such keys; 64 KiB", &A::keyring_file, Change::restart,
            "Take keys from this file, the primary first."},
    Setting{"label", "label", "TEXT", "none", "up to 255 bytes", &A::label, Change::restart,
            "Label of the cluster; packets with another one are refused."},
    Setting{"rpc-addr", "rpc_addr", "ADDRESS", "127.0.0.1:7373",
            "`ADDR:PORT`, `HOST:PORT`, port 0 takes any; `unix:/PATH`; up to 8",
            WholeList{&A::rpc_addr}, Change::restart,
            "Where this program and others control the agent. May be given several times."},
    Setting{"rpc-auth", "rpc_auth", "TOKEN", "none", "up to 1024 bytes", &A::rpc_auth,
            Change::restart, "Token that control clients have to show.", true},
    Setting{"profile", "profile", "lan|wan|local", "lan", "`lan`, `wan`, `local`", &A::profile,
            Change::reload, "Set of timings; the same on all members."},
    Setting{"probe-interval", "probe_interval", "DURATION", "the profile's", "10ms to 1h",
            OfProfile<Duration>{&A::probe_interval, &M::probe_interval}, Change::reload,
            "Instead of the profile's: a member is probed every so often."},
    Setting{"probe-timeout", "probe_timeout", "DURATION", "the profile's",
            "1ms to the probe interval", OfProfile<Duration>{&A::probe_timeout, &M::probe_timeout},
            Change::reload, "Instead of the profile's: wait for a direct answer."},
    Setting{"gossip-interval", "gossip_interval", "DURATION", "the profile's", "0 (off), 1ms to 1h",
            OfProfile<Duration>{&A::gossip_interval, &M::gossip_interval}, Change::reload,
            "Instead of the profile's: news are told every so often."},
    Setting{"push-pull-interval", "push_pull_interval", "DURATION", "the profile's",
            "0 (off), 10ms to 24h",
            OfProfile<Duration>{&A::push_pull_interval, &M::push_pull_interval}, Change::reload,
            "Instead of the profile's: the whole state is exchanged every so often."},
    Setting{"suspicion-mult", "suspicion_mult", "N", "the profile's", "1 to 64",
            OfProfile<unsigned>{&A::suspicion_mult, &M::suspicion_mult}, Change::reload,
            "Instead of the profile's: patience with a silent member."},
    Setting{"reconnect-interval", "reconnect_interval", "DURATION", "30s",
            "0 (never), 100ms or longer", &A::reconnect_interval, Change::reload,
            "A failed member is tried again every so often."},
    Setting{"reconnect-timeout", "reconnect_timeout", "DURATION", "24h", kYears,
            &A::reconnect_timeout, Change::reload, "A failed member is forgotten after this."},
    Setting{"tombstone-timeout", "tombstone_timeout", "DURATION", "24h", kYears,
            &A::tombstone_timeout, Change::reload, "One that left is forgotten after this."},
    Setting{"dead-node-reclaim", "dead_node_reclaim", "DURATION", "2s", "0 (never), up to 720h",
            &A::dead_node_reclaim, Change::reload,
            "A dead member's name may come back at another address after this; 0: only once it is "
            "forgotten, as with Serf."},
    Setting{"broadcast-timeout", "broadcast_timeout", "DURATION", "5s", "1s or longer",
            &A::broadcast_timeout, Change::restart,
            "Wait so long for news of a leave or a change to get out."},
    Setting{"delegate", "delegate", "serf|none", "serf", "`serf`, `none`", &A::delegate,
            Change::restart,
            "Be a Serf agent, or a bare memberlist application without tags, events and queries."},
    Setting{"protocol", "protocol", "N", "5", "2 to 5", &A::protocol, Change::restart,
            "For files written for Serf: version 5 of its protocol is spoken all the same."},
    Setting{"disable-coordinates", "disable_coordinates", "", "off", "on, off",
            &A::disable_coordinates, Change::restart,
            "Tell and learn no network coordinates; 'rollcall rtt' then knows nothing here."},
    Setting{"disable-name-resolution", "disable_name_resolution", "", "off", "on, off",
            &A::disable_name_resolution, Change::restart,
            "Do not ask the others whose name it is when a second member has this one's."},
    Setting{"user-event-size-limit", "user_event_size_limit", "BYTES", "512", "1 to 9216",
            &A::user_event_size_limit, Change::restart,
            "Name and payload of a user event sent from here, and its message."},
    Setting{"query-size-limit", "query_size_limit", "BYTES", "1024", kQuerySizes,
            &A::query_size_limit, Change::restart, "A query asked from here, encoded."},
    Setting{"query-response-size-limit", "query_response_size_limit", "BYTES", "1024", kQuerySizes,
            &A::query_response_size_limit, Change::restart, "An answer given here, encoded."},
    Setting{"disable-compression", "disable_compression", "", "off", "on, off",
            &A::disable_compression, Change::restart,
            "Do not compress packets; compressed ones are still read."},
    Setting{"event-handler", "event_handlers", "[FILTERS=]COMMAND", "none",
            "filters as in `user:deploy,member-join`; none: all events", &A::event_handlers,
            Change::reload, "Run this command by /bin/sh on events. May be given several times.",
            false, '\n'},
    Setting{"event-handler-timeout", "event_handler_timeout", "DURATION", "5m", "1s to 24h",
            &A::event_handler_timeout, Change::reload,
            "A command that takes longer than this is ended."},
    Setting{"leave-on-terminate", "leave_on_terminate", "", "off", "on, off",
            &A::leave_on_terminate, Change::reload, "SIGTERM leaves gracefully, as SIGINT does."},
    Setting{"skip-leave-on-interrupt", "skip_leave_on_interrupt", "", "off", "on, off",
            &A::skip_leave_on_interrupt, Change::reload, "SIGINT stops without leaving."},
    Setting{"log-level", "log_level", "LEVEL", "info", "`trace`, `debug`, `info`, `warn`, `err`",
            &A::log_level, Change::reload, "What is printed; a monitor may see more."},
    Setting{"log-format", "log_format", "text|json", "text", "`text`, `json`", &A::log_format,
            Change::restart, "One line, or one JSON object per line."},
    Setting{"log-file", "log_file", "PATH", "stderr", "a path", &A::log_file, Change::restart,
            "Write the log there, appending. SIGHUP opens it anew."},
    Setting{"log-rotate-bytes", "log_rotate_bytes", "N", "0", "0 (never), 4096 or more",
            &A::log_rotate_bytes, Change::restart,
            "Change the log file for a new one when it has so many bytes."},
    Setting{"log-rotate-files", "log_rotate_files", "N", "5", "1 to 100", &A::log_rotate_files,
            Change::restart, "So many old log files are kept."},
    Setting{"syslog", "enable_syslog", "", "off", "on, off", &A::syslog, Change::restart,
            "Send the log to syslog, too."},
    Setting{"syslog-facility", "syslog_facility", "NAME", "LOCAL0",
            "`DAEMON`, `USER`, `LOCAL0` to `LOCAL7`, ...", &A::syslog_facility, Change::restart,
            "As what."},
};

std::vector<std::string> one(std::string text) {
    if (text.empty()) return {};
    return {std::move(text)};
}

struct AsText {
    const AgentConfig& config;

    std::vector<std::string> operator()(std::string A::*text) const { return one(config.*text); }
    std::vector<std::string> operator()(std::vector<std::string> A::*list) const {
        return config.*list;
    }
    std::vector<std::string> operator()(WholeList whole) const { return config.*whole.list; }
    std::vector<std::string> operator()(serf::Tags A::*tags) const {
        std::vector<std::string> texts;
        for (const auto& [key, value] : config.*tags) {
            std::string& text = texts.emplace_back(key);
            text += '=';
            text += value;
        }
        return texts;
    }
    std::vector<std::string> operator()(bool A::*on) const {
        return {config.*on ? "true" : "false"};
    }
    std::vector<std::string> operator()(Duration A::*duration) const {
        return {duration_text(config.*duration)};
    }
    std::vector<std::string> operator()(unsigned A::*number) const {
        return {std::to_string(config.*number)};
    }
    std::vector<std::string> operator()(OfProfile<Duration> timing) const {
        const auto& given = config.*timing.given;
        return given ? one(duration_text(*given)) : one({});
    }
    std::vector<std::string> operator()(OfProfile<unsigned> timing) const {
        const auto& given = config.*timing.given;
        return given ? one(std::to_string(*given)) : one({});
    }
};

std::string with_underscores(std::string_view flag) {
    std::string name{flag};
    std::ranges::replace(name, '-', '_');
    return name;
}

}  // namespace

std::span<const Setting> all_settings() {
    return kSettings;
}

std::string environment_name(const Setting& setting) {
    std::string name = "ROLLCALL_" + with_underscores(setting.flag);
    for (char& c : name) {
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    }
    return name;
}

const Setting* setting_of_field(std::string_view field) {
    if (field == "name") field = "node";
    if (field == "tags") field = "tag";
    const auto* const found = std::ranges::find_if(
        kSettings, [&](const Setting& s) { return with_underscores(s.flag) == field; });
    return found == kSettings.end() ? nullptr : &*found;
}

bool adds_up(const Setting& setting) {
    return std::holds_alternative<std::vector<std::string> A::*>(setting.target) ||
           std::holds_alternative<serf::Tags A::*>(setting.target);
}

bool zero_is_unset(const Setting& setting) {
    constexpr std::array<std::string_view, 9> flags{"retry-max",
                                                    "retry-interval",
                                                    "reconnect-timeout",
                                                    "tombstone-timeout",
                                                    "broadcast-timeout",
                                                    "protocol",
                                                    "user-event-size-limit",
                                                    "query-size-limit",
                                                    "query-response-size-limit"};
    return std::ranges::find(flags, setting.flag) != flags.end();
}

bool is_list(const Setting& setting) {
    return adds_up(setting) || std::holds_alternative<WholeList>(setting.target);
}

std::vector<std::string> value_of(const Setting& setting, const AgentConfig& config) {
    return std::visit(AsText{config}, setting.target);
}

std::string settings_as_markdown() {
    std::string text =
        "| Flag | Key in files | Default | Allowed | SIGHUP | What it does |\n"
        "| --- | --- | --- | --- | --- | --- |\n";
    for (const Setting& setting : kSettings) {
        text += "| `--" + std::string{setting.flag} + "` | `" + std::string{setting.key} + "` | " +
                std::string{setting.default_value} + " | " + std::string{setting.allowed} + " | " +
                (setting.change == Change::reload ? "yes" : "restart") + " | " +
                std::string{setting.help} + " |\n";
    }
    return text;
}

}  // namespace rollcall::agent

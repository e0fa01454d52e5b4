// SPDX-License-Identifier: Apache-2.0
#include "agent/banner.h"

#include <algorithm>
#include <string_view>

namespace rollcall::agent {
namespace {

std::string banner_line(std::string_view name, std::string_view value, bool quoted) {
    std::string line(name.size() < 18 ? 18 - name.size() : 0, ' ');
    line += name;
    line += quoted ? ": '" : ": ";
    line += value;
    line += quoted ? "'\n" : "\n";
    return line;
}

bool is_encrypted(const Settings& settings) {
    return settings.encryption >= wire::Encryption::send;
}

}  // namespace

std::string banner_text(const Settings& settings, const Bound& bound) {
    std::string control;
    for (const RpcAddress& address : bound.rpc) {
        control += banner_line("RPC addr", to_string(address), true);
    }
    const std::string http =
        bound.http ? banner_line("HTTP addr", to_string(*bound.http), true) : std::string{};
    return banner_line("Node name", settings.serf.membership.name, true) +
           banner_line("Bind addr", bound.gossip.to_string(), true) + control + http +
           banner_line("Encrypted", is_encrypted(settings) ? "true" : "false", false) +
           banner_line("Snapshot", settings.snapshot.empty() ? "false" : "true", false) +
           banner_line("Profile", settings.profile, false);
}

void log_banner(Log& log, const Settings& settings, const Bound& bound) {
    std::string control;  // in the form of --rpc-addr
    for (const RpcAddress& address : bound.rpc) {
        if (!control.empty()) control += ',';
        control += to_string(address);
    }
    log.write(std::max(Level::info, settings.log_level), "agent", "started",
              "rollcall agent running",
              {{"node_name", settings.serf.membership.name},
               {"bind", bound.gossip.to_string()},
               {"rpc_addr", control},
               {"http_addr", bound.http ? to_string(*bound.http) : "off"},
               {"encrypted", is_encrypted(settings)},
               {"snapshot", !settings.snapshot.empty()},
               {"profile", settings.profile}});
}

}  // namespace rollcall::agent

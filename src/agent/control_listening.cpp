// SPDX-License-Identifier: Apache-2.0
#include "agent/control_listening.h"

#include <variant>

#include "agent/host/advertise.h"

namespace rollcall::agent {
namespace {

Result<RpcAddress, std::string> listen_at(const RpcAddress& wanted, RpcServer& server,
                                          TlsFront* tls) {
    const auto* const sealed = std::get_if<TlsAddress>(&wanted);
    if (sealed == nullptr) return server.listen(wanted);
    auto bound = tls->listen(Service::control, sealed->endpoint);
    if (!bound) return "RPC address " + bound.error();
    return RpcAddress{TlsAddress{*bound}};
}

bool is_open_to_all(const RpcAddress& at, const Settings& settings) {
    const Endpoint* const endpoint = endpoint_of(at);
    if (endpoint == nullptr || is_loopback(*endpoint) || !settings.rpc_auth.empty()) return false;
    return !std::holds_alternative<TlsAddress>(at) || !settings.tls_verify_client;
}

}  // namespace

Result<std::vector<RpcAddress>, std::string> listen_for_control(const Settings& settings,
                                                                RpcServer& server, TlsFront* tls,
                                                                Log& log) {
    std::vector<RpcAddress> bound;
    for (const RpcAddress& wanted : settings.rpc_addr) {
        auto listening = listen_at(wanted, server, tls);
        if (!listening) return listening.error();
        bound.push_back(*listening);
        if (!is_open_to_all(*listening, settings)) continue;
        const std::string address = endpoint_of(*listening)->to_string();
        log.write(
            Level::warn, "agent", "rpc-open",
            "any client that reaches " + address + " can control this agent: --rpc-auth is not set",
            {{"address", address}});
    }
    return bound;
}

}  // namespace rollcall::agent

// SPDX-License-Identifier: Apache-2.0
//
// Shared by all commands that talk to an agent: its address, the token, the output format, and the
// texts of errors. Environment variables: ROLLCALL_RPC_ADDR, ROLLCALL_RPC_AUTH or
// ROLLCALL_RPC_AUTH_FILE, ROLLCALL_TLS_CA, ROLLCALL_TLS_CERT and ROLLCALL_TLS_KEY, then Serf's
// SERF_RPC_ADDR and SERF_RPC_AUTH; flags override them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "cli/command.h"
#include "cli/rpc_client.h"

namespace rollcall::cli {

inline constexpr std::string_view kDefaultRpcAddress = "127.0.0.1:7373";

struct RpcFlags {
    std::string address;
    std::string token, token_file;
    std::string tls_ca, tls_cert, tls_key;
    std::string format = "text";
    [[nodiscard]] bool json() const { return format == "json"; }
};

// Adds --rpc-addr, --rpc-auth, --rpc-auth-file, --tls-ca, --tls-cert, --tls-key and --format.
void add_rpc_flags(Command& command, RpcFlags& flags);

// Text to bytes; "" becomes no payload, as in Serf's client.
[[nodiscard]] rpc::Payload payload_of(std::string_view text);

// nullopt if the format is valid.
[[nodiscard]] std::optional<Failure> check_format(const RpcFlags& flags);

// Connects, performs the handshake and authenticates.
[[nodiscard]] std::optional<Failure> open_session(const Context& context, const RpcFlags& flags,
                                                  RpcClient& client);

// Which agent this is. Commands beyond Serf's need a rollcall agent: a Serf agent closes the
// connection on a command that it does not know, so this is asked first.
struct AgentIdentity {
    std::string name;
    bool rollcall = false;
};
[[nodiscard]] Result<AgentIdentity, RpcError> identify(RpcClient& client);

// "WHAT: ERROR", with a hint for the kind of error.
[[nodiscard]] Failure describe(std::string_view what, const RpcError& error);

// The same after the first answer: an agent that closes the connection then has stopped.
[[nodiscard]] Failure describe_while_watching(std::string_view what, const RpcError& error);

// Looks up a member of the agent's list by name. If there is none, the failure has the nearest
// name.
[[nodiscard]] Result<rpc::Member, Failure> member_named(RpcClient& client, const std::string& name,
                                                        std::string_view what);

// Parses "key=value" pairs into a map; fails at the first invalid one.
[[nodiscard]] std::optional<Failure> parse_pairs(const std::vector<std::string>& pairs,
                                                 rpc::StringMap& into);

}  // namespace rollcall::cli

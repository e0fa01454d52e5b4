// SPDX-License-Identifier: Apache-2.0
//
// What all commands that talk to an agent share: where it is, the token, the format of answers, and
// the words for what may go wrong on the way. Environment variables: ROLLCALL_RPC_ADDR and
// ROLLCALL_RPC_AUTH, then Serf's SERF_RPC_ADDR and SERF_RPC_AUTH; a flag wins over them.
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
    std::string token;
    std::string format = "text";
    [[nodiscard]] bool json() const { return format == "json"; }
};

// Adds --rpc-addr, --rpc-auth and --format.
void add_rpc_flags(Command& command, RpcFlags& flags);

// Text to bytes; "" is none, as in Serf's client.
[[nodiscard]] rpc::Payload payload_of(std::string_view text);

// nullopt when the format is one we know.
[[nodiscard]] std::optional<Failure> check_format(const RpcFlags& flags);

// Connects, shakes hands and shows the token.
[[nodiscard]] std::optional<Failure> open_session(const Context& context, const RpcFlags& flags,
                                                  RpcClient& client);

// "WHAT: ERROR", with a hint that fits the error.
[[nodiscard]] Failure describe(std::string_view what, const RpcError& error);

// The same for what goes on after a first answer: an agent that hangs up then has stopped.
[[nodiscard]] Failure describe_while_watching(std::string_view what, const RpcError& error);

// The member of that name among those that the agent lists. When there is none the failure names
// the nearest one.
[[nodiscard]] Result<rpc::Member, Failure> member_named(RpcClient& client, const std::string& name,
                                                        std::string_view what);

// "key=value" pairs into a map; the first that is none is a failure.
[[nodiscard]] std::optional<Failure> parse_pairs(const std::vector<std::string>& pairs,
                                                 rpc::StringMap& into);

}  // namespace rollcall::cli

// SPDX-License-Identifier: Apache-2.0
#include "cli/rpc_session.h"

#include <initializer_list>
#include <utility>
#include <variant>
#include <vector>

#include "agent/config/secret_files.h"
#include "base/bytes.h"
#include "base/endpoint.h"
#include "base/nearest.h"
#include "base/result.h"
#include "base/sanitize.h"
#include "rpc/address.h"
#include "wire/key_text.h"

namespace rollcall::cli {

namespace {

constexpr std::string_view kTokenHint =
    "give the agent's token with --rpc-auth-file, --rpc-auth or ROLLCALL_RPC_AUTH";

// A failure to connect, also with the text of Serf's program.
Failure cannot_connect(const std::string& address, const RpcError& error,
                       std::string_view before = {}) {
    Failure failure = describe("Error connecting to agent at " + address, error);
    failure.as_serf = "Error connecting to Serf agent: " + std::string{before} + error.text;
    return failure;
}

std::string from_environment(const Context& context, std::initializer_list<const char*> names,
                             std::string_view otherwise) {
    for (const char* name : names) {
        if (auto value = context.environment(name); value && !value->empty()) return *value;
    }
    return std::string{otherwise};
}

// The flags together, before the variables together.
Result<std::string, Failure> find_token(const Context& context, const RpcFlags& flags) {
    std::string token = flags.token;
    std::string file = flags.token_file;
    std::string_view names = "--rpc-auth and --rpc-auth-file";
    if (token.empty() && file.empty()) {
        token = from_environment(context, {"ROLLCALL_RPC_AUTH"}, "");
        file = from_environment(context, {"ROLLCALL_RPC_AUTH_FILE"}, "");
        names = "ROLLCALL_RPC_AUTH and ROLLCALL_RPC_AUTH_FILE";
    }
    const auto failed = [](const std::string& why, std::string hint) {
        return Failure{.message = "Error connecting to agent: " + why, .hint = std::move(hint)};
    };
    if (!token.empty() && !file.empty()) {
        return failed("two tokens", "give one of " + std::string{names});
    }
    if (file.empty()) {
        if (token.empty()) token = from_environment(context, {"SERF_RPC_AUTH"}, "");
        return token;
    }
    auto text = agent::read_secret_file(file);
    if (!text) {
        return failed("the file of the token, '" + file + "', cannot be read: " + text.error().text,
                      "");
    }
    if (text->empty()) return failed("the file of the token, '" + file + "', is empty", "");
    return std::move(*text);
}

using Place = std::variant<HostPort, agent::UnixAddress>;

// The error says what is allowed.
Result<Place, std::string> parse_place(const std::string& address) {
    if (agent::is_unix_address(address)) {
        const auto socket = agent::parse_unix_address(address);
        if (!socket) return socket.error();
        return Place{*socket};
    }
    // ":7373" is this host, as in other tools.
    auto host = HostPort::parse(address.starts_with(':') ? "127.0.0.1" + address : address,
                                agent::kDefaultRpcPort);
    if (host && host->name.empty()) return Place{std::move(*host)};
    return std::string{"HOST:PORT, ADDRESS:PORT, [IPV6]:PORT or unix:/PATH"};
}

}  // namespace

void add_rpc_flags(Command& command, RpcFlags& flags) {
    command.flags.push_back({"format", "text|json",
                             "Output format of answers and errors. Default: text.", &flags.format});
    command.flags.push_back({"rpc-addr", "ADDRESS",
                             "The agent's control address: HOST:PORT or unix:/PATH. Default: "
                             "$ROLLCALL_RPC_ADDR, else $SERF_RPC_ADDR, else 127.0.0.1:7373.",
                             &flags.address});
    command.flags.push_back({"rpc-auth", "TOKEN",
                             "The agent's token. Default: $ROLLCALL_RPC_AUTH, else "
                             "$SERF_RPC_AUTH. Other users can see flags: prefer these, or a file.",
                             &flags.token});
    command.flags.push_back({"rpc-auth-file", "PATH",
                             "Read that token from this file. Default: $ROLLCALL_RPC_AUTH_FILE.",
                             &flags.token_file});
    command.json_errors = [&flags] { return flags.json(); };
}

rpc::Payload payload_of(std::string_view text) {
    if (text.empty()) return {};
    const Bytes bytes = as_bytes(text);
    return rpc::Payload{std::in_place, bytes.begin(), bytes.end()};
}

std::optional<Failure> check_format(const RpcFlags& flags) {
    if (flags.format == "text" || flags.format == "json") return std::nullopt;
    return Failure{"Encoding error: Invalid output format \"" + flags.format + '"',
                   "--format is text or json"};
}

Failure describe(std::string_view what, const RpcError& error) {
    Failure failure{.message = std::string{what} + ": " + error.text};
    using enum RpcError::Kind;
    switch (error.kind) {
        case resolve:
            failure.cause = "control-port-unreachable";
            failure.hint = "check the host name in --rpc-addr or ROLLCALL_RPC_ADDR";
            break;
        case connect:
            // Nothing listens there, or there is no such socket.
            failure.cause =
                error.text == "connection refused" || error.text == "no such file or directory"
                    ? "agent-not-running"
                    : "control-port-unreachable";
            failure.hint =
                error.text == "permission denied"
                    ? "only the user that the agent runs as may use its Unix socket"
                    : "is the agent running? Start one with 'rollcall agent', or set its control "
                      "address with --rpc-addr or ROLLCALL_RPC_ADDR";
            break;
        case timeout:
            failure.cause = "control-port-unreachable";
            failure.hint = "the agent is busy or stopped, or this is not its control port";
            break;
        case closed:
            failure.as_serf = std::string{what} + ": client closed";
            failure.hint =
                "the agent stopped before it answered, or could not read the request; see its log";
            break;
        case garbage:
            failure.cause = "control-port-unreachable";
            failure.hint =
                "is this the control port (7373) of an agent, and not its gossip port (7946)?";
            break;
        case refused:
            if (error.text == "Authentication required" ||
                error.text == "Invalid authentication token") {
                failure.hint = kTokenHint;
                failure.cause = "wrong-token";
            } else if (error.text == "Unsupported command") {
                failure.hint = "the agent has a different version than this program";
                failure.cause = "no-doctor";
            }
            break;
        case interrupted:
            break;
    }
    return failure;
}

Failure describe_while_watching(std::string_view what, const RpcError& error) {
    Failure failure = describe(what, error);
    if (error.kind == RpcError::Kind::closed) {
        failure.hint = "the agent stopped or was restarted; see its log";
    }
    return failure;
}

Result<rpc::Member, Failure> member_named(RpcClient& client, const std::string& name,
                                          std::string_view what) {
    auto members = client.ask<rpc::MembersResponse>("members");
    if (!members) return describe("Error retrieving members", members.error());
    std::vector<std::string_view> names;
    for (rpc::Member& member : members->members) {
        if (member.name == name) return std::move(member);
        names.push_back(member.name);
    }
    const std::string_view near = nearest(name, names);
    return Failure{std::string{what} + ": the agent knows no member named '" + name + "'",
                   (near.empty() ? "" : "did you mean '" + sanitized(near) + "'? ") +
                       std::string{"'rollcall members' lists the names"}};
}

Result<AgentIdentity, RpcError> identify(RpcClient& client) {
    auto stats = client.ask<rpc::Stats>("stats");
    if (!stats) return stats.error();
    return AgentIdentity{.name = (*stats)["agent"]["name"],
                         .rollcall = stats->contains("rollcall")};
}

std::optional<Failure> open_session(const Context& context, const RpcFlags& flags,
                                    RpcClient& client) {
    const std::string given =
        flags.address.empty()
            ? from_environment(context, {"ROLLCALL_RPC_ADDR", "SERF_RPC_ADDR"}, kDefaultRpcAddress)
            : flags.address;
    // The variable may hold several addresses, for the agent.
    const std::string address = given.substr(0, given.find(','));
    const auto found = find_token(context, flags);
    if (!found) return found.error();
    const std::string& token = *found;

    if (const auto stray = wire::stray_space(token);
        !context.as_serf && stray.find("newline") != std::string_view::npos) {
        return Failure{"Error connecting to agent: the token " + std::string{stray},
                       "give it to --rpc-auth or ROLLCALL_RPC_AUTH without line breaks"};
    }
    const auto where = parse_place(address);
    if (!where) {
        return Failure{"Error connecting to agent: invalid address '" + address + "'",
                       "--rpc-addr is " + where.error()};
    }
    const auto* const host = std::get_if<HostPort>(&*where);
    if (auto error = host != nullptr ? client.connect(host->host, host->port)
                                     : client.connect(std::get<agent::UnixAddress>(*where))) {
        const std::string network = host != nullptr ? "tcp " : "unix ";
        return cannot_connect(address, *error, "dial " + network + address + ": connect: ");
    }
    if (auto error = client.open(token)) {
        // An agent does not close the connection on a handshake, so this is another program.
        if (error->kind == RpcError::Kind::closed) error->kind = RpcError::Kind::garbage;
        return cannot_connect(address, *error);
    }
    return std::nullopt;
}

std::optional<Failure> parse_pairs(const std::vector<std::string>& pairs, rpc::StringMap& into) {
    for (const std::string& pair : pairs) {
        const std::size_t equals = pair.find('=');
        if (equals == std::string::npos || equals == 0) {
            return Failure{"Error: Invalid tag: '" + pair + "'", "a tag is KEY=VALUE"};
        }
        into.insert_or_assign(pair.substr(0, equals), pair.substr(equals + 1));
    }
    return std::nullopt;
}

}  // namespace rollcall::cli

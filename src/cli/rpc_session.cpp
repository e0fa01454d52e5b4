// SPDX-License-Identifier: Apache-2.0
#include "cli/rpc_session.h"

#include <initializer_list>
#include <memory>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

#include "agent/config/secret_files.h"
#include "agent/config/tls_files.h"
#include "base/bytes.h"
#include "base/endpoint.h"
#include "base/nearest.h"
#include "base/result.h"
#include "base/sanitize.h"
#include "files/small_file.h"
#include "rpc/address.h"
#include "tls/credentials.h"
#include "wire/key_text.h"

namespace rollcall::cli {

namespace {

constexpr std::string_view kTokenHint =
    "give the agent's token with --rpc-auth-file, --rpc-auth or ROLLCALL_RPC_AUTH";

constexpr const char* kTlsHint =
    "--tls-ca is the authority of the agent's certificate, which must name the host in --rpc-addr; "
    "an agent that verifies its clients wants --tls-cert and --tls-key, too";

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

struct TlsPlace {
    HostPort host;
};
using Place = std::variant<HostPort, agent::UnixAddress, TlsPlace>;

// The error says what is allowed.
Result<Place, std::string> parse_place(const std::string& address) {
    const agent::Unprefixed of = agent::without_tls(address);
    if (!of.tls && agent::is_unix_address(address)) {
        const auto socket = agent::parse_unix_address(address);
        if (!socket) return socket.error();
        return Place{*socket};
    }
    const std::string text{of.text};
    // ":7373" is this host, as in other tools.
    auto host =
        HostPort::parse(text.starts_with(':') ? "127.0.0.1" + text : text, agent::kDefaultRpcPort);
    if (!host || !host->name.empty()) {
        return std::string{
            "HOST:PORT, ADDRESS:PORT or [IPV6]:PORT, each also after tls:, or unix:/PATH"};
    }
    return of.tls ? Place{TlsPlace{std::move(*host)}} : Place{std::move(*host)};
}

// What a client has for TLS. The flags come before the variables, one by one.
Result<std::shared_ptr<const tls::Credentials>, Failure> find_credentials(const Context& context,
                                                                          const RpcFlags& flags) {
    const auto failed = [](const std::string& why) {
        return Failure{.message = "Error connecting to agent: " + why, .hint = kTlsHint};
    };
    const auto path = [&](const std::string& given, const char* variable) {
        return given.empty() ? from_environment(context, {variable}, "") : given;
    };
    tls::Pem pem;
    for (const auto& [file, text, flag] :
         {std::tuple{path(flags.tls_ca, "ROLLCALL_TLS_CA"), &pem.authorities, "--tls-ca"},
          std::tuple{path(flags.tls_cert, "ROLLCALL_TLS_CERT"), &pem.certificate, "--tls-cert"},
          std::tuple{path(flags.tls_key, "ROLLCALL_TLS_KEY"), &pem.key, "--tls-key"}}) {
        if (file.empty()) continue;
        auto read = read_small_file(file, agent::kMostPemBytes);
        if (!read) {
            return failed(std::string{flag} + ": '" + file +
                          "' cannot be read: " + read.error().text);
        }
        *text = std::move(*read);
    }
    auto made = tls::Credentials::make(tls::Side::client, pem);
    if (!made) return failed(made.error().text);
    return std::move(*made);
}

// Which kind of place it is decides how.
std::optional<Failure> connect(const Context& context, const RpcFlags& flags,
                               const std::string& address, const Place& place, RpcClient& client) {
    if (const auto* const socket = std::get_if<agent::UnixAddress>(&place)) {
        const auto error = client.connect(*socket);
        if (!error) return std::nullopt;
        return cannot_connect(address, *error, "dial unix " + address + ": connect: ");
    }
    std::optional<RpcError> error;
    if (const auto* const sealed = std::get_if<TlsPlace>(&place)) {
        const auto credentials = find_credentials(context, flags);
        if (!credentials) return credentials.error();
        error = client.connect(sealed->host.host, sealed->host.port, *credentials);
    } else {
        const HostPort& host = std::get<HostPort>(place);
        error = client.connect(host.host, host.port);
    }
    if (!error) return std::nullopt;
    return cannot_connect(address, *error, "dial tcp " + address + ": connect: ");
}

}  // namespace

void add_rpc_flags(Command& command, RpcFlags& flags) {
    command.flags.push_back({"format", "text|json",
                             "Output format of answers and errors. Default: text.", &flags.format});
    command.flags.push_back(
        {"rpc-addr", "ADDRESS",
         "The agent's control address: HOST:PORT, tls:HOST:PORT or "
         "unix:/PATH. Default: $ROLLCALL_RPC_ADDR, else $SERF_RPC_ADDR, else 127.0.0.1:7373.",
         &flags.address});
    command.flags.push_back({"rpc-auth", "TOKEN",
                             "The agent's token. Default: $ROLLCALL_RPC_AUTH, else "
                             "$SERF_RPC_AUTH. Other users can see flags: prefer these, or a file.",
                             &flags.token});
    command.flags.push_back({"rpc-auth-file", "PATH",
                             "Read that token from this file. Default: $ROLLCALL_RPC_AUTH_FILE.",
                             &flags.token_file});
    command.flags.push_back({"tls-ca", "PATH",
                             "Authorities (PEM) of the agent's certificate, for tls: addresses. "
                             "Default: $ROLLCALL_TLS_CA.",
                             &flags.tls_ca});
    command.flags.push_back({"tls-cert", "PATH",
                             "Own certificate, for agents that verify their clients. Default: "
                             "$ROLLCALL_TLS_CERT.",
                             &flags.tls_cert});
    command.flags.push_back(
        {"tls-key", "PATH", "Its key. Default: $ROLLCALL_TLS_KEY.", &flags.tls_key});
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
        case tls:
            failure.cause = "control-port-unreachable";
            failure.hint = kTlsHint;
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
    if (auto failure = connect(context, flags, address, *where, client)) return failure;
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

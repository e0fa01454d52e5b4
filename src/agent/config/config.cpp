// SPDX-License-Identifier: Apache-2.0
#include "agent/config/config.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>
#include <span>
#include <utility>

#include "agent/config/listen_names.h"
#include "agent/config/settings_table.h"
#include "agent/config/tls_files.h"
#include "agent/files/keyring_file.h"
#include "agent/files/tags_file.h"
#include "agent/log/logging.h"
#include "agent/log/syslog_socket.h"
#include "base/sanitize.h"
#include "transport/seed_file.h"
#include "wire/key_text.h"

namespace rollcall::agent {
namespace {

// "1.2.3.4", "1.2.3.4:7946", "::1", "[::1]:7946", ":7946". Host names are not resolved here.
std::optional<Endpoint> parse_listen(std::string_view text, std::string_view default_address,
                                     std::uint16_t default_port) {
    if (text.empty()) return {};
    if (const auto whole = Endpoint::parse(text)) return whole;
    if (text.front() == ':') {
        const std::string_view digits = text.substr(1);
        std::uint16_t port = 0;
        const auto [end, error] =
            std::from_chars(digits.data(), digits.data() + digits.size(), port);
        if (error == std::errc{} && end == digits.data() + digits.size() && !digits.empty()) {
            return Endpoint::parse_address(default_address, port);
        }
    }
    if (text.front() == '[' && text.back() == ']') text = text.substr(1, text.size() - 2);
    return Endpoint::parse_address(text, default_port);
}

// The error says what is allowed.
Result<RpcAddress, std::string> parse_server_address(std::string_view text, std::string_view flag,
                                                     std::uint16_t default_port) {
    const Unprefixed of = without_tls(text);
    if (!of.tls && is_unix_address(text)) {
        const auto at = parse_unix_address(text);
        if (!at) return at.error();
        return RpcAddress{*at};
    }
    if (const auto endpoint = parse_listen(of.text, "127.0.0.1", default_port)) {
        return of.tls ? RpcAddress{TlsAddress{*endpoint}} : RpcAddress{*endpoint};
    }
    return in_text(setting_of_flag(flag).allowed);
}

}  // namespace

const serf::Config& core_defaults() {
    static const serf::Config defaults;
    return defaults;
}

bool is_no_host(const Endpoint& endpoint) {
    using membership::Network;
    const WireAddress address = endpoint.to_wire();
    return Network::parse("224.0.0.0/4")->contains(address) ||
           Network::parse("255.255.255.255/32")->contains(address) ||
           Network::parse("ff00::/8")->contains(address);
}

namespace {

std::string host_name() {
    std::array<char, 256> name{};
    if (gethostname(name.data(), name.size() - 1) != 0) return {};
    return name.data();
}

// Fills Settings field by field, and collects the mistakes.
class Settler {
public:
    explicit Settler(const AgentConfig& config) : given_{config} {}

    Settled run() {
        for (const Setting& setting : all_settings()) {
            if (auto mistake = out_of_range(setting, given_)) refuse(std::move(*mistake));
        }
        identity();
        messages();
        addresses();
        control();
        http();
        tls();
        peers();
        timings();
        handlers();
        keys();
        output();
        samples();
        // With an unknown profile the timings would be checked against those of another one.
        if (!is_refused("profile")) {
            for (membership::ConfigError& mistake : settled_.serf.mistakes()) {
                if (!is_refused(mistake.field)) refuse(std::move(mistake));
            }
        }
        std::ranges::stable_sort(mistakes_, {}, [](const ConfigError& mistake) {
            const Setting* const setting = setting_of_field(mistake.field);
            const std::span<const Setting> all = all_settings();
            return setting == nullptr ? std::ssize(all) : setting - all.data();
        });
        return {.settings = std::move(settled_), .mistakes = std::move(mistakes_)};
    }

private:
    // By flag.
    void refuse(std::string_view flag, std::string value) {
        const Setting& setting = setting_of_flag(flag);
        refuse(ConfigError{field_of(setting), std::move(value), in_text(setting.allowed)});
    }
    // By field, with an `allowed` that is more precise than the setting's row.
    void refuse(std::string field, std::string value, std::string allowed) {
        refuse(ConfigError{std::move(field), std::move(value), std::move(allowed)});
    }
    void refuse(ConfigError mistake) { mistakes_.push_back(std::move(mistake)); }
    [[nodiscard]] bool is_refused(std::string_view field) const {
        const Setting* const setting = setting_of_field(field);
        return std::ranges::any_of(mistakes_, [&](const ConfigError& mistake) {
            return mistake.field == field ||
                   (setting != nullptr && setting_of_field(mistake.field) == setting);
        });
    }
    void refuse(std::string field, const KeyringError& error) {
        refuse(ConfigError{std::move(field), "", error.allowed, error.problem});
    }

    void identity() {
        membership::Config& core = settled_.serf.membership;
        core = membership::Config::of_profile(given_.profile).value_or(membership::Config::lan());
        settled_.profile = given_.profile;

        core.name = given_.node.empty() ? host_name() : given_.node;
        // The name is shown in logs, tables and terminals: no control characters.
        const bool prints = sanitized(core.name) == core.name;
        if (core.name.empty() || (!prints && !is_refused("node"))) {
            refuse("node", sanitized(core.name));
        }
        const bool bare = given_.delegate == "none";
        settled_.serf.delegate = bare ? serf::Delegate::none : serf::Delegate::serf;
        core.layers.label = given_.label;
        core.layers.compress = !given_.disable_compression;
        tags();
        memory();
    }

    void messages() {
        serf::Config& serf = settled_.serf;
        serf.disable_coordinates = given_.disable_coordinates;
        serf.allow_tuning = given_.allow_tuning;
        serf.name_conflict_resolution = !given_.disable_name_resolution;
        serf.user_event_size_limit = given_.user_event_size_limit;
        serf.query_size_limit = given_.query_size_limit;
        serf.query_response_size_limit = given_.query_response_size_limit;
    }

    void memory() {
        settled_.snapshot = given_.snapshot;
        settled_.rejoin_after_leave = given_.rejoin;
    }

    void tags() {
        settled_.serf.tags = given_.tags;
        if (!given_.role.empty()) settled_.serf.tags["role"] = given_.role;  // as in Serf
        for (const auto& [key, value] : given_.tags) {
            if (key.empty()) refuse("tag", "=" + value, "KEY=VALUE with a key");
        }
        if (given_.tags_file.empty()) return;
        constexpr std::string_view kNone =
            "none beside tags_file: Tags config not allowed while using tag files";
        if (!given_.tags.empty()) {
            const auto& [key, value] = *given_.tags.begin();
            refuse("tags", key + "=" + value, std::string{kNone});
        }
        if (!given_.role.empty()) refuse("role", given_.role, std::string{kNone});
        auto kept = load_tags(given_.tags_file);
        if (!kept) return refuse("tags_file", given_.tags_file, kept.error());
        settled_.serf.tags = std::move(*kept);
        settled_.tags_file = given_.tags_file;
    }

    void addresses() {
        if (const auto bind = parse_listen(given_.bind, "0.0.0.0", kDefaultGossipPort)) {
            settled_.bind = *bind;
        } else if (!name_of_host("bind", given_.bind, kDefaultGossipPort)) {
            refuse("bind", given_.bind);
        }
        if (is_no_host(settled_.bind)) {
            refuse("bind", given_.bind, "an address of this host, not of a group of hosts");
        }
        settled_.interface = given_.interface;
        if (!given_.advertise.empty() && !name_of_host("advertise", given_.advertise, 0)) {
            settled_.advertise = parse_listen(given_.advertise, "", 0);
            if (!settled_.advertise || settled_.advertise->is_unspecified() ||
                is_no_host(*settled_.advertise)) {
                refuse("advertise", given_.advertise);
            }
        }
        // Packets leave from the bound socket, so peers must reply in its address family.
        if (settled_.advertise && settled_.bind.is_v4() && !settled_.advertise->is_v4()) {
            refuse("advertise", given_.advertise,
                   "an IPv4 address, since bind is one; bind to [::] for both");
        }
    }

    // Whether `text` is a host name, which is resolved later (agent/config/listen_names.h).
    bool name_of_host(std::string_view field, const std::string& text, std::uint16_t port) {
        const bool server = field == "rpc_addr" || field == "http_addr";
        const Unprefixed of = server ? without_tls(text) : Unprefixed{.text = text};
        auto name = parse_listen_name(field, std::string{of.text}, port);
        if (!name) return false;
        name->text = text;
        name->tls = of.tls;
        name->index = field == "rpc_addr" ? settled_.rpc_addr.size() : 0;
        settled_.names.push_back(std::move(*name));
        return true;
    }

    // Of a name that is resolved later.
    static RpcAddress without_place(std::string_view text) {
        return without_tls(text).tls ? RpcAddress{TlsAddress{}} : RpcAddress{Endpoint{}};
    }

    void control() {
        for (const std::string& text : given_.rpc_addr) {
            if (name_of_host("rpc_addr", text, kDefaultRpcPort)) {
                settled_.rpc_addr.push_back(without_place(text));
                continue;
            }
            const auto address = parse_server_address(text, "rpc-addr", kDefaultRpcPort);
            if (!address) {
                refuse("rpc_addr", text, address.error());
                continue;
            }
            const Endpoint* const endpoint = endpoint_of(*address);
            const bool any_port = endpoint != nullptr && endpoint->port == 0;
            if (!any_port && std::ranges::count(settled_.rpc_addr, *address) > 0) {
                refuse("rpc_addr", text, "each address once");
                continue;
            }
            settled_.rpc_addr.push_back(*address);
        }
        if (given_.rpc_addr.size() > kMostRpcAddresses) {
            refuse("rpc_addr", std::to_string(given_.rpc_addr.size()) + " addresses",
                   "at most " + std::to_string(kMostRpcAddresses));
        }
        settled_.rpc_auth = given_.rpc_auth;
        settled_.metrics_per_member = given_.metrics_per_member;
        // A stray line break in a token is almost always an accident, and no client would send it.
        if (given_.rpc_auth.find_first_of("\r\n") != std::string::npos) {
            refuse("rpc_auth", {"the token " + std::string{wire::stray_space(given_.rpc_auth)},
                                in_text(setting_of_flag("rpc-auth").allowed)});
        }
    }

    void http() {
        http_address();
        settled_.http_token = given_.http_token;
        // Of an HTTP header: its ends would be lost, and other characters refused.
        const bool visible =
            std::ranges::all_of(given_.http_token, [](char c) { return c > 0x20 && c < 0x7f; });
        if (!visible) {
            const std::string stray{wire::stray_space(given_.http_token)};
            refuse("http_token", {"the token " + (stray.empty() ? "has other characters" : stray),
                                  in_text(setting_of_flag("http-token").allowed)});
        }
        for (const std::string& name : given_.http_host) {
            if (!is_host_name(name)) refuse("http-host", name);
        }
        if (given_.http_host.size() > kMostHttpHosts) {
            refuse("http_host", std::to_string(given_.http_host.size()) + " names",
                   "at most " + std::to_string(kMostHttpHosts));
        }
        settled_.http_host = given_.http_host;
    }
    void http_address() {
        settled_.http_addr_is_default = given_.http_addr.empty();
        if (given_.http_addr.empty()) {
            settled_.http_addr = Endpoint::parse_address("127.0.0.1", kDefaultHttpPort);
            return;
        }
        if (given_.http_addr == "off") return;
        if (name_of_host("http_addr", given_.http_addr, kDefaultHttpPort)) {
            settled_.http_addr = without_place(given_.http_addr);
            return;
        }
        const auto address = parse_server_address(given_.http_addr, "http-addr", kDefaultHttpPort);
        if (!address) return refuse("http_addr", given_.http_addr, address.error());
        settled_.http_addr = *address;
        if (std::holds_alternative<UnixAddress>(*address) &&
            std::ranges::count(settled_.rpc_addr, *address) > 0) {
            refuse("http_addr", given_.http_addr, "another path than that of rpc_addr");
        }
    }

    void tls() {
        settled_.tls_verify_client = given_.tls_verify_client;
        auto loaded = load_tls({.certificate = given_.tls_cert,
                                .key = given_.tls_key,
                                .authorities = given_.tls_ca,
                                .verify_client = given_.tls_verify_client});
        if (!loaded) return refuse(loaded.error());
        settled_.credentials = std::move(*loaded);
        if (settled_.credentials) return;
        constexpr std::string_view kNeeds = "tls: only beside tls-cert and tls-key";
        for (const RpcAddress& address : settled_.rpc_addr) {
            if (!std::holds_alternative<TlsAddress>(address)) continue;
            return refuse("rpc_addr", to_string(address), std::string{kNeeds});
        }
        if (settled_.http_addr && std::holds_alternative<TlsAddress>(*settled_.http_addr)) {
            refuse("http_addr", to_string(*settled_.http_addr), std::string{kNeeds});
        }
    }

    void peers() {
        settled_.join = parse_peers("join", given_.join);
        settled_.retry_join = parse_peers("retry-join", given_.retry_join);
        // Serf counts the attempts after the first.
        constexpr unsigned most = std::numeric_limits<unsigned>::max();
        if (given_.retry_max > 0) settled_.retry_max = std::min(given_.retry_max, most - 1) + 1;
        settled_.replay = given_.replay;
    }
    std::vector<HostPort> parse_peers(const char* flag, const std::vector<std::string>& texts) {
        std::vector<HostPort> peers;
        for (const std::string& text : texts) {
            if (transport::seed_file_of(text)) {  // control clients may not name files
                peers.push_back({.name = {}, .host = text, .port = kDefaultGossipPort});
            } else if (auto peer = HostPort::parse(text, kDefaultGossipPort)) {
                peers.push_back(std::move(*peer));
            } else {
                refuse(flag, text);
            }
        }
        return peers;
    }

    void timings() {
        settled_.retry_interval = std::max(given_.retry_interval, kLeastWait);
        serf::Config& serf = settled_.serf;
        serf.broadcast_timeout = std::max(given_.broadcast_timeout, kLeastWait);
        serf.reconnect_interval = given_.reconnect_interval;
        serf.reconnect_timeout = given_.reconnect_timeout;
        serf.tombstone_timeout = given_.tombstone_timeout;

        membership::Config& core = serf.membership;
        core.dead_node_reclaim = given_.dead_node_reclaim;
        for (const Setting& setting : all_settings()) {
            const auto take = [&](const auto& timing) {
                const auto& given = given_.*timing.given;
                if (given) core.*timing.profile = *given;
            };
            if (const auto* t = std::get_if<OfProfile<Duration>>(&setting.target)) take(*t);
            if (const auto* n = std::get_if<OfProfile<unsigned>>(&setting.target)) take(*n);
            if (const auto* s = std::get_if<OfProfile<bool>>(&setting.target)) take(*s);
        }
        // The address is not known yet: a valid placeholder passes the check.
        core.address = WireAddress::v4(127, 0, 0, 1);
        core.port = core.bind_port = kDefaultGossipPort;
    }

    void handlers() {
        for (const std::string& text : given_.event_handlers) {
            if (auto script = EventScript::parse(text)) {
                settled_.event_handlers.push_back(std::move(*script));
            } else {
                refuse("event_handler", text, script.error());
            }
        }
        settled_.event_handler_timeout = given_.event_handler_timeout;
    }

    void keys() {
        if (!given_.encrypt.empty() && !given_.keyring_file.empty()) {
            refuse("encrypt", KeyringError{"Encryption key not allowed while using a keyring",
                                           "either encrypt or keyring_file"});
        }
        if (!given_.encrypt.empty()) {
            auto keyring = keyring_of(given_.encrypt);
            // Errors never show the key: they end up in logs.
            if (keyring) {
                settled_.keyring = std::move(*keyring);
            } else {
                refuse("encrypt", keyring.error());
            }
        }
        if (!given_.keyring_file.empty()) {
            auto keyring = load_keyring(given_.keyring_file);
            if (!keyring) return refuse("keyring_file", keyring.error());
            settled_.keyring = std::move(*keyring);
            settled_.keyring_file = given_.keyring_file;
            settled_.serf.confirm_key_changes = true;
        }
        encryption();
    }

    // Without a key nothing is sealed, whatever an operator believes.
    void encryption() {
        const bool keys = !settled_.keyring.empty();
        settled_.encryption =
            wire::parse_encryption(given_.encryption)
                .value_or(keys ? wire::Encryption::require : wire::Encryption::off);
        if (!keys && settled_.encryption != wire::Encryption::off && !is_refused("encrypt") &&
            !is_refused("keyring_file")) {
            refuse("encryption", given_.encryption,
                   "off, or a key besides (encrypt, keyring_file)");
        }
        settled_.serf.membership.layers.encryption = settled_.encryption;
    }

    void output() {
        if (const auto level = parse_level(given_.log_level)) {
            settled_.log_level = *level;
        } else {
            refuse("log-level", given_.log_level);
        }
        settled_.log_format = given_.log_format == "json" ? LogFormat::json : LogFormat::text;
        settled_.log_file = given_.log_file;
        settled_.log_rotate_bytes = given_.log_rotate_bytes;
        settled_.log_rotate_files = given_.log_rotate_files;
        const auto facility = parse_facility(given_.syslog_facility);
        if (!facility) refuse("syslog-facility", given_.syslog_facility);
        if (given_.syslog) settled_.syslog_facility = facility;
        settled_.leave_on_terminate = given_.leave_on_terminate;
        settled_.skip_leave_on_interrupt = given_.skip_leave_on_interrupt;
    }

    void samples() {
        settled_.sample_interval = given_.sample_interval;
        settled_.sample_root = given_.sample_root;
        if (!given_.sample_root.empty() && !given_.sample_root.starts_with('/')) {
            refuse("sample-root", given_.sample_root);
        }
    }

    const AgentConfig& given_;
    Settings settled_;
    std::vector<ConfigError> mistakes_;
};

}  // namespace

Settled settle_all(const AgentConfig& config) {
    return Settler{config}.run();
}

Result<Settings, ConfigError> settle(const AgentConfig& config) {
    Settled settled = settle_all(config);
    if (!settled.mistakes.empty()) return std::move(settled.mistakes.front());
    return std::move(settled.settings);
}

}  // namespace rollcall::agent

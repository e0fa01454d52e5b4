// SPDX-License-Identifier: Apache-2.0
#include "agent/config/listen_names.h"

#include <netdb.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <future>
#include <memory>
#include <thread>
#include <utility>

#include "base/duration_text.h"
#include "transport/addresses.h"

namespace rollcall::agent {
namespace {

constexpr std::size_t kLongestHostName = 253;

bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool of_a_host_name(char c) {
    return is_letter(c) || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
}

using Found = Result<std::vector<Endpoint>, std::string>;

Found ask_system(const std::string& host) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* list = nullptr;
    const int error = getaddrinfo(host.c_str(), nullptr, &hints, &list);
    if (error != 0) {
        return std::string{error == EAI_SYSTEM ? std::strerror(errno) : gai_strerror(error)};
    }
    std::vector<Endpoint> found;
    for (const addrinfo* entry = list; entry != nullptr; entry = entry->ai_next) {
        if (const auto endpoint = transport::to_endpoint(*entry->ai_addr)) {
            found.push_back(*endpoint);
        }
    }
    freeaddrinfo(list);
    if (found.empty()) return std::string{"it has no address"};
    return found;
}

// On a detached thread: a hanging resolver cannot be stopped.
std::future<Found> start_lookup(const HostLookup& lookup, const std::string& host) {
    std::promise<Found> promise;
    std::future<Found> found = promise.get_future();
    std::thread{[lookup, host, promise = std::move(promise)]() mutable {
        promise.set_value(lookup(host));
    }}.detach();
    return found;
}

// Bound to an IPv6 address an agent can advertise only IPv6; bound to [::], both families.
bool suits(const ListenName& name, const Endpoint& address, const Settings& settings) {
    if (is_no_host(address)) return false;
    if (name.field != "advertise") return true;
    if (address.is_unspecified()) return false;
    return settings.bind.is_v4() == address.is_v4() ||
           (!settings.bind.is_v4() && settings.bind.is_unspecified());
}

const Endpoint* first_that_suits(const ListenName& name, const std::vector<Endpoint>& addresses,
                                 const Settings& settings) {
    const Endpoint* best = nullptr;
    for (const Endpoint& address : addresses) {
        if (!suits(name, address, settings)) continue;
        if (best == nullptr || (address.is_v4() && !best->is_v4())) best = &address;
    }
    return best;
}

RpcAddress server_address(const ListenName& name, const Endpoint& address) {
    return name.tls ? RpcAddress{TlsAddress{address}} : RpcAddress{address};
}

void put(const ListenName& name, Endpoint address, Settings& settings) {
    address.port = name.port;
    if (name.field == "bind") {
        settings.bind = address;
    } else if (name.field == "advertise") {
        settings.advertise = address;
    } else if (name.field == "http_addr") {
        settings.http_addr = server_address(name, address);
    } else {
        settings.rpc_addr.at(name.index) = server_address(name, address);
    }
}

}  // namespace

bool is_host_name(std::string_view text) {
    return !text.empty() && text.size() <= kLongestHostName &&
           std::ranges::all_of(text, of_a_host_name);
}

std::optional<ListenName> parse_listen_name(std::string_view field, const std::string& text,
                                            std::uint16_t default_port) {
    const std::size_t colon = std::min(text.find(':'), text.size());
    const std::string host = text.substr(0, colon);
    std::uint16_t port = default_port;
    if (colon < text.size()) {  // port 0 is any free one
        const char* const end = text.data() + text.size();
        const auto [at, error] = std::from_chars(text.data() + colon + 1, end, port);
        if (error != std::errc{} || at != end) return {};
    }
    if (!host.empty() && !is_host_name(host)) return {};
    if (std::ranges::none_of(host, is_letter)) return {};
    return ListenName{.field = std::string{field}, .text = text, .host = host, .port = port};
}

HostLookup system_lookup() {
    return ask_system;
}

std::vector<ConfigError> find_listen_names(Settings& settings, const HostLookup& lookup,
                                           Duration limit) {
    const auto deadline = std::chrono::steady_clock::now() + limit;
    std::vector<std::future<Found>> lookups;
    for (const ListenName& name : settings.names)
        lookups.push_back(start_lookup(lookup, name.host));
    std::vector<ConfigError> errors;
    std::vector<ListenName> unknown;
    // In the order of the settings: bind first, since it decides what may be advertised.
    for (std::size_t i = 0; i < lookups.size(); ++i) {
        const ListenName& name = settings.names[i];
        const auto refused = [&](const std::string& why) {
            errors.push_back({name.field, name.text, "a name that resolves (" + why + ")"});
            unknown.push_back(name);
        };
        if (lookups[i].wait_until(deadline) != std::future_status::ready) {
            refused("no answer within " + duration_text(limit));
            continue;
        }
        const Found found = lookups[i].get();
        const Endpoint* const address = found ? first_that_suits(name, *found, settings) : nullptr;
        if (!found) {
            refused(found.error());
        } else if (address == nullptr) {
            refused("it has no address that can be used here");
        } else {
            put(name, *address, settings);
        }
    }
    settings.names = std::move(unknown);
    return errors;
}

}  // namespace rollcall::agent

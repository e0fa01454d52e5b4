// SPDX-License-Identifier: Apache-2.0
#include "transport/look_up.h"

#include <netdb.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "transport/addresses.h"
#include "transport/seed_file.h"
#include "transport/srv.h"

namespace rollcall::transport {
namespace {

constexpr std::size_t kMostTargets = 16;  // of one service

Found find_name(const HostPort& asked) {
    addrinfo hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;  // or each address comes three times
    const auto is_ascii = [](char c) { return static_cast<unsigned char>(c) < 0x80; };
    if (!std::ranges::all_of(asked.host, is_ascii)) hints.ai_flags = AI_IDN;
    addrinfo* list = nullptr;
    const int error = getaddrinfo(asked.host.c_str(), nullptr, &hints, &list);
    if (error != 0) return {.error = cannot_resolve(asked.host, gai_strerror(error))};
    const std::unique_ptr<addrinfo, void (*)(addrinfo*)> freed{list, freeaddrinfo};
    Found found;
    for (const addrinfo* each = list; each != nullptr; each = each->ai_next) {
        if (each->ai_addr == nullptr) continue;
        auto endpoint = to_endpoint(*each->ai_addr);
        if (!endpoint) continue;
        endpoint->port = asked.port;
        found.endpoints.push_back(*endpoint);
    }
    if (found.endpoints.empty()) found.error = cannot_resolve(asked.host, "it has no address");
    return found;
}

Found find_service(const std::string& service, const std::optional<Endpoint>& name_server) {
    const auto targets = ask_for_service(service, kMostTargets, name_server);
    if (!targets) return {.error = cannot_resolve(service, targets.error().why)};
    Found found;
    for (const SrvTarget& target : *targets) {
        found.hosts.push_back({.name = "", .host = target.host, .port = target.port});
    }
    return found;
}

Found find_seeds(const std::string& path, std::uint16_t default_port) {
    auto seeds = read_seed_file(path, default_port);
    if (!seeds) return {.error = seeds.error().why};
    return {.hosts = *std::move(seeds)};
}

}  // namespace

Found look_up(const HostPort& asked, const std::optional<Endpoint>& name_server) {
    if (const auto service = service_of(asked.host)) {
        return find_service(std::string{*service}, name_server);
    }
    if (const auto path = seed_file_of(asked.host)) {
        return find_seeds(std::string{*path}, asked.port);
    }
    return find_name(asked);
}

std::string cannot_resolve(const std::string& host, const std::string& why) {
    return "cannot resolve \"" + host + "\": " + why;
}

}  // namespace rollcall::transport

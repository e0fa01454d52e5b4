// SPDX-License-Identifier: Apache-2.0
#include "transport/resolver.h"

#include <netdb.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "transport/addresses.h"
#include "transport/seed_file.h"
#include "transport/srv.h"
#include "transport/uv_handle.h"

namespace rollcall::transport {

// Lives until its thread is done, which may be long after its look-up was given up.
struct Resolver::Request {
    union {
        uv_req_t any;
        uv_getaddrinfo_t name;
        uv_work_t work;
    } uv{};
    Lookup* lookup = nullptr;
    // What is no plain name: how a thread finds it, and what it found.
    std::function<Answer()> find;
    std::optional<Answer> found;
};

struct Resolver::Lookup {
    Lookup(Resolver& resolver, LookupId which) : owner{resolver}, id{which} {}
    ~Lookup() {
        if (running == nullptr) return;
        running->lookup = nullptr;
        uv_cancel(&running->uv.any);  // helps only while it waits
    }
    Lookup(const Lookup&) = delete;
    Lookup& operator=(const Lookup&) = delete;

    Resolver& owner;
    LookupId id;
    std::string host;
    std::uint16_t port = 0;
    OnAnswer answer;
    Request* running = nullptr;
    // Fires at the time-out, or at once when the answer is known without asking.
    UvHandle<uv_timer_t, Lookup> timer;
    std::optional<Answer> known;
};

namespace {

std::vector<Endpoint> endpoints_of(const addrinfo* list, std::uint16_t port, std::size_t most) {
    std::vector<Endpoint> endpoints;
    for (; list != nullptr && endpoints.size() < most; list = list->ai_next) {
        if (list->ai_addr == nullptr) continue;
        auto endpoint = to_endpoint(*list->ai_addr);
        if (!endpoint) continue;
        endpoint->port = port;
        if (std::find(endpoints.begin(), endpoints.end(), *endpoint) == endpoints.end()) {
            endpoints.push_back(*endpoint);
        }
    }
    return endpoints;
}

std::string cannot_resolve(const std::string& host, const std::string& why) {
    return "cannot resolve \"" + host + "\": " + why;
}

constexpr std::size_t kMostTargets = 16;  // of one service

// What a thread finds that may wait. `host` is an address, a name or a service.
using Endpoints = std::vector<Endpoint>;

// Each once, and no more than allowed.
void add_new(Endpoints& all, const Endpoints& found, std::size_t most) {
    for (const Endpoint& endpoint : found) {
        if (all.size() < most && std::ranges::find(all, endpoint) == all.end()) {
            all.push_back(endpoint);
        }
    }
}

Endpoints find_name(const std::string& host, std::uint16_t port, std::size_t most) {
    if (const auto literal = Endpoint::parse_address(host, port)) return {*literal};
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* list = nullptr;
    if (getaddrinfo(host.c_str(), nullptr, &hints, &list) != 0) return {};
    const std::unique_ptr<addrinfo, void (*)(addrinfo*)> freed{list, freeaddrinfo};
    return endpoints_of(list, port, most);
}

Resolver::Answer find_service(const std::string& service, const Resolver::Limits& limits) {
    const auto targets = ask_for_service(service, kMostTargets, limits.name_server);
    if (!targets) return cannot_resolve(service, targets.error().why);
    Endpoints all;
    for (const SrvTarget& target : *targets) {
        add_new(all, find_name(target.host, target.port, limits.max_addresses),
                limits.max_addresses);
    }
    if (all.empty()) return cannot_resolve(service, "none of its hosts has an address");
    return all;
}

// One seed of a file that nobody knows keeps no other out.
Resolver::Answer find_seeds_of(const std::string& path, std::uint16_t default_port,
                               const Resolver::Limits& limits) {
    const auto seeds = read_seed_file(path, default_port);
    if (!seeds) return seeds.error().why;
    Endpoints all;
    for (const HostPort& seed : *seeds) {
        const auto service = service_of(seed.host);
        if (!service) {
            add_new(all, find_name(seed.host, seed.port, limits.max_addresses),
                    limits.max_addresses);
        } else if (const auto found = find_service(std::string{*service}, limits)) {
            add_new(all, *found, limits.max_addresses);
        }
    }
    if (all.empty()) return path + ": none of its seeds has an address";
    return all;
}

}  // namespace

// These answer a libuv error, or 0; then libuv owns the request.
int Resolver::ask(Request& request, const std::string& host, std::uint16_t port) {
    if (const auto service = service_of(host)) {
        return ask_slowly(request, [name = std::string{*service}, limits = limits_] {
            return find_service(name, limits);
        });
    }
    if (const auto path = seed_file_of(host)) {
        return ask_slowly(request, [path = std::string{*path}, port, limits = limits_] {
            return find_seeds_of(path, port, limits);
        });
    }
    return ask_name(request, host);
}

int Resolver::ask_name(Request& request, const std::string& host) {
    addrinfo hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;  // or each address comes three times
    request.uv.name.data = &request;
    return uv_getaddrinfo(
        &loop_, &request.uv.name,
        [](uv_getaddrinfo_t* name, int status, addrinfo* list) {
            const std::unique_ptr<addrinfo, void (*)(addrinfo*)> freed_list{list, uv_freeaddrinfo};
            const std::unique_ptr<Request> freed{static_cast<Request*>(name->data)};
            if (freed->lookup == nullptr) return;
            Lookup& found = *freed->lookup;
            found.running = nullptr;
            if (status != 0) {
                return found.owner.finish(found.id,
                                          cannot_resolve(found.host, uv_strerror(status)));
            }
            auto endpoints = endpoints_of(list, found.port, found.owner.limits_.max_addresses);
            if (endpoints.empty()) {
                return found.owner.finish(found.id,
                                          cannot_resolve(found.host, "it has no address"));
            }
            found.owner.finish(found.id, std::move(endpoints));
        },
        host.c_str(), nullptr, &hints);
}

int Resolver::ask_slowly(Request& request, std::function<Answer()> find) {
    request.find = std::move(find);
    request.uv.work.data = &request;
    return uv_queue_work(
        &loop_, &request.uv.work,
        [](uv_work_t* work) {
            auto& asked = *static_cast<Request*>(work->data);
            asked.found = asked.find();
        },
        [](uv_work_t* work, int status) {
            const std::unique_ptr<Request> freed{static_cast<Request*>(work->data)};
            if (freed->lookup == nullptr) return;
            Lookup& found = *freed->lookup;
            found.running = nullptr;
            found.owner.finish(found.id, status == 0
                                             ? *std::move(freed->found)
                                             : cannot_resolve(found.host, uv_strerror(status)));
        });
}

Resolver::Resolver(uv_loop_t& loop, Limits limits) : loop_{loop}, limits_{limits} {}
Resolver::~Resolver() = default;

LookupId Resolver::resolve(const std::string& host, std::uint16_t port, OnAnswer answer) {
    const LookupId id{next_++};
    auto lookup = std::make_unique<Lookup>(*this, id);
    lookup->host = host;
    lookup->port = port;
    lookup->answer = std::move(answer);
    if (const auto literal = Endpoint::parse_address(host, port)) {
        lookup->known = std::vector{*literal};
    } else if (lookups_.size() >= limits_.max_pending) {
        lookup->known = cannot_resolve(
            host, "too many look-ups at once (" + std::to_string(limits_.max_pending) + ")");
    } else {
        auto request = std::make_unique<Request>();
        const int error = ask(*request, host, port);
        if (error == 0) {
            request->lookup = lookup.get();
            lookup->running = request.release();
        } else {
            lookup->known = cannot_resolve(host, uv_strerror(error));
        }
    }
    static_cast<void>(
        lookup->timer.init(*lookup, [&](uv_timer_t* t) { return uv_timer_init(&loop_, t); }));
    const auto wait = std::chrono::ceil<std::chrono::milliseconds>(limits_.timeout);
    uv_update_time(&loop_);
    uv_timer_start(
        lookup->timer.get(),
        [](uv_timer_t* timer) {
            auto* found = UvHandle<uv_timer_t, Lookup>::owner_of(timer);
            if (found == nullptr) return;
            auto known = found->known ? *std::move(found->known)
                                      : Answer{cannot_resolve(found->host, "no answer in time")};
            found->owner.finish(found->id, std::move(known));
        },
        lookup->known ? 0 : static_cast<std::uint64_t>(wait.count()), 0);
    lookups_.emplace(id.value(), std::move(lookup));
    return id;
}

// The callback may destroy the resolver: nothing of ours is touched after it.
void Resolver::finish(LookupId id, Answer answer) {
    auto lookup = std::move(lookups_.at(id.value()));
    lookups_.erase(id.value());
    const OnAnswer told = std::move(lookup->answer);
    lookup.reset();
    if (told) told(std::move(answer));
}

void Resolver::cancel(LookupId id) {
    lookups_.erase(id.value());
}

}  // namespace rollcall::transport

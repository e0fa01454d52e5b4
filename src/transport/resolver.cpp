// SPDX-License-Identifier: Apache-2.0
#include "transport/resolver.h"

#include <netdb.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "transport/addresses.h"
#include "transport/uv_handle.h"

namespace rollcall::transport {

// Lives until getaddrinfo ends, which may be long after its look-up was given up.
struct Resolver::Request {
    uv_getaddrinfo_t request{};
    Lookup* lookup = nullptr;
};

struct Resolver::Lookup {
    Lookup(Resolver& resolver, LookupId which) : owner{resolver}, id{which} {}
    ~Lookup() {
        if (running == nullptr) return;
        running->lookup = nullptr;
        uv_cancel(reinterpret_cast<uv_req_t*>(&running->request));  // helps only while it waits
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

}  // namespace

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
        addrinfo hints{};
        hints.ai_family = AF_UNSPEC;
        hints.ai_socktype = SOCK_STREAM;  // or each address comes three times
        auto request = std::make_unique<Request>();
        const int error = uv_getaddrinfo(
            &loop_, &request->request,
            [](uv_getaddrinfo_t* raw_request, int status, addrinfo* list) {
                const std::unique_ptr<addrinfo, void (*)(addrinfo*)> freed_list{list,
                                                                                uv_freeaddrinfo};
                const std::unique_ptr<Request> freed{reinterpret_cast<Request*>(raw_request)};
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

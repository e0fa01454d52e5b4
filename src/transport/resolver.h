// SPDX-License-Identifier: Apache-2.0
//
// Names to endpoints, off the loop: getaddrinfo runs on libuv's thread pool. Gives all addresses of
// a name, IPv4 and IPv6, in the system's order; of a service ("srv+_rollcall._udp.example.org",
// transport/srv.h) those of its hosts, with their ports; of a file of seeds
// ("file+/etc/rollcall/seeds", transport/seed_file.h) those of all its seeds. Literal addresses do
// not wait behind a dead name server. No caching beyond the system's own. The loop's thread.
#pragma once

#include <uv.h>

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/endpoint.h"
#include "base/result.h"
#include "base/strong.h"
#include "base/time.h"

namespace rollcall::transport {

struct LookupId : Strong<struct LookupIdTag, std::uint64_t> {
    using Strong::Strong;
};

class Resolver {
public:
    struct Limits {
        std::size_t max_addresses = 64;  // of one name; the rest is left out
        std::size_t max_pending = 64;    // look-ups at once; beyond, an error
        // Then the answer is an error. What asks cannot be stopped and ends in its own time; until
        // then it holds one of the thread pool's (four) threads.
        Duration timeout = std::chrono::seconds{10};
        std::optional<Endpoint> name_server = {};  // for services; none: the system's
    };
    // At least one endpoint, or a text that names the host and the cause.
    using Answer = Result<std::vector<Endpoint>, std::string>;
    using OnAnswer = std::function<void(Answer)>;

    explicit Resolver(uv_loop_t& loop) : Resolver{loop, Limits{}} {}
    Resolver(uv_loop_t& loop, Limits limits);
    ~Resolver();  // cancels all. A running getaddrinfo keeps the loop alive until it ends
    Resolver(const Resolver&) = delete;
    Resolver& operator=(const Resolver&) = delete;

    // Answers once, never inside this call. `host` is a name, a service, or an address without
    // brackets; a service's hosts have ports of their own, and `port` is not used.
    LookupId resolve(const std::string& host, std::uint16_t port, OnAnswer answer);
    // No answer comes. Unknown and finished ids are no error.
    void cancel(LookupId id);
    [[nodiscard]] std::size_t pending() const { return lookups_.size(); }

private:
    struct Request;
    struct Lookup;
    int ask(Request& request, const std::string& host, std::uint16_t port);
    int ask_name(Request& request, const std::string& host);
    int ask_slowly(Request& request, std::function<Answer()> find);
    void finish(LookupId id, Answer answer);

    uv_loop_t& loop_;
    const Limits limits_;
    std::uint64_t next_ = 1;
    std::unordered_map<std::uint64_t, std::unique_ptr<Lookup>> lookups_;
};

}  // namespace rollcall::transport

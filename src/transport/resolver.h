// SPDX-License-Identifier: Apache-2.0
//
// Names to endpoints, off the loop. Gives all addresses of a name, IPv4 and IPv6, in the system's
// order; of a service ("srv+_rollcall._udp.example.org", transport/srv.h) those of its hosts, with
// their ports; of a file of seeds ("file+/etc/rollcall/seeds", transport/seed_file.h) those of all
// its seeds.
//
// Nothing waits behind a name server that does not answer: literal addresses need no look-up; each
// question has a separate thread, and shares none with the disk; when one hangs for longer than
// `patience`, the next starts; a name is looked up once at a time, however many requests there are;
// and names that hung last time go last. No caching beyond the system's. The loop's thread.
#pragma once

#include <uv.h>

#include <chrono>
#include <cstddef>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/endpoint.h"
#include "base/result.h"
#include "base/strong.h"
#include "base/time.h"
#include "transport/look_up.h"
#include "transport/lookup_threads.h"
#include "transport/uv_timer.h"

namespace rollcall::transport {

struct LookupId : Strong<struct LookupIdTag, std::uint64_t> {
    using Strong::Strong;
};

class Resolver {
public:
    struct Limits {
        std::size_t max_addresses = 64;  // of one look-up; the rest is left out
        std::size_t max_pending = 1024;  // look-ups at once; beyond, an error
        std::size_t max_turns = 8;       // questions at once that do not hang yet
        std::size_t max_threads = 64;    // questions at once, with those that hang
        std::size_t max_doubtful = 16;   // of them, names that hung last time
        Duration patience = std::chrono::seconds{1};
        // After it the answer is what was found so far, or an error. The thread cannot be stopped
        // and stays until its look-up returns.
        Duration timeout = std::chrono::seconds{10};
        std::optional<Endpoint> name_server = {};  // for services; none: the system's
    };
    // At least one endpoint, or an error text with the host and the cause.
    using Answer = Result<std::vector<Endpoint>, std::string>;
    using OnAnswer = std::function<void(Answer)>;
    // Partial results: all endpoints so far, whenever there are more and the look-up goes on.
    using OnSome = std::function<void(const std::vector<Endpoint>&)>;
    // Runs on a thread, and may block for long.
    using Find = std::function<Found(const HostPort&)>;

    explicit Resolver(uv_loop_t& loop) : Resolver{loop, Limits{}} {}
    Resolver(uv_loop_t& loop, Limits limits);
    Resolver(uv_loop_t& loop, Limits limits, Find find);
    ~Resolver();  // cancels all
    Resolver(const Resolver&) = delete;
    Resolver& operator=(const Resolver&) = delete;

    // Answers once, never inside this call. `host` is a name, a service, a file, or an address
    // without brackets; the hosts of a service or a file have ports of their own, and `port` is
    // that of those that name none.
    LookupId resolve(const std::string& host, std::uint16_t port, OnAnswer answer,
                     OnSome some = {});
    // No answer comes. Unknown and finished ids are no error.
    void cancel(LookupId id);
    [[nodiscard]] std::size_t pending() const { return lookups_.size(); }

private:
    struct Lookup;
    // The look-up of one thread, for all requests that wait for it.
    struct Question {
        HostPort host;
        struct Waiting {
            LookupId lookup;
            unsigned depth = 0;
            std::uint64_t order = 0;  // of its addresses in the answer: that of the hosts
        };
        std::vector<Waiting> waiting;
        std::optional<Time> asked;  // none: not started yet
    };
    using Questions = std::list<Question>;

    void want(const Question::Waiting& by, const HostPort& host);
    void ask_more();
    [[nodiscard]] Questions::iterator next_question(std::size_t doubtful);
    void ask(Questions::iterator question);
    void answered(Questions::iterator question, const Found& found);
    void handle_answer(const Question::Waiting& waiting, const Found& found);
    void timed_out(Lookup& lookup);
    void finish(Lookup& lookup);
    void finish(LookupId id, Answer answer);
    void forget(const Lookup& lookup);
    [[nodiscard]] bool is_doubtful(const Question& question) const {
        return hung_.contains(question.host.host);
    }

    uv_loop_t& loop_;
    const Limits limits_;
    const Find find_;
    std::uint64_t next_ = 1;
    std::unordered_map<std::uint64_t, std::unique_ptr<Lookup>> lookups_;
    Questions questions_;         // in the order in which they came
    std::set<std::string> hung_;  // names that gave no answer in time when last asked for
    Timer<Resolver> patience_;
    std::shared_ptr<const bool> here_ = std::make_shared<const bool>(true);
    LookupThreads threads_;
};

}  // namespace rollcall::transport

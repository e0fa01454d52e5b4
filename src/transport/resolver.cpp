// SPDX-License-Identifier: Apache-2.0
#include "transport/resolver.h"

#include <algorithm>
#include <utility>

#include "transport/clock.h"

namespace rollcall::transport {
namespace {

constexpr unsigned kDeepest = 2;           // a file names a service, a service names hosts
constexpr std::uint64_t kMostHosts = 128;  // of one file or service, and more
constexpr std::size_t kMostHung = 1024;
constexpr std::size_t kNamesTold = 3;

}  // namespace

struct Resolver::Lookup {
    Lookup(Resolver& resolver, LookupId which) : owner{resolver}, id{which} {}
    void due() { owner.timed_out(*this); }

    Resolver& owner;
    LookupId id;
    std::string host;
    OnAnswer answer;
    OnSome some;
    unsigned open = 0;  // questions not answered yet
    struct Address {
        std::uint64_t order = 0;
        Endpoint endpoint;
    };
    [[nodiscard]] std::vector<Endpoint> in_order() const {
        std::vector<Endpoint> all;
        for (const Address& each : found) {
            if (all.size() == owner.limits_.max_addresses) break;
            if (std::ranges::find(all, each.endpoint) == all.end()) all.push_back(each.endpoint);
        }
        return all;
    }
    void add(std::uint64_t order, const std::vector<Endpoint>& endpoints) {
        const std::size_t most = std::min(endpoints.size(), owner.limits_.max_addresses);
        for (std::size_t i = 0; i < most; ++i) found.push_back({order, endpoints[i]});
        std::ranges::stable_sort(found, {}, &Address::order);
    }
    std::vector<Address> found;
    std::string error;     // the first
    bool several = false;  // a service or a file: one error does not fail the whole
    bool known = false;    // no question needed: the timer only defers the answer
    // Fires at the time-out, or at once when the answer needs no question.
    Timer<Lookup> timer;
};

Resolver::Resolver(uv_loop_t& loop, Limits limits)
    : Resolver{loop, limits, [server = limits.name_server](const HostPort& host) {
                   return look_up(host, server);
               }} {}

Resolver::Resolver(uv_loop_t& loop, Limits limits, Find find)
    : loop_{loop}, limits_{limits}, find_{std::move(find)}, threads_{loop} {
    patience_.init(*this, loop_);
}
Resolver::~Resolver() = default;

LookupId Resolver::resolve(const std::string& host, std::uint16_t port, OnAnswer answer,
                           OnSome some) {
    const LookupId id{next_++};
    const bool full = lookups_.size() >= limits_.max_pending;
    Lookup& lookup =
        *lookups_.emplace(id.value(), std::make_unique<Lookup>(*this, id)).first->second;
    lookup.host = host;
    lookup.answer = std::move(answer);
    lookup.some = std::move(some);
    lookup.timer.init(lookup, loop_);
    if (const auto literal = Endpoint::parse_address(host, port)) {
        lookup.add(0, {*literal});
    } else if (full) {
        lookup.error = cannot_resolve(
            host, "too many look-ups at once (" + std::to_string(limits_.max_pending) + ")");
    } else {
        want({.lookup = id}, {.name = "", .host = host, .port = port});
    }
    lookup.known = lookup.open == 0;
    lookup.timer.start<&Lookup::due>(lookup.known ? Duration{0} : limits_.timeout);
    ask_more();
    return id;
}

void Resolver::cancel(LookupId id) {
    const auto lookup = lookups_.find(id.value());
    if (lookup == lookups_.end()) return;
    forget(*lookup->second);
    lookups_.erase(lookup);
}

// --- questions -----------------------------------------------------------------------------------

void Resolver::want(const Question::Waiting& by, const HostPort& host) {
    ++lookups_.at(by.lookup.value())->open;
    const auto same = std::ranges::find_if(questions_, [&](const Question& q) {
        return q.host.host == host.host && q.host.port == host.port;
    });
    if (same != questions_.end()) {
        same->waiting.push_back(by);
    } else {
        questions_.push_back({.host = host, .waiting = {by}, .asked = {}});
    }
}

// A look-up that hangs keeps its thread and gives up its turn.
void Resolver::ask_more() {
    const Time now = clock_now();
    std::size_t threads = 0, turns = 0, doubtful = 0;
    std::optional<Time> next_turn;
    for (const Question& question : questions_) {
        if (!question.asked) continue;
        ++threads;
        if (is_doubtful(question)) ++doubtful;
        const Time until = *question.asked + limits_.patience;
        if (until <= now) continue;
        ++turns;
        next_turn = next_turn ? std::min(*next_turn, until) : until;
    }
    bool more_wait = false;
    for (;;) {
        const auto question = next_question(doubtful);
        if (question == questions_.end()) break;
        if (threads >= limits_.max_threads || turns >= limits_.max_turns) {
            more_wait = true;
            break;
        }
        ++threads;
        ++turns;
        if (is_doubtful(*question)) ++doubtful;
        next_turn =
            next_turn ? std::min(*next_turn, now + limits_.patience) : now + limits_.patience;
        ask(question);
    }
    if (!patience_) return;
    patience_.stop();
    if (more_wait && next_turn) patience_.start<&Resolver::ask_more>(*next_turn - now);
}

// Those that hung last time go last, and not all at once.
Resolver::Questions::iterator Resolver::next_question(std::size_t doubtful) {
    const auto first = std::ranges::find_if(questions_, [&](const Question& question) {
        return !question.asked && !is_doubtful(question);
    });
    if (first != questions_.end() || doubtful >= limits_.max_doubtful) return first;
    return std::ranges::find_if(questions_,
                                [](const Question& question) { return !question.asked; });
}

// The answer always comes from the loop, never inside this call.
void Resolver::ask(Questions::iterator question) {
    question->asked = clock_now();
    const bool asked = threads_.run([this, question, find = find_, host = question->host] {
        Found found = find(host);
        return [this, question, found = std::move(found)] { answered(question, found); };
    });
    if (asked) return;
    // The look-ups that wait for it end at their time-out.
    for (const Question::Waiting& waiting : question->waiting) {
        const auto lookup = lookups_.find(waiting.lookup.value());
        if (lookup != lookups_.end() && lookup->second->error.empty()) {
            lookup->second->error = cannot_resolve(question->host.host, "cannot start a thread");
        }
    }
    question->waiting.clear();
    questions_.erase(question);
}

void Resolver::answered(Questions::iterator question, const Found& found) {
    const Question done = std::move(*question);
    questions_.erase(question);
    if (clock_now() - *done.asked < limits_.timeout) {
        hung_.erase(done.host.host);
    } else if (hung_.size() < kMostHung) {
        hung_.insert(done.host.host);
    }
    const std::weak_ptr<const bool> here = here_;
    for (const Question::Waiting& waiting : done.waiting) {
        handle_answer(waiting, found);
        if (here.expired()) return;
    }
    ask_more();
}

void Resolver::handle_answer(const Question::Waiting& waiting, const Found& found) {
    const auto known = lookups_.find(waiting.lookup.value());
    if (known == lookups_.end()) return;
    Lookup& lookup = *known->second;
    const std::size_t had = lookup.found.size();
    lookup.add(waiting.order, found.endpoints);
    std::uint64_t order = waiting.order * kMostHosts;
    for (const HostPort& host : found.hosts) {
        lookup.several = true;
        ++order;
        if (const auto literal = Endpoint::parse_address(host.host, host.port)) {
            lookup.add(order, {*literal});
        } else if (waiting.depth < kDeepest) {
            want({.lookup = lookup.id, .depth = waiting.depth + 1, .order = order}, host);
        }
    }
    if (lookup.error.empty()) lookup.error = found.error;
    if (--lookup.open == 0) return finish(lookup);
    if (lookup.found.size() > had && lookup.some) {
        const OnSome some = lookup.some;  // it may cancel its look-up
        some(lookup.in_order());
    }
}

// --- the end of a look-up ------------------------------------------------------------------------

void Resolver::timed_out(Lookup& lookup) {
    if (lookup.known) return finish(lookup);
    std::vector<std::string> hang;
    std::size_t more = 0;
    bool own_hangs = false;
    for (const Question& question : questions_) {
        if (!question.asked) continue;
        const auto is_ours = [&](const Question::Waiting& w) { return w.lookup == lookup.id; };
        const bool ours = std::ranges::any_of(question.waiting, is_ours);
        if (ours) {
            own_hangs = true;
            const bool had_time = clock_now() - *question.asked >= limits_.patience;
            if (had_time && hung_.size() < kMostHung) hung_.insert(question.host.host);
        } else if (hang.size() < kNamesTold) {
            hang.push_back(question.host.host);
        } else {
            ++more;
        }
    }
    if (lookup.error.empty() && lookup.found.empty()) {
        std::string why = "no answer in time";
        if (!own_hangs) {  // other look-ups are the cause
            why = "look-up not started, since other look-ups hang:";
            for (const std::string& name : hang) why += (name == hang[0] ? " " : ", ") + name;
            if (more > 0) why += " and " + std::to_string(more) + " more";
        }
        lookup.error = cannot_resolve(lookup.host, why);
    }
    forget(lookup);
    finish(lookup);
}

void Resolver::finish(Lookup& lookup) {
    if (!lookup.found.empty()) return finish(lookup.id, lookup.in_order());
    finish(lookup.id, lookup.several ? lookup.host + ": none of its hosts has an address (" +
                                           lookup.error + ")"
                                     : lookup.error);
}

// The callback may destroy the resolver: no member is used after it.
void Resolver::finish(LookupId id, Answer answer) {
    auto lookup = std::move(lookups_.at(id.value()));
    lookups_.erase(id.value());
    const OnAnswer on_answer = std::move(lookup->answer);
    lookup.reset();
    if (on_answer) on_answer(std::move(answer));
}

// Drops its questions that no other look-up waits for, unless they were asked already.
void Resolver::forget(const Lookup& lookup) {
    for (Question& question : questions_) {
        std::erase_if(question.waiting,
                      [&](const Question::Waiting& w) { return w.lookup == lookup.id; });
    }
    questions_.remove_if([](const Question& q) { return !q.asked && q.waiting.empty(); });
}

}  // namespace rollcall::transport

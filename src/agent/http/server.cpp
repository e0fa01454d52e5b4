// SPDX-License-Identifier: Apache-2.0
#include "agent/http/server.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "transport/clock.h"

namespace rollcall::agent::http {
namespace {

constexpr Duration kSecond = std::chrono::seconds{1};
constexpr Duration kClosingLook = std::chrono::milliseconds{20};

}  // namespace

Server::Server(Parts parts)
    : Client{Rank::http},
      parts_{std::move(parts)},
      hosts_{parts_.host_names},
      places_{parts_.limits},
      door_{
          {.limits = parts_.limits,
           .stats = stats_,
           .places = places_,
           .refuses = [this](const Head& head,
                             const std::optional<Endpoint>& local) { return refuses(head, local); },
           .admit = [this](Admitted client) { admit(std::move(client)); }}} {}

Server::~Server() = default;

Result<RpcAddress, ListenError> Server::listen(const RpcAddress& at) {
    auto bound = door_.listen(at);
    if (!bound) return bound;
    if (auto error = open()) return ListenError{.text = std::move(*error)};
    return bound;
}

std::optional<std::string> Server::open() {
    auto engine = Engine::start(
        {.limits = parts_.limits, .stats = stats_, .budget = budget_, .handle = parts_.handle});
    if (!engine) return engine.error();
    engine_ = std::move(*engine);
    if (auto error = watch_descriptors()) return error;
    open_ = true;
    return {};
}

void Server::admit(OwnedFd socket, const Endpoint& local, const Endpoint& from) {
    if (!open_ || closing_) return;
    door_.enter(transport::clock_now(), std::move(socket), local, from.address_to_string());
    after_poll_.request();
}

std::optional<std::string> Server::watch_descriptors() {
    int error = after_poll_.init(parts_.loop, [this] { polled(); });
    if (error == 0) error = watch(door_poll_, door_.descriptor());
    if (error == 0) error = watch(engine_poll_, engine_->descriptor());
    if (error != 0) return std::string{"HTTP: "} + uv_strerror(error);
    seconds_.init(*this, parts_.loop);
    return {};
}

int Server::watch(Poll& poll, int descriptor) {
    const int error =
        poll.init(*this, [&](uv_poll_t* h) { return uv_poll_init(&parts_.loop, h, descriptor); });
    if (error != 0) return error;
    return start(poll);
}

int Server::start(const Poll& poll) {
    return uv_poll_start(poll.get(), UV_READABLE, [](uv_poll_t* handle, int, int) {
        if (Server* owner = Poll::owner_of(handle)) owner->after_poll_.request();
    });
}

void Server::watch(bool on) {
    if (watching_ == on) return;
    watching_ = on;
    for (const Poll* poll : {&door_poll_, &engine_poll_}) {
        if (!*poll) continue;
        on ? static_cast<void>(start(*poll)) : static_cast<void>(uv_poll_stop(poll->get()));
    }
}

// --- requests
// -------------------------------------------------------------------------------------

std::optional<Refusal> Server::refuses(const Head& head,
                                       const std::optional<Endpoint>& local) const {
    const auto target = parse_target(head.target);
    if (!target) return Refusal{400, target.error(), Refused::malformed};
    const auto foreign = [&](std::string_view host) { return !hosts_.allows(host, local); };
    const std::string* const host = head.find("host");  // HTTP/1.0 has none, and no browser uses it
    if ((host != nullptr && foreign(*host)) || (target->authority && foreign(*target->authority))) {
        return Refusal{421,
                       "the Host is not localhost, an address of this agent or one of --http-host",
                       Refused::host};
    }
    return {};
}

void Server::admit(Admitted client) {
    auto target = parse_target(client.head.target);
    engine_->admit(std::move(client), std::move(*target));
}

// After the loop has read its sockets: packets first.
void Server::polled() {
    if (!open_) return;
    parts_.turns.ask(*this);
    watch(!parts_.turns.waits(*this));
}

bool Server::take_turn(Time end) {
    if (!open_) return false;
    ++stats_.turns;
    const Time now = transport::clock_now();
    // Half of it each: neither may leave nothing to the other.
    const Duration half = std::max<Duration>(end - now, {}) / 2;
    if (!closing_) {
        budget_.begin(half);
        door_.turn(now, budget_);
    }
    budget_.begin(half);
    engine_->turn();
    const bool more = engine_->has_work();
    if (more) ++stats_.turns_cut;
    watch(!more);
    if (closing_) {
        finish_if_idle();
        return more && open_;
    }
    if (!ticking_) tick(kSecond);
    return more;
}

void Server::tick(Duration wait) {
    ticking_ = true;
    seconds_.start<&Server::second_passed>(wait);
}

void Server::second_passed() {
    const Time now = transport::clock_now();
    if (closing_) return finish_if_idle();
    ticking_ = places_.taken() > 0;
    door_.check_deadlines(now);
    engine_->check_deadlines(now);
    if (engine_->connections() > 0) after_poll_.request();  // the library's own limits of time
    log_refusals();
    if (ticking_) tick(kSecond);
}

// One line a minute at most: clients decide how many there are.
void Server::log_refusals() {
    std::uint64_t all = 0;
    for (const std::uint64_t count : stats_.refused) all += count;
    if (all == refused_logged_ || !complaints_.pass(transport::clock_now())) return;
    std::string text = "HTTP requests refused since the start:";
    for (std::size_t cause = 0; cause < stats_.refused.size(); ++cause) {
        if (stats_.refused.at(cause) == 0) continue;
        text += " " + std::string{kRefusedNames.at(cause)} + " " +
                std::to_string(stats_.refused.at(cause));
    }
    parts_.log.write(Level::info, "http", "http-refused", text, {{"refused", all}});
    refused_logged_ = all;
}

// --- the end
// --------------------------------------------------------------------------------------

void Server::close(Duration limit, std::function<void()> closed) {
    closed_ = std::move(closed);
    if (!open_) return finish();
    closing_ = true;
    watch(true);
    close_by_ = transport::clock_now() + limit;
    door_poll_.close();
    door_.close();
    engine_->end_event_streams();
    after_poll_.request();
    tick(kClosingLook);
}

void Server::finish_if_idle() {
    if (!open_) return;
    if (engine_->connections() > 0 && transport::clock_now() < close_by_) {
        return tick(kClosingLook);
    }
    open_ = false;
    parts_.turns.forget(*this);
    finish();
}

void Server::finish() {
    // The library closes its descriptor: it may not be watched any more.
    engine_poll_.close([this, alive = std::weak_ptr{alive_}] {
        if (alive.expired()) return;
        if (engine_) engine_->stop();
        seconds_.close([this, alive] {
            if (alive.expired()) return;
            // It closes two handles.
            after_poll_.close([this, alive, left = std::make_shared<int>(2)] {
                if (--*left == 0 && !alive.expired() && closed_) std::exchange(closed_, {})();
            });
        });
    });
}

}  // namespace rollcall::agent::http

// SPDX-License-Identifier: Apache-2.0
#include "agent/host/turns.h"

#include <algorithm>
#include <utility>

#include "transport/clock.h"

namespace rollcall::agent {
namespace {

constexpr std::chrono::microseconds kTurn{500};   // of one client
constexpr std::chrono::milliseconds kBetween{1};  // the loop polls in between
constexpr std::size_t kTurnsAtOnce = 32;          // however short they are

}  // namespace

void Turns::ask(Client& client) {
    if (!timer_ || waits(client)) return;
    const Time now = transport::clock_now();
    const bool at_once = !in_turn_ && waiting_.empty() && budget_.left(now) > Duration{};
    if (at_once) {
        run(client, now);
    } else {
        waiting_.push(client.rank(), client);
    }
    if (at_once || waiting_.size() == 1) wait();
}

void Turns::run(Client& client, Time now) {
    in_turn_ = true;
    running_ = &client;
    const bool more = client.take_turn(now + std::min<Duration>(kTurn, budget_.left(now)));
    in_turn_ = false;
    budget_.spend(now, transport::clock_now());
    const bool known = std::exchange(running_, nullptr) != nullptr;
    if (more && known && !waits(client)) waiting_.push(client.rank(), client);
}

void Turns::serve() {
    for (std::size_t i = 0; i < kTurnsAtOnce && !waiting_.empty(); ++i) {
        const Time now = transport::clock_now();
        if (budget_.left(now) <= Duration{}) break;
        run(waiting_.pop(), now);
    }
    wait();
}

void Turns::wait() {
    if (!timer_ || waiting_.empty()) return;
    timer_.start<&Turns::serve>(
        std::max<Duration>(kBetween, budget_.ready_at() - transport::clock_now()));
}

void Turns::forget(Client& client) {
    waiting_.erase(client);
    if (running_ == &client) running_ = nullptr;
}

void Turns::close(const std::function<void()>& closed) {
    waiting_.clear();
    timer_.close(closed);
}

}  // namespace rollcall::agent

// SPDX-License-Identifier: Apache-2.0
//
// Whose turn it is: all that strangers can ask for shares one budget of the loop's time, the
// clients of the control port, HTTP and event scripts, so that however many ask, packets are read
// and probes sent and answered in between. A client works at once when no other waits and the
// budget allows it, and otherwise by rank and in the order of asking. The loop's thread.
#pragma once

#include <uv.h>

#include <functional>

#include "agent/host/turn_order.h"
#include "base/time_budget.h"
#include "transport/uv_timer.h"

namespace rollcall::agent {

class Turns {
public:
    class Client {
    public:
        explicit Client(Rank rank = Rank::control) : rank_{rank} {}
        Client(const Client&) = delete;
        Client& operator=(const Client&) = delete;
        // Works until about `end`. True: there is more to do.
        [[nodiscard]] virtual bool take_turn(Time end) = 0;
        [[nodiscard]] Rank rank() const { return rank_; }

    protected:
        ~Client() = default;

    private:
        Rank rank_;
    };

    explicit Turns(uv_loop_t& loop) { timer_.init(*this, loop); }

    // take_turn() follows, within this call or later. Once, for any number of calls until then.
    void ask(Client& client);
    // It is not called any more. May be called within take_turn().
    void forget(Client& client);
    [[nodiscard]] bool waits(const Client& client) const { return waiting_.has(client); }
    // `closed` is called by the loop; clients are not called any more.
    void close(const std::function<void()>& closed);

private:
    void run(Client& client, Time now);
    void serve();
    void wait();

    TimeBudget budget_{std::chrono::milliseconds{1}};
    TurnOrder<Client> waiting_;
    Client* running_ = nullptr;  // nullptr also when it was forgotten meanwhile
    bool in_turn_ = false;
    transport::Timer<Turns> timer_;
};

}  // namespace rollcall::agent

// SPDX-License-Identifier: Apache-2.0
//
// The HTTP server of an agent (docs/http.md): clients come in through the door, which checks their
// heads; the engine reads bodies and writes answers; a handler decides what they are. All of it
// runs on the agent's loop after it has read its sockets, in turns with the control port and below
// it (agent/host/turns.h). The loop's thread.
#pragma once

#include <uv.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/host/turns.h"
#include "agent/http/answer.h"
#include "agent/http/budget.h"
#include "agent/http/door.h"
#include "agent/http/engine.h"
#include "agent/http/host_rule.h"
#include "agent/http/limits.h"
#include "agent/http/places.h"
#include "agent/http/stats.h"
#include "agent/log/logging.h"
#include "rpc/address.h"
#include "transport/after_poll.h"
#include "transport/uv_handle.h"
#include "transport/uv_timer.h"

namespace rollcall::agent::http {

class Server final : private Turns::Client {
public:
    struct Parts {
        uv_loop_t& loop;
        Log& log;
        Turns& turns;
        Limits limits;
        std::vector<std::string> host_names;  // allowed in Host, besides those of HostRule
        Handle handle;
    };
    explicit Server(Parts parts);
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    // Call one of these once. listen() returns the bound address (port 0: any free one); after
    // open() only clients of admit() come. An error is text for the operator.
    [[nodiscard]] Result<RpcAddress, ListenError> listen(const RpcAddress& at);
    [[nodiscard]] std::optional<std::string> open();
    // Serves a client at `from` that another part of the agent accepted at `local`, by this Unix
    // socket, which does not block.
    void admit(OwnedFd socket, const Endpoint& local, const Endpoint& from);
    // Accepts no more clients and closes each connection when its answer is sent or after `limit`;
    // event streams end. `closed` is called by the loop when nothing of it is left there.
    void close(Duration limit, std::function<void()> closed);

    [[nodiscard]] const Stats& stats() const { return stats_; }
    [[nodiscard]] Stats& stats() { return stats_; }
    [[nodiscard]] Load load() const {
        return {.connections = places_.taken(),
                .event_streams = engine_ ? engine_->event_streams() : 0};
    }
    [[nodiscard]] const Limits& limits() const { return parts_.limits; }
    using Turns::Client::rank;  // below the control port's

private:
    using Poll = transport::UvHandle<uv_poll_t, Server>;

    [[nodiscard]] std::optional<std::string> watch_descriptors();
    [[nodiscard]] int watch(Poll& poll, int descriptor);
    [[nodiscard]] static int start(const Poll& poll);
    [[nodiscard]] std::optional<Refusal> refuses(const Head& head,
                                                 const std::optional<Endpoint>& local) const;
    void admit(Admitted client);
    void polled();
    [[nodiscard]] bool take_turn(Time end) override;
    void watch(bool on);
    void second_passed();
    void tick(Duration wait);
    void log_refusals();
    void finish_if_idle();
    void finish();

    Parts parts_;
    Stats stats_;
    HostRule hosts_;
    Budget budget_;
    Places places_;
    std::unique_ptr<Engine> engine_;
    Door door_;
    Poll door_poll_, engine_poll_;
    transport::AfterPoll after_poll_;
    transport::Timer<Server> seconds_;
    LineGate complaints_{std::chrono::minutes{1}};
    std::uint64_t refused_logged_ = 0;
    bool open_ = false;
    bool closing_ = false;
    bool watching_ = true;  // not while it waits for its turn: they would wake the loop again
    bool ticking_ = false;  // only while there are clients: an idle agent sleeps
    Time close_by_{};
    std::function<void()> closed_;
    std::shared_ptr<int> alive_ = std::make_shared<int>();
};

}  // namespace rollcall::agent::http

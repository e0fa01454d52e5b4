// SPDX-License-Identifier: Apache-2.0
//
// The control protocol's server (docs/rpc.md): listens, owns the clients' connections, and
// publishes events to their streams. Limits the number of clients; RpcSession and RpcConnection
// limit each of them. On close, pending replies are still sent. The loop's thread.
#pragma once

#include <uv.h>

#include <cstddef>
#include <functional>
#include <list>
#include <memory>
#include <string>

#include "agent/control/connection.h"
#include "agent/control/listener.h"
#include "agent/host/turns.h"
#include "agent/log/logging.h"
#include "agent/session/control.h"
#include "agent/session/limits.h"
#include "base/result.h"
#include "rpc/address.h"
#include "serf/coalescer.h"
#include "serf/events.h"

namespace rollcall::agent {

class RpcServer {
public:
    struct Parts {
        uv_loop_t& loop;
        Control& control;
        Log& log;
        Turns& turns;
        std::string token;  // "": every client is trusted
        RpcLimits limits;
    };
    explicit RpcServer(Parts parts);
    ~RpcServer();
    RpcServer(const RpcServer&) = delete;
    RpcServer& operator=(const RpcServer&) = delete;

    // Adds a listening address, not a tls: one. Returns it with the real port, or an error that
    // names the address.
    [[nodiscard]] Result<RpcAddress, std::string> listen(const RpcAddress& at);
    // Serves a client at `from` that another part of the agent accepted, by this Unix socket.
    void admit(OwnedFd socket, const Endpoint& from);
    void publish(const serf::MemberEventGroup& event);
    void publish(const serf::UserEventReceived& event);
    void publish(const serf::QueryReceived& query);
    // Accepts no more clients and closes each connection when its last reply is sent or after
    // `limit`. `closed` is called by the loop when all handles are closed.
    void close(Duration limit, std::function<void()> closed);

    [[nodiscard]] std::size_t clients() const { return connections_.size(); }
    [[nodiscard]] const RpcStats& stats() const { return stats_; }

private:
    void connected(uv_stream_t& listener, int status);
    // `attach` gives the new connection its socket: a libuv error, or 0.
    void take(const std::function<int(RpcConnection&)>& attach);
    [[nodiscard]] bool make_room();
    void complain(std::string_view event, const std::string& text);
    void finished();

    Parts parts_;
    RpcStats stats_;
    WrongTokens wrong_tokens_;
    LineGate complaints_{std::chrono::seconds{1}};
    std::list<RpcListener> listeners_;
    std::list<std::unique_ptr<RpcConnection>> connections_;
    std::function<void()> closed_;
    bool closing_ = false;
    std::size_t listeners_open_ = 0;
};

}  // namespace rollcall::agent

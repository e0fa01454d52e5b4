// SPDX-License-Identifier: Apache-2.0
//
// The HTTP side of a running agent: builds server, API and health checks on its parts, and decides
// what an address in use means: an error if the operator gave it, else the agent runs without. The
// loop's thread.
#pragma once

#include <uv.h>

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "agent/agent_stats.h"
#include "agent/config/config.h"
#include "agent/host/loop_lag.h"
#include "agent/host/turns.h"
#include "agent/http/api/api.h"
#include "agent/http/api/vitals.h"
#include "agent/http/server.h"
#include "agent/join/seed_keeper.h"
#include "agent/log/logging.h"
#include "agent/metrics/metrics.h"
#include "agent/sample_side.h"
#include "agent/session/control.h"
#include "agent/tls_front/tls_front.h"
#include "serf/serf.h"

namespace rollcall::agent {

class HttpSide {
public:
    struct Parts {
        uv_loop_t& loop;
        const Settings& settings;
        Log& log;
        Control& control;
        const serf::Serf& core;
        AgentStats& stats;
        LoopLag& lag;
        const SeedKeeper& seeds;
        Metrics& metrics;
        const SampleSide& samples;
        Turns& turns;
        std::size_t clients = 0;  // at most
    };
    explicit HttpSide(Parts parts) : parts_{parts} {}

    // Call once. With a tls: address, `tls` listens there; its clients come by admit(). Returns the
    // address, nullopt if it is off; the error is text for the operator.
    [[nodiscard]] Result<std::optional<RpcAddress>, std::string> listen(TlsFront* tls);
    void admit(OwnedFd socket, const Endpoint& local, const Endpoint& from);
    void close(Duration limit, const std::function<void()>& closed);

private:
    void build();
    [[nodiscard]] Result<RpcAddress, http::ListenError> listen_at(const RpcAddress& at,
                                                                  TlsFront* tls);
    void add_metrics(Families& families) const;
    [[nodiscard]] http::Standing standing() const;
    void log_open(const RpcAddress& at) const;

    Parts parts_;
    std::unique_ptr<http::Vitals> vitals_;
    std::unique_ptr<http::Api> api_;
    std::unique_ptr<http::Server> server_;
    bool open_ = false;
};

}  // namespace rollcall::agent

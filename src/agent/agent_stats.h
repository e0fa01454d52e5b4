// SPDX-License-Identifier: Apache-2.0
//
// The figures of `rollcall info`: collects the counters of the agent's parts, in the sections and
// under the names that docs/operations/watch.md lists. Read-only. The loop's thread.
#pragma once

#include "agent/address_keeper.h"
#include "agent/config/config.h"
#include "agent/control/server.h"
#include "agent/files/persistence.h"
#include "agent/http/api/parts.h"
#include "agent/http/server.h"
#include "agent/join/joiner.h"
#include "agent/join/seed_keeper.h"
#include "agent/log/logging.h"
#include "agent/orphans.h"
#include "agent/scripts/event_handlers.h"
#include "agent/tls_front/tls_front.h"
#include "base/time.h"
#include "rpc/messages.h"
#include "serf/serf.h"

namespace rollcall::agent {

// "3 members alive, 1 failed, 0 left".
[[nodiscard]] std::string members_in_words(const serf::Stats& stats);

class AgentStats {
public:
    struct Parts {
        const Settings& settings;
        Time started{};
        const serf::Serf& core;
        const CoreDriver& driver;
        const AddressKeeper& address;
        const SeedKeeper& seeds;
        const RpcServer& rpc;
        const EventHandlers& handlers;
        const Persistence& persistence;
        const OrphanReaper& orphans;
        Log& log;
    };
    explicit AgentStats(Parts parts) : parts_{parts} {}

    // All sections by name.
    [[nodiscard]] rpc::Stats collect() const;
    // What an HTTP client may ask often: nothing is collected for it.
    [[nodiscard]] http::Self self() const;
    // The counters of the HTTP side, once it exists.
    void add_http(const http::Server& server) { http_ = &server; }
    void add_tls(const TlsFront& front) { tls_ = &front; }
    // The same as log lines, written regardless of the log level: a signal asked for them.
    void write_to_log() const;

private:
    [[nodiscard]] rpc::StringMap serf_section() const;
    [[nodiscard]] rpc::StringMap handlers_section() const;
    [[nodiscard]] rpc::StringMap rollcall_section() const;
    void add_identity(rpc::StringMap& section) const;
    void add_cluster(rpc::StringMap& section) const;
    void add_messages(rpc::StringMap& section) const;
    void add_process(rpc::StringMap& section) const;

    Parts parts_;
    const http::Server* http_ = nullptr;  // off
    const TlsFront* tls_ = nullptr;       // no tls: address
};

}  // namespace rollcall::agent

// SPDX-License-Identifier: Apache-2.0
//
// The agent's metrics in Prometheus' text format, version 0.0.4 (docs/operations/metrics.md). Reads
// the counters of the parts when asked, and counts what only events show. The number of series does
// not depend on the cluster, except with Parts::per_member, which is bounded and comes in slices.
// Read-only; the loop's thread.
#pragma once

#include <prometheus/collectable.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "agent/config/config.h"
#include "agent/control/server.h"
#include "agent/files/persistence.h"
#include "agent/host/loop_lag.h"
#include "agent/join/joiner.h"
#include "agent/join/seed_keeper.h"
#include "agent/journal/journal.h"
#include "agent/journal/member_names.h"
#include "agent/journal/sightings.h"
#include "agent/log/logging.h"
#include "agent/metrics/event_counts.h"
#include "agent/metrics/families.h"
#include "agent/metrics/key_ages.h"
#include "agent/metrics/member_series.h"
#include "agent/scripts/event_handlers.h"
#include "base/time.h"
#include "membership/events.h"
#include "serf/serf.h"

namespace rollcall::agent {

class Metrics final : public prometheus::Collectable {
public:
    static constexpr std::string_view kContentType = "text/plain; version=0.0.4; charset=utf-8";

    struct Parts {
        const Settings& settings;
        const serf::Serf& core;
        const CoreDriver& driver;
        const SeedKeeper& seeds;
        const RpcServer& rpc;
        const EventHandlers& handlers;
        const Persistence& persistence;
        const Log& log;
        const Journal& journal;
        const Sightings& sightings;
        const MemberNames& names;
        LoopLag& lag;
        std::function<std::uint64_t()> processes_reaped;
    };
    explicit Metrics(Parts parts);

    void handle(const membership::Event& event) { events_.handle(event); }
    void keyring_changed(Time now);
    // Parts that come and go, or whose room this one does not see, add their own.
    void add_source(std::function<void(Families&)> source) {
        sources_.push_back(std::move(source));
    }

    // A scrape in pieces of some 16 KiB, each within a fraction of a millisecond. The families are
    // collected with the first piece; members that vanish meanwhile are left out. It must not
    // outlive the Metrics.
    class Scrape {
    public:
        explicit Scrape(const Metrics& metrics) : metrics_{metrics} {}
        // nullopt: that was all.
        [[nodiscard]] std::optional<std::string> next();

    private:
        static constexpr std::size_t kFamiliesPerPiece = 40;

        const Metrics& metrics_;
        std::optional<std::vector<prometheus::MetricFamily>> families_;
        std::size_t family_ = 0;
        std::optional<MemberSeries> members_;
    };
    [[nodiscard]] Scrape scrape() const { return Scrape{*this}; }
    // All of it.
    [[nodiscard]] std::string text() const;
    // Those that do not depend on the number of members.
    [[nodiscard]] std::vector<prometheus::MetricFamily> Collect() const override;

private:
    void add_identity(Families& families) const;
    void add_cluster(Time now, Families& families) const;
    void add_parts(Families& families) const;

    Parts parts_;
    EventCounts events_;
    KeyAges keys_;
    std::vector<std::function<void(Families&)>> sources_;
};

}  // namespace rollcall::agent

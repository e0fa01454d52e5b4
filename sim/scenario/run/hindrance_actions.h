// SPDX-License-Identifier: Apache-2.0
//
// What hinders a process without ending it: pauses, a frozen host, a slow CPU, sends that block, a
// clock that drifts or jumps.
#pragma once

#include <cmath>
#include <cstdint>
#include <vector>

#include "sim/scenario/run/numbered_cluster.h"
#include "sim/world/latency.h"

namespace rollcall::sim {

template <class Core>
class HindranceActions {
public:
    explicit HindranceActions(NumberedCluster<Core>& cluster)
        : cluster_{cluster}, nodes_(cluster.nodes()) {}

    void apply(const action::Pause& a) {
        cluster_.each_running(a.who, [&](std::uint32_t n) {
            if (!cluster_.paused(n)) cluster_.at(n).pause();
        });
    }
    void apply(const action::Resume& a) {
        cluster_.each_running(a.who, [&](std::uint32_t n) {
            if (cluster_.paused(n) && !cluster_.frozen(n)) cluster_.at(n).resume();
        });
    }
    void apply(const action::Freeze& a) {
        cluster_.each_running(a.who, [&](std::uint32_t n) {
            if (!cluster_.frozen(n)) cluster_.at(n).freeze();
        });
    }
    void apply(const action::Thaw& a) {
        cluster_.each_running(a.who, [&](std::uint32_t n) {
            if (cluster_.frozen(n)) cluster_.at(n).thaw();
        });
    }
    void apply(const action::Slow& a) {
        for (const std::uint32_t n : a.who) {
            of(n).hindered = true;
            cluster_.at(n).input().set_service_time(*Latency::constant(a.service_time));
        }
    }
    void apply(const action::Block& a) {
        for (const std::uint32_t n : a.who) {
            of(n).hindered = true;
            const std::uint64_t blocking = ++of(n).blocking;
            if (cluster_.at(n).output().blocked()) cluster_.at(n).unblock();
            if (a.blocked > Duration{}) block_repeatedly(n, blocking, a, true);
        }
    }
    void apply(const action::Drift& a) {
        for (const std::uint32_t n : a.who) {
            of(n).hindered = true;
            cluster_.at(n).clock().set_drift(static_cast<int>(std::lround(a.parts_per_million)));
        }
    }
    void apply(const action::ClockJump& a) {
        for (const std::uint32_t n : a.who) cluster_.at(n).clock().jump(a.forward);
    }

    // Slow, blocking or drifting, now or once.
    [[nodiscard]] bool hindered(std::uint32_t n) const { return nodes_[n - 1].hindered; }

private:
    struct Hindrance {
        bool hindered = false;
        std::uint64_t blocking = 0;  // rises when repeated blocking begins or ends
    };
    [[nodiscard]] Hindrance& of(std::uint32_t n) { return nodes_[n - 1]; }

    // A process that ended meanwhile is not blocked; the next one is.
    void block_repeatedly(std::uint32_t n, std::uint64_t blocking, action::Block how, bool now) {
        if (of(n).blocking != blocking) return;
        auto& process = cluster_.at(n);
        if (now && cluster_.running(n) && !process.output().blocked()) process.block();
        if (!now && process.output().blocked()) process.unblock();
        const Duration next = now ? how.blocked : how.running;
        if (next == Duration{}) return;
        cluster_.sim().after(
            next, [this, n, blocking, how, now] { block_repeatedly(n, blocking, how, !now); });
    }

    NumberedCluster<Core>& cluster_;
    std::vector<Hindrance> nodes_;  // by number - 1
};

}  // namespace rollcall::sim

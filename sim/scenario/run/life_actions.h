// SPDX-License-Identifier: Apache-2.0
//
// The lives of processes: they start and join, crash, are killed or restarted, move, and leave.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "sim/scenario/run/key_actions.h"
#include "sim/scenario/run/numbered_cluster.h"

namespace rollcall::sim {

template <class Core>
class LifeActions {
public:
    // A started process joins through another node, and again at this interval while it knows none:
    // as the agent does with its seeds.
    static constexpr Duration kJoinAgain = std::chrono::seconds{5};

    LifeActions(NumberedCluster<Core>& cluster, KeyActions<Core>& keys)
        : cluster_{cluster}, keys_{keys}, nodes_(cluster.nodes()) {}

    void apply(const action::Crash& a) {
        for (const std::uint32_t n : a.who) {
            if (!cluster_.running(n) && !cluster_.network().powered(cluster_.host(n))) continue;
            ++of(n).changes;
            cluster_.at(n).crash();
        }
    }
    void apply(const action::Kill& a) {
        cluster_.each_running(a.who, [&](std::uint32_t n) {
            ++of(n).changes;
            cluster_.at(n).kill();
        });
    }
    void apply(const action::Start& a) {
        for (const std::uint32_t n : a.who) {
            if (!cluster_.running(n)) start(n);
        }
    }
    void apply(const action::Restart& a) {
        for (const std::uint32_t n : a.who) {
            auto& process = cluster_.at(n);
            if (cluster_.running(n)) process.kill();
            keys_.hand_keys(n);
            const std::string new_name =
                a.new_name ? renamed("n" + std::to_string(n), ++of(n).renamed) : std::string{};
            if (!new_name.empty()) {
                CoreTraits<Core>::membership_of(process.config()).name = new_name;
            }
            const bool takes =
                a.address_of != 0 && a.address_of != n &&
                cluster_.network().port_at(cluster_.endpoint(a.address_of)) == nullptr;
            if (takes) {
                process.restart_at(cluster_.host(a.address_of),
                                   cluster_.endpoint(a.address_of).to_wire());
            } else if (a.new_address) {
                cluster_.sim().move_and_restart(cluster_.name(n));
            }
            start(n);
        }
    }
    void apply(const action::Readdress& a) {
        cluster_.each_running(
            a.who, [&](std::uint32_t n) { cluster_.sim().change_address(cluster_.name(n)); });
    }
    void apply(const action::Join& a) {
        cluster_.each_running(a.who, [&](std::uint32_t n) {
            if (n == a.via || cluster_.paused(n) || cluster_.core(n).leaving()) return;
            cluster_.at(n).join(cluster_.endpoint(a.via));
        });
    }
    void apply(const action::Leave& a) {
        cluster_.each_running(a.who, [&](std::uint32_t n) {
            Life& life = of(n);
            if (life.leave_requested || cluster_.paused(n)) return;
            life.leave_requested = true;
            cluster_.at(n).leave();
            end_after_leave(n, life.changes);
        });
    }
    // The membership core of a node says that its leave is over.
    void on_leave_finished(std::uint32_t n) { of(n).leave_finished = true; }
    // It left and ended: it is not started again.
    [[nodiscard]] bool left(std::uint32_t n) const { return nodes_[n - 1].left; }

private:
    struct Life {
        std::uint64_t changes = 0;  // rises when a step starts or ends its process
        unsigned renamed = 0;
        bool leave_requested = false;
        bool leave_finished = false;
        bool left = false;
    };
    [[nodiscard]] Life& of(std::uint32_t n) { return nodes_[n - 1]; }

    // Starts the process on its host and joins. If its address was taken meanwhile, it starts on
    // another host.
    void start(std::uint32_t n) {
        Life& life = of(n);
        ++life.changes;
        life.leave_requested = life.leave_finished = life.left = false;
        if (!cluster_.running(n)) {
            keys_.hand_keys(n);
            if (cluster_.network().port_at(cluster_.endpoint(n)) == nullptr) {
                cluster_.at(n).start();
            } else {
                cluster_.sim().move_and_restart(cluster_.name(n));
            }
        }
        join_any(n);
    }
    // Through the lowest number that it reaches, as if all were its seeds.
    void join_any(std::uint32_t n) {
        for (std::uint32_t via = 1; via <= cluster_.nodes(); ++via) {
            if (via == n || !cluster_.running(via) || cluster_.paused(via)) continue;
            if (!cluster_.connected(n, via) || !cluster_.connected(via, n)) continue;
            if (!cluster_.paused(n) && !cluster_.core(n).leaving()) {
                cluster_.at(n).join(cluster_.endpoint(via));
            }
            break;
        }
        cluster_.sim().after(kJoinAgain, [this, n, changes = of(n).changes] {
            if (changes != of(n).changes || !cluster_.running(n)) return;
            if (cluster_.core(n).alive_count() <= 1) join_any(n);
        });
    }
    // The agent ends when its leave is over, and is not started again.
    void end_after_leave(std::uint32_t n, std::uint64_t changes) {
        constexpr Duration kLook = std::chrono::milliseconds{20};
        Life& life = of(n);
        if (changes != life.changes || !cluster_.running(n)) return;
        if (has_left(cluster_.at(n).core(), life.leave_finished)) {
            life.left = true;
            ++life.changes;
            cluster_.at(n).kill();
            return;
        }
        cluster_.sim().after(kLook, [this, n, changes] { end_after_leave(n, changes); });
    }

    NumberedCluster<Core>& cluster_;
    KeyActions<Core>& keys_;
    std::vector<Life> nodes_;  // by number - 1
};

}  // namespace rollcall::sim

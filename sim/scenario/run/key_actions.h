// SPDX-License-Identifier: Apache-2.0
//
// Keys in a run: one rotation at a time, the keyring file of each process, and the nodes that a
// rotation did not wait for, which return only with the keys of the others.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sim/scenario/run/key_operator.h"
#include "sim/scenario/run/numbered_cluster.h"
#include "wire/base64.h"

namespace rollcall::sim {

template <class Core>
class KeyActions {
public:
    using Outbox = typename Core::Outbox;

    explicit KeyActions(NumberedCluster<Core>& cluster) : cluster_{cluster} {}

    void apply(const action::RotateKeys& a) {
        if (rotating()) return;
        for (const std::uint32_t n : a.who) {
            if (!cluster_.running(n) || cluster_.paused(n) || cluster_.core(n).leaving()) continue;
            cluster_.at(n).log().note("rotates the keys to number " + std::to_string(a.key));
            rotation_ =
                Rotation{.node = n,
                         .life = cluster_.life(n),
                         .keys = KeyOperator{{.new_key = wire::to_base64(cluster_.key(a.key)),
                                              .without_failed = a.without_failed}}};
            return continue_rotation();
        }
    }
    // A command of the rotation, perhaps, has its result.
    void on_finished(std::uint32_t n, const serf::KeyCommandFinished& finished) {
        if (rotating() && rotation_->node == n && rotation_->keys.on_finished(finished)) {
            cluster_.sim().after(Duration{}, [this] { continue_rotation(); });
        }
    }
    // As an agent writes its keyring file: off the loop, and confirmed afterwards.
    void save_keyring(std::uint32_t n, std::uint64_t change) {
        const auto now = cluster_.core(n).keyring().keys();
        cluster_.sim().after(kKeyringWrite,
                             [this, n, life = cluster_.life(n), change,
                              keys = std::vector<wire::Keyring::Key>{now.begin(), now.end()}] {
                                 if (life != cluster_.life(n)) return;
                                 cluster_.at(n).save_keys(keys);
                                 confirm_keyring(n, life, change);
                             });
    }
    // Before it starts again: a node that a rotation did not wait for gets the keys of the first
    // member that it reaches, or keeps its old ones if it reaches none.
    void hand_keys(std::uint32_t n) {
        if (!cluster_.given_up(n)) return;
        for (std::uint32_t via = 1; via <= cluster_.nodes(); ++via) {
            if (via == n || !cluster_.running(via) || cluster_.given_up(via)) continue;
            if (!cluster_.connected(n, via) || !cluster_.connected(via, n)) continue;
            const auto keys = cluster_.core(via).keyring().keys();
            cluster_.at(n).save_keys({keys.begin(), keys.end()});
            cluster_.set_given_up(n, false);
            return;
        }
    }
    // The running nodes that must be restarted to get current keys. If all were given up, the keys
    // of the lowest number count.
    [[nodiscard]] Nodes locked_out() {
        Nodes strangers;
        bool others = false;
        for (std::uint32_t n = 1; n <= cluster_.nodes(); ++n) {
            if (!cluster_.running(n)) continue;
            others = others || !cluster_.given_up(n);
            if (cluster_.given_up(n)) strangers.push_back(n);
        }
        if (!others && !strangers.empty()) {
            cluster_.set_given_up(strangers.front(), false);
            strangers.erase(strangers.begin());
        }
        return strangers;
    }

private:
    static constexpr Duration kKeyringWrite = std::chrono::milliseconds{5};
    static constexpr Duration kPausedLook = std::chrono::milliseconds{20};

    // By one run of one process.
    struct Rotation {
        std::uint32_t node = 0;
        std::uint64_t life = 0;
        KeyOperator keys;
    };

    // A rotation ends with the process that it uses.
    [[nodiscard]] bool rotating() const {
        return rotation_ && rotation_->life == cluster_.life(rotation_->node) &&
               !rotation_->keys.over();
    }
    void continue_rotation() {
        const std::uint32_t n = rotation_->node;
        KeyOperator& operating = rotation_->keys;
        if (operating.over()) {
            cluster_.at(n).log().note("rotation of the keys " + operating.status());
            for (std::uint32_t other = 1; other <= cluster_.nodes(); ++other) {
                if (operating.reached(cluster_.name(other))) cluster_.set_given_up(other, false);
            }
            return;
        }
        if (!rotating()) return;
        if (cluster_.paused(n)) {
            return cluster_.sim().after(kPausedLook, [this] { continue_rotation(); });
        }
        for (std::uint32_t other = 1; other <= cluster_.nodes(); ++other) {
            if (cluster_.given_up(other) || !operating.gives_up(cluster_.name(other))) continue;
            cluster_.set_given_up(other, true);
            cluster_.at(other).log().note("is left out of the rotation by " + cluster_.name(n));
        }
        cluster_.at(n).command(
            [&](Core& core, Time now, Outbox& out) { operating.proceed(core, now, out); });
    }
    void confirm_keyring(std::uint32_t n, std::uint64_t life, std::uint64_t change) {
        if (life != cluster_.life(n)) return;
        if (cluster_.paused(n)) {
            return cluster_.sim().after(kPausedLook,
                                        [=, this] { confirm_keyring(n, life, change); });
        }
        cluster_.at(n).command(
            [&](Core& core, Time now, Outbox& out) { keyring_saved(core, now, change, out); });
    }

    NumberedCluster<Core>& cluster_;
    std::optional<Rotation> rotation_;  // the last one
};

}  // namespace rollcall::sim

// SPDX-License-Identifier: Apache-2.0
//
// When the adversary of a run attacks, and which deaths it forged when.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <map>
#include <optional>
#include <variant>

#include "base/time.h"
#include "sim/scenario/judge/invariant.h"
#include "sim/scenario/language/scenario.h"

namespace rollcall::sim {

class AttackTimes {
public:
    void on_step(const Scene& scene, const Step& step) {
        if (const auto* attack = std::get_if<action::Attack>(&step.what)) {
            running_[static_cast<std::size_t>(attack->kind)] = true;
            begun_ = true;
        } else if (const auto* retreat = std::get_if<action::Retreat>(&step.what)) {
            for (std::size_t k = 0; k < running_.size(); ++k) {
                if (!retreat->kind || static_cast<std::size_t>(*retreat->kind) == k) {
                    running_[k] = false;
                }
            }
            ended_ = scene.view.now();
        }
    }
    void on_forged(const Scene& scene, const Forgery& forgery) {
        forged_[forgery] = scene.view.now();
    }
    [[nodiscard]] bool goes_on() const {
        for (const bool attack : running_) {
            if (attack) return true;
        }
        return false;
    }
    // Since when no attack goes on; nullopt: none has ended, or one goes on.
    [[nodiscard]] std::optional<Duration> quiet_since() const {
        if (!begun_ || goes_on()) return {};
        return ended_;
    }
    // When exactly that claim was sent last.
    [[nodiscard]] std::optional<Duration> last_forged(const Forgery& claim) const {
        const auto found = forged_.find(claim);
        if (found == forged_.end()) return {};
        return found->second;
    }

private:
    std::array<bool, kAttackKinds> running_{};
    std::map<Forgery, Duration> forged_;
    bool begun_ = false;
    Duration ended_{};
};

}  // namespace rollcall::sim

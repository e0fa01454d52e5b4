// SPDX-License-Identifier: Apache-2.0
//
// When the adversary of a run attacks, and about whom it forged a death last.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
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
        const Duration now = scene.view.now();
        if (const auto* attack = std::get_if<action::Attack>(&step.what)) {
            attack_of(attack->kind) = *attack;
            member_ = scene.scenario.adversary.member;
            begun_ = true;
        } else if (const auto* retreat = std::get_if<action::Retreat>(&step.what)) {
            for (std::size_t k = 0; k < running_.size(); ++k) {
                if (retreat->kind && static_cast<std::size_t>(*retreat->kind) != k) continue;
                note(now, running_[k]);
                running_[k].reset();
            }
            ended_ = now;
        }
    }
    [[nodiscard]] bool goes_on() const {
        for (const auto& attack : running_) {
            if (attack) return true;
        }
        return false;
    }
    // Since when no attack goes on; nullopt: none has ended, or one goes on.
    [[nodiscard]] std::optional<Duration> quiet_since() const {
        if (!begun_ || goes_on()) return {};
        return ended_;
    }
    // Until when somebody may have received a forged death, leave or takeover of that node.
    [[nodiscard]] Duration death_forged_until(std::uint32_t node, Duration now) const {
        for (const auto& attack : running_) {
            if (attack && forges_death(*attack, node)) return now;
        }
        const auto last = forged_until_.find(node);
        const auto all = forged_until_.find(kEveryNode);
        return std::max(last == forged_until_.end() ? kNever : last->second,
                        all == forged_until_.end() ? kNever : all->second);
    }

private:
    static constexpr std::uint32_t kEveryNode = 0;
    static constexpr Duration kNever = std::chrono::hours{-1};

    [[nodiscard]] std::optional<action::Attack>& attack_of(AttackKind kind) {
        return running_[static_cast<std::size_t>(kind)];
    }
    // In a state a true member may be `left`, which counts as its own word (S3). An adversary that
    // is a member answers with such states while it attacks in any way.
    [[nodiscard]] bool lies_about_all(const action::Attack& attack) const {
        return member_ || attack.kind == AttackKind::lie_states;
    }
    [[nodiscard]] bool forges_death(const action::Attack& attack, std::uint32_t node) const {
        if (lies_about_all(attack)) return true;
        switch (attack.kind) {
            case AttackKind::forge_deaths:
            case AttackKind::forge_leaves:
            case AttackKind::forge_takeovers:
                return std::ranges::binary_search(attack.who, node);
            default:
                return false;
        }
    }
    void note(Duration now, const std::optional<action::Attack>& attack) {
        if (!attack) return;
        if (lies_about_all(*attack)) forged_until_[kEveryNode] = now;
        for (const std::uint32_t node : attack->who) {
            if (forges_death(*attack, node)) forged_until_[node] = now;
        }
    }

    std::array<std::optional<action::Attack>, kAttackKinds> running_;
    std::map<std::uint32_t, Duration> forged_until_;
    bool begun_ = false;
    bool member_ = false;
    Duration ended_{};
};

}  // namespace rollcall::sim

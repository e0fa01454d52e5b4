// SPDX-License-Identifier: Apache-2.0
//
// Whether the network as a whole is good: no network fault, no lossy or narrow host, links with
// little loss, and gossip enabled.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <variant>

#include "base/time.h"
#include "sim/scenario/judge/invariant.h"
#include "sim/scenario/language/scenario.h"

namespace rollcall::sim {

class GoodNetwork {
public:
    void on_step(const Scene& scene, const Step& step) {
        if (std::holds_alternative<action::Heal>(step.what)) {
            since_ = scene.view.now();
            losing_.clear();
            whole_ = usual(scene);
            return;
        }
        if (const auto* loss = std::get_if<action::HostLoss>(&step.what)) {
            return mark(losing_, scene, loss->who, loss->ingress > 0 || loss->egress > 0);
        }
        if (const auto* narrow = std::get_if<action::Narrow>(&step.what)) {
            whole_ = false;
            const Bandwidth& bandwidth = narrow->bandwidth;
            return mark(narrow_, scene, narrow->who, bandwidth.ingress > 0 || bandwidth.egress > 0);
        }
        if (std::holds_alternative<action::Partition>(step.what) ||
            std::holds_alternative<action::Cut>(step.what) ||
            std::holds_alternative<action::SetLinks>(step.what) ||
            std::holds_alternative<action::SetLink>(step.what)) {
            whole_ = false;
        }
    }
    [[nodiscard]] bool is_good(const Scene& scene) {
        if (!whole_) whole_ = usual(scene);
        return *whole_ && losing_.empty() && narrow_.empty();
    }
    [[nodiscard]] Duration good_since() const { return since_; }

private:
    using Hosts = std::set<std::uint32_t>;

    void mark(Hosts& hosts, const Scene& scene, const Nodes& who, bool bad) {
        for (const std::uint32_t n : who) {
            if (bad) {
                hosts.insert(n);
            } else {
                hosts.erase(n);
            }
        }
        since_ = scene.view.now();
    }
    static bool usual(const Scene& scene) {
        const membership::Config& config = scene.scenario.profile;
        return scene.scenario.links.loss <= 0.05 && !scene.scenario.links.bursts &&
               config.gossip_interval > Duration{} && config.gossip_nodes > 0 &&
               !config.variant.multicast;
    }
    std::optional<bool> whole_;  // unknown before the first step
    Duration since_{};
    Hosts losing_, narrow_;
};

}  // namespace rollcall::sim

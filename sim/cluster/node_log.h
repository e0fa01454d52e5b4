// SPDX-License-Identifier: Apache-2.0
//
// One node's entries in the chronicle, at the world's time.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "base/bytes.h"
#include "base/time.h"
#include "membership/events.h"
#include "sim/cluster/chronicle.h"
#include "sim/world/world.h"

namespace rollcall::sim {

class NodeLog {
public:
    // `number`: the node's, from 0.
    NodeLog(const World& world, Chronicle& chronicle, std::uint32_t number)
        : world_{world}, chronicle_{chronicle}, number_{number} {}

    void note(std::string text) { chronicle_.note(now(), number_, std::move(text)); }
    void note(const membership::Event& event) { chronicle_.note(now(), number_, event); }
    void delivered(Bytes bytes) { chronicle_.delivered(now(), number_, bytes); }

    [[nodiscard]] Time now() const { return world_.now(); }
    [[nodiscard]] std::uint32_t number() const { return number_; }
    [[nodiscard]] Chronicle& chronicle() { return chronicle_; }

private:
    const World& world_;
    Chronicle& chronicle_;
    std::uint32_t number_;
};

}  // namespace rollcall::sim

// SPDX-License-Identifier: Apache-2.0
#include "sim/world/world.h"

#include <algorithm>

namespace rollcall::sim {

void World::post(Time when, std::uint64_t last, Actor& actor, std::uint64_t what) {
    heap_.push_back({std::max(when, now_), last | next_order_++, &actor, what});
    std::push_heap(heap_.begin(), heap_.end(), Later{});
}

bool World::step(Time limit) {
    if (heap_.empty() || heap_.front().at > limit) {
        now_ = std::max(now_, limit);
        return false;
    }
    std::pop_heap(heap_.begin(), heap_.end(), Later{});
    const Event event = heap_.back();
    heap_.pop_back();
    now_ = event.at;
    ++events_run_;
    event.actor->act(event.what);
    return true;
}

}  // namespace rollcall::sim

// SPDX-License-Identifier: Apache-2.0
#include "agent/doctor/back_tests.h"

#include <utility>

#include "agent/doctor/link_checks.h"

namespace rollcall::agent {

void BackTests::asked(const serf::BuiltInQueryReceived& query, Reply reply) {
    const Time now = driver_.now();
    std::erase_if(again_at_, [&](const auto& entry) { return entry.second <= now; });
    if (running_.size() >= kAtOnce || again_at_.size() >= 64 * kAtOnce ||
        again_at_.contains(query.source)) {
        return;
    }
    const auto asker = core_.member(query.source);
    if (!asker || asker->name == core_.node().config().name) return;
    const auto target = Endpoint::from_wire(asker->address, asker->port);
    if (!target || target->port == 0) return;
    again_at_.emplace(query.source, now + kPause);
    const membership::LinkTestPlan plan{
        .target = *target, .name = asker->name, .relays = 0, .lasts = kLasts};
    const auto request = driver_.command([&](serf::Serf& core, Time at, serf::Serf::Outbox& out) {
        return core.test_link(at, plan, out);
    });
    if (request) running_.emplace(*request, std::move(reply));
}

bool BackTests::handle(const membership::LinkTested& result) {
    auto running = running_.extract(result.request);
    if (running.empty()) return false;
    running.mapped()(back_report_text(result));
    return true;
}

}  // namespace rollcall::agent

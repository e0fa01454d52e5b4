// SPDX-License-Identifier: Apache-2.0
//
// The progress bar of a run, shown only on a terminal.
#pragma once

#include <chrono>
#include <cstdio>
#include <string>

#include "sim/program/answer/console.h"
#include "sim/scenario/judge/observer.h"
#include "sim/scenario/language/numbers.h"

namespace rollcall::sim {

class Progress final : public Observer {
public:
    // Both borrowed.
    Progress(const Scenario& scenario, const Console& console)
        : console_{console}, whole_{scenario.length + scenario.healing} {}

    void sample(const ClusterView& view) override {
        const auto now = std::chrono::steady_clock::now();
        if (now - shown_ < std::chrono::milliseconds{100}) return;
        shown_ = now;
        const double share = std::chrono::duration<double>(view.now()) / whole_;
        constexpr int kBar = 30;
        const int done = static_cast<int>(share * kBar);
        std::string bar(static_cast<std::size_t>(done), '#');
        bar.resize(kBar, '.');
        console_.show_progress("  " + bar + "  " + about(view.now()) + " of " + about(whole_));
    }
    void finish() const { console_.show_progress(""); }

private:
    const Console& console_;
    Duration whole_;
    std::chrono::steady_clock::time_point shown_{};
};

}  // namespace rollcall::sim

// SPDX-License-Identifier: Apache-2.0
//
// Writes a run as JSON while it happens: one object per line, for each event of a core and each
// step of the schedule. Fields: docs/simulation.md, "Traces". Stores nothing in memory.
#pragma once

#include <cstdint>
#include <string>

#include "sim/program/answer/output_file.h"
#include "sim/scenario/judge/observer.h"
#include "sim/scenario/run/runner.h"

namespace rollcall::sim {

class Trace final : public Observer {
public:
    // `file` and `scenario` are borrowed.
    Trace(OutputFile& file, const Scenario& scenario, std::uint64_t seed);

    void begins(const ClusterView& view) override;
    void before(const ClusterView& view, const Step& step) override;
    void event(const ClusterView& view, std::uint32_t node,
               const membership::Event& event) override;
    void ends(const ClusterView& view) override;
    // The last line.
    void finish(const RunResult& result);

private:
    OutputFile& file_;
    const Scenario& scenario_;
    std::uint64_t seed_;
};

// One line of the trace, with its line break.
[[nodiscard]] std::string trace_line(Duration at, const std::string& node,
                                     const membership::Event& event);

}  // namespace rollcall::sim

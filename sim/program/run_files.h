// SPDX-License-Identifier: Apache-2.0
//
// Files of a run besides its output: a trace during the run, a report page after it. Neither
// changes the run.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sim/program/answer/output_file.h"
#include "sim/program/answer/run_report.h"
#include "sim/program/report/recorder.h"
#include "sim/program/trace.h"

namespace rollcall::sim {

class RunFiles {
public:
    // Paths, "" for none. Both files are opened at once, so that a wrong path is an error before
    // the run and not after it. `scenario` is borrowed.
    RunFiles(const std::string& trace_path, const std::string& report_path,
             const Scenario& scenario, std::uint64_t seed, const Console& console);
    // Empty, or the error of the file that could not be opened.
    [[nodiscard]] std::string problem() const;

    void add_to(std::vector<Observer*>& observers);
    // Call after the run. Empty, or the write error.
    [[nodiscard]] std::string finish(const RunReport& report);

private:
    std::optional<OutputFile> trace_file_, report_file_;
    std::optional<Trace> trace_;
    std::optional<ReportRecorder> recorder_;
};

}  // namespace rollcall::sim

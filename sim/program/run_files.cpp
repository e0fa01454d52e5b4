// SPDX-License-Identifier: Apache-2.0
#include "sim/program/run_files.h"

#include "sim/program/report/page.h"

namespace rollcall::sim {

RunFiles::RunFiles(const std::string& trace_path, const std::string& report_path,
                   const Scenario& scenario, std::uint64_t seed, const Console& console) {
    if (!trace_path.empty()) {
        trace_file_.emplace(trace_path, console);
        trace_.emplace(*trace_file_, scenario, seed);
    }
    if (!report_path.empty()) {
        report_file_.emplace(report_path, console);
        recorder_.emplace(scenario);
    }
}

std::string RunFiles::problem() const {
    if (trace_file_ && !trace_file_->problem().empty()) return trace_file_->problem();
    return report_file_ ? report_file_->problem() : std::string{};
}

void RunFiles::add_to(std::vector<Observer*>& observers) {
    if (trace_) observers.push_back(&*trace_);
    if (recorder_) observers.push_back(&*recorder_);
}

std::string RunFiles::finish(const RunReport& report) {
    std::string problem;
    if (trace_) {
        trace_->finish(report.result);
        problem = trace_file_->finish();
    }
    if (recorder_) {
        report_file_->write(report_page(report, recorder_->to_json()));
        const std::string other = report_file_->finish();
        if (problem.empty()) problem = other;
    }
    return problem;
}

}  // namespace rollcall::sim

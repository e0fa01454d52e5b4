// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "sim/program/answer/agent_defaults.h"
#include "sim/program/answer/run_report.h"

namespace rollcall::sim {
namespace {

double in_seconds(Duration d) {
    return std::chrono::duration<double>(d).count();
}

}  // namespace

std::string as_json(const RunReport& report) {
    using Json = nlohmann::ordered_json;
    const RunResult& result = report.result;
    Json expectations = Json::array();
    for (const Outcome& o : result.outcomes) {
        expectations.push_back(
            {{"line", o.line}, {"text", o.text}, {"holds", o.holds}, {"measured", o.measured}});
    }
    Json violations = Json::array();
    for (const Violation& v : result.violations) {
        violations.push_back(
            {{"at_s", in_seconds(v.at)}, {"invariant", v.invariant}, {"what", v.what}});
    }
    Json json;
    json["scenario"] = report.scenario.name;
    json["why"] = report.scenario.why;
    json["unlike_an_agent"] = agent_differences(report.scenario);
    json["nodes"] = report.scenario.nodes;
    json["core"] = report.scenario.serf ? "serf" : "membership";
    json["seed"] = result.seed;
    json["hash"] = hash_text(result.hash);
    json["holds"] = result.holds();
    json["expectations"] = std::move(expectations);
    json["violations"] = std::move(violations);
    json["invariants_watched"] = report.watched;
    json["invariants_broken"] = result.invariants_broken;
    json["figures"] = result.figures;
    json["events"] = result.events;
    json["simulated_s"] = in_seconds(result.length);
    json["took_s"] = report.took_s;
    json["again"] = report.again;
    // Names come from files: invalid UTF-8 is replaced.
    return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace rollcall::sim

// SPDX-License-Identifier: Apache-2.0
#include "sim/program/trace.h"

#include <chrono>
#include <nlohmann/json.hpp>
#include <string_view>
#include <variant>

#include "sim/program/answer/run_report.h"
#include "sim/program/report/words.h"

namespace rollcall::sim {
namespace {

using Line = nlohmann::ordered_json;

std::int64_t micros(Duration d) {
    return std::chrono::duration_cast<std::chrono::microseconds>(d).count();
}
std::string as_line(const Line& line) {
    return line.dump(-1, ' ', true, Line::error_handler_t::replace) + "\n";
}
Line line_of(Duration at, std::string_view kind) {
    return {{"at_us", micros(at)}, {"kind", kind}};
}

// Writes the kind of an event and its fields.
struct Fields {
    Line& line;

    void about(std::string_view kind, const membership::About& about) const {
        line["kind"] = kind;
        line["about"] = about.name;
        line["address"] = about.address.to_string() + ":" + std::to_string(about.port);
        line["incarnation"] = about.incarnation.value();
    }
    void operator()(const membership::MemberJoined& e) const { about("joined", e.about); }
    void operator()(const membership::MemberUpdated& e) const { about("updated", e.about); }
    void operator()(const membership::MemberSuspected& e) const {
        about("suspected", e.about);
        line["from"] = e.from;
        if (!e.evidence) return;
        line["ping"] = to_string(e.evidence->ping);
        line["relays"] = e.evidence->relays_asked;
        line["nacks"] = e.evidence->nacks_received;
        line["stream"] = to_string(e.evidence->stream);
    }
    void operator()(const membership::SuspicionCleared& e) const { about("cleared", e.about); }
    void operator()(const membership::MemberFailed& e) const {
        about("failed", e.about);
        line["from"] = e.from;
        if (!e.accusers.empty()) line["accusers"] = e.accusers;
    }
    void operator()(const membership::MemberLeft& e) const { about("left", e.about); }
    void operator()(const membership::MemberReaped& e) const {
        line["kind"] = "reaped";
        line["about"] = e.name;
    }
    void operator()(const membership::NameConflict& e) const {
        about("conflict", e.existing);
        line["other"] = e.other_address.to_string() + ":" + std::to_string(e.other_port);
    }
    void operator()(const membership::Refuted& e) const {
        line["kind"] = "refuted";
        line["claim"] = to_string(e.claim);
        line["from"] = e.from;
        line["accused"] = e.accused.value();
        line["incarnation"] = e.now.value();
    }
    void operator()(const membership::ProbeEnded& e) const {
        line["kind"] = "probe";
        line["outcome"] = to_string(e.outcome);
        line["took_us"] = micros(e.took);
        line["relays"] = e.relays_asked;
        line["nacks_expected"] = e.nacks_expected;
        line["nacks"] = e.nacks_received;
        line["health_score"] = e.health_score;
    }
    void operator()(const membership::UdpBlocked& e) const { about("udp_blocked", e.about); }
    void operator()(const membership::SendsFailing& e) const {
        line["kind"] = "sends_failing";
        line["since_us"] = micros(e.since);
    }
    void operator()(const membership::SendsRecovered& e) const {
        line["kind"] = "sends_recovered";
        line["lasted_us"] = micros(e.lasted);
    }
    void operator()(const membership::LinkTested& e) const {
        line["kind"] = "link_tested";
        line["target"] = e.target.to_string();
        line["acked"] = e.acked;
    }
    void operator()(const membership::JoinAnswered& e) const {
        line["kind"] = "join_answered";
        line["peer"] = e.peer.to_string();
        line["error"] = e.error;
    }
    void operator()(const membership::JoinFinished& e) const {
        line["kind"] = "join_finished";
        line["contacted"] = e.contacted;
        line["failed"] = e.failed;
    }
    void operator()(const membership::LeaveFinished& e) const {
        line["kind"] = "leave_finished";
        line["timed_out"] = e.timed_out;
    }
    void operator()(const membership::UpdateFinished& e) const {
        line["kind"] = "update_finished";
        line["timed_out"] = e.timed_out;
    }
    void operator()(const membership::PauseDetected& e) const {
        line["kind"] = "pause_detected";
        line["gap_us"] = micros(e.gap);
    }
    void operator()(const membership::MergeRefused& e) const {
        line["kind"] = "merge_refused";
        line["peer"] = e.peer.to_string();
        line["reason"] = e.reason;
    }
    void operator()(const membership::Rejected& e) const {
        line["kind"] = "rejected";
        line["peer"] = e.from.to_string();
        line["cause"] = wire::to_string(e.cause);
        line["stream"] = e.stream;
        line["count"] = e.since_last;
    }
};

}  // namespace

std::string trace_line(Duration at, const std::string& node, const membership::Event& event) {
    Line line = line_of(at, "");
    line["node"] = node;
    std::visit(Fields{line}, event);
    return as_line(line);
}

Trace::Trace(OutputFile& file, const Scenario& scenario, std::uint64_t seed)
    : file_{file}, scenario_{scenario}, seed_{seed} {}

void Trace::begins(const ClusterView& view) {
    Line line = line_of(view.now(), "begin");
    line["scenario"] = scenario_.name;
    line["nodes"] = scenario_.nodes;
    line["seed"] = seed_;
    file_.write(as_line(line));
}

void Trace::before(const ClusterView& view, const Step& step) {
    const StepWords words = words_of(step.what);
    Line line = line_of(view.now(), "step");
    line["what"] = words.what;
    Line names = Line::array();
    for (const std::uint32_t n : words.who) names.push_back(view.name(n));
    line["nodes"] = std::move(names);
    file_.write(as_line(line));
}

void Trace::event(const ClusterView& view, std::uint32_t node, const membership::Event& event) {
    file_.write(trace_line(view.now(), view.name(node), event));
}

void Trace::ends(const ClusterView& view) {
    if (scenario_.healing > Duration{}) file_.write(as_line(line_of(view.now(), "healing")));
}

void Trace::finish(const RunResult& result) {
    Line line = line_of(result.length, "end");
    line["holds"] = result.holds();
    line["hash"] = hash_text(result.hash);
    file_.write(as_line(line));
}

}  // namespace rollcall::sim

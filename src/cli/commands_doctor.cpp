// SPDX-License-Identifier: Apache-2.0
//
// `rollcall doctor`: what keeps an agent, or its link to a peer, from working. The agent examines;
// this shows the findings, and finds itself why an agent cannot be asked.
#include <algorithm>
#include <array>
#include <memory>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/sanitize.h"
#include "cli/commands.h"
#include "cli/rpc_session.h"
#include "cli/terminal/width.h"
#include "rpc/doctor_causes.h"

namespace rollcall::cli {

namespace {

using FindingsJson = nlohmann::ordered_json;

constexpr std::size_t kCheckWidth = 13;
constexpr std::size_t kGradeWidth = 7;
constexpr std::size_t kCauseWidth = 24;

struct DoctorOptions {
    RpcFlags rpc;
    std::vector<std::string> peer;
    bool causes = false;
    bool strict = false;
};

int exit_code_of(std::string_view cause) {
    const rpc::DoctorCause* const known = rpc::doctor_cause(cause);
    return known == nullptr ? kExitError : known->exit_code;
}

// The lowest of all problems: the first that is worth removing. Strictly, also of all warnings.
int exit_code_of(const std::vector<rpc::DoctorFinding>& findings, bool strict) {
    int lowest = kExitOk;
    for (const rpc::DoctorFinding& finding : findings) {
        if (finding.grade != "problem" && !(strict && finding.grade == "warn")) continue;
        const int code = exit_code_of(finding.cause);
        // 1 is a cause that this program does not know.
        if (lowest == kExitOk || lowest == kExitError || (code < lowest && code != kExitError)) {
            lowest = code;
        }
    }
    return lowest;
}

std::string padded_cell(std::string_view text, std::size_t width) {
    std::string out{text};
    out.resize(out.size() + width - std::min(width, width_of(text)), ' ');
    return out;
}

std::string_view grade_colour(std::string_view grade) {
    if (grade == "problem") return "\x1b[31m";
    if (grade == "warn") return "\x1b[33m";
    if (grade == "ok") return "\x1b[32m";
    return "\x1b[2m";
}

std::string findings_text(const std::vector<rpc::DoctorFinding>& findings, bool colour) {
    std::string text;
    std::size_t problems = 0, warnings = 0;
    for (const rpc::DoctorFinding& finding : findings) {
        if (finding.grade == "problem") ++problems;
        if (finding.grade == "warn") ++warnings;
        std::string grade = padded_cell(sanitized(finding.grade), kGradeWidth);
        if (colour) grade.insert(0, grade_colour(finding.grade)).append("\x1b[0m");
        text += grade + "  " + padded_cell(sanitized(finding.check), kCheckWidth) + "  " +
                sanitized(finding.what);
        if (!finding.cause.empty()) text += " [" + sanitized(finding.cause) + ']';
        text += '\n';
        if (!finding.remedy.empty()) {
            text += std::string(kGradeWidth + kCheckWidth + 4, ' ') + "-> " +
                    sanitized(finding.remedy) + '\n';
        }
    }
    return text + '\n' + std::to_string(problems) + (problems == 1 ? " problem, " : " problems, ") +
           std::to_string(warnings) + (warnings == 1 ? " warning\n" : " warnings\n");
}

std::string findings_json(const std::vector<rpc::DoctorFinding>& findings, int exit_code) {
    FindingsJson list = FindingsJson::array();
    for (const rpc::DoctorFinding& finding : findings) {
        list.push_back({{"check", finding.check},
                        {"grade", finding.grade},
                        {"cause", finding.cause},
                        {"what", finding.what},
                        {"remedy", finding.remedy}});
    }
    const FindingsJson json{{"findings", list}, {"exit_code", exit_code}};
    return json.dump(-1, ' ', false, FindingsJson::error_handler_t::replace) + '\n';
}

int show_findings(const Context& context, const std::vector<rpc::DoctorFinding>& findings,
                  const DoctorOptions& options) {
    const int exit_code = exit_code_of(findings, options.strict);
    const int printed =
        answer(context, options.rpc.json() ? findings_json(findings, exit_code)
                                           : findings_text(findings, context.colour));
    return printed == kExitOk ? exit_code : printed;
}

int list_causes(const Context& context, bool json) {
    FindingsJson list = FindingsJson::array();
    std::string text;
    for (const rpc::DoctorCause& cause : rpc::kDoctorCauses) {
        list.push_back(
            {{"cause", cause.name}, {"exit_code", cause.exit_code}, {"remedy", cause.remedy}});
        text += std::to_string(cause.exit_code) + "  " + padded_cell(cause.name, kCauseWidth) +
                "  " + std::string{cause.remedy} + '\n';
    }
    return answer(context, json ? FindingsJson{{"causes", list}}.dump() + '\n' : text);
}

// The agent could not be asked: that is a finding too.
int show_failure(const Context& context, const Failure& failure, const DoctorOptions& options) {
    const rpc::DoctorCause* const cause = rpc::doctor_cause(failure.cause);
    if (cause == nullptr) return fail(context, failure, options.rpc.json());
    return show_findings(context,
                         {{.check = "control port",
                           .grade = "problem",
                           .cause = failure.cause,
                           .what = failure.message,
                           .remedy = std::string{cause->remedy}}},
                         options);
}

int run_doctor(const Context& context, const DoctorOptions& options) {
    if (auto bad = check_format(options.rpc)) return fail(context, *bad);
    if (options.causes) return list_causes(context, options.rpc.json());
    RpcClient client;
    if (auto bad = open_session(context, options.rpc, client)) {
        return show_failure(context, *bad, options);
    }
    client.catch_interrupt();
    const rpc::DoctorRequest request{.peer = options.peer.empty() ? "" : options.peer.front()};
    const auto result = client.ask<rpc::DoctorResponse>("doctor", request);
    if (!result) {
        Failure failure = describe("Error examining", result.error());
        const bool unknown = result.error().text.starts_with("no member is named");
        if (unknown) failure.cause = "unknown-peer";
        return show_failure(context, failure, options);
    }
    return show_findings(context, result->findings, options);
}

}  // namespace

Command doctor_command() {
    auto options = std::make_shared<DoctorOptions>();
    Command command{
        .name = "doctor",
        .summary = "Finds what keeps an agent, or its link to a peer, from working",
        .arguments = "[PEER]",
        .description =
            "Examines the agent: sending, advertised address, descriptors, pauses, queues, and its "
            "timings against those of other members. With PEER, a member's name or HOST:PORT, also "
            "the link to it: UDP and TCP in both directions, keys, labels, versions. Takes about "
            "four seconds and changes nothing. Each problem has a cause, a remedy and an exit code "
            "(--causes lists them); 0 if there is none, warnings or not.",
        .flags = {{"strict", "", "Warnings have an exit code, too, not only problems.",
                   &options->strict},
                  {"causes", "", "List all causes with their exit codes and remedies, and end.",
                   &options->causes}},
        .examples = {{"rollcall doctor", "Examines the agent on this host."},
                     {"rollcall doctor db3", "And its link to the member db3."},
                     {"rollcall doctor 10.0.0.7:7946", "And to an address that is no member yet."},
                     {"rollcall doctor --causes", "What it can find, and the exit codes."}},
        .positionals = &options->peer,
        .max_positionals = 1,
        .run = [options](const Context& context) { return run_doctor(context, *options); },
        .state = options};
    add_rpc_flags(command, options->rpc);
    return command;
}

}  // namespace rollcall::cli

// SPDX-License-Identifier: Apache-2.0
//
// The result of an examination: a list of findings, each with a grade, and for a warning or a
// problem its cause (rpc/doctor_causes.h) and the remedy. Values.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rpc/doctor_causes.h"
#include "rpc/messages.h"

namespace rollcall::agent {

class Findings {
public:
    // `check` is what was looked at, in one or two words: "udp", "socket buffer".
    void ok(std::string_view check, std::string what) { add(check, "ok", "", std::move(what)); }
    // Worth knowing, and no reason to fail.
    void warn(std::string_view check, std::string_view cause, std::string what) {
        add(check, "warn", cause, std::move(what));
    }
    void problem(std::string_view check, std::string_view cause, std::string what) {
        add(check, "problem", cause, std::move(what));
    }
    // Could not be examined.
    void skip(std::string_view check, std::string what) { add(check, "skip", "", std::move(what)); }

    [[nodiscard]] const std::vector<rpc::DoctorFinding>& list() const { return list_; }
    [[nodiscard]] std::vector<rpc::DoctorFinding> take() { return std::move(list_); }
    [[nodiscard]] bool has_problem(std::string_view cause) const {
        return std::ranges::any_of(list_, [&](const rpc::DoctorFinding& finding) {
            return finding.grade == "problem" && finding.cause == cause;
        });
    }

private:
    void add(std::string_view check, std::string_view grade, std::string_view cause,
             std::string what) {
        const rpc::DoctorCause* const known = rpc::doctor_cause(cause);
        list_.push_back({.check = std::string{check},
                         .grade = std::string{grade},
                         .cause = std::string{cause},
                         .what = std::move(what),
                         .remedy = known == nullptr ? "" : std::string{known->remedy}});
    }

    std::vector<rpc::DoctorFinding> list_;
};

}  // namespace rollcall::agent

// SPDX-License-Identifier: Apache-2.0
#include "agent/http/api/filters.h"

#include <algorithm>
#include <string>
#include <utility>

namespace rollcall::agent::http {
namespace {

std::string checked_expression(Parameters& parameters, std::string_view name,
                               std::string expression) {
    if (const auto problem = MemberFilter::problem_of(expression)) {
        parameters.mistake(
            not_allowed(name, expression, "a regular expression (it " + *problem + ")"));
    }
    return expression;
}

}  // namespace

Filters Filters::of_members(Parameters& parameters) {
    Filters filters;
    const auto given = [&](std::string_view name) {
        return checked_expression(parameters, name, parameters.text(name).value_or(""));
    };
    const std::string status = given("status");
    if (!status.empty() && !MemberFilter::can_match_a_status(status)) {
        parameters.mistake(not_allowed(
            "status", status, "an expression that matches alive, leaving, left or failed"));
    }
    filters.add({.tags = {}, .status = status, .name = given("name")});
    filters.add_tags(parameters);
    return filters;
}

Filters Filters::of_tags(Parameters& parameters) {
    Filters filters;
    filters.add_tags(parameters);
    return filters;
}

void Filters::add_tags(Parameters& parameters) {
    const auto tags = parameters.texts("tag");
    if (tags.size() > MemberFilter::kMaxTags) {
        return parameters.mistake("tag: at most " + std::to_string(MemberFilter::kMaxTags));
    }
    std::size_t bytes = 0;
    for (const std::string& tag : tags) bytes += tag.size();
    if (bytes > MemberFilter::kMaxBytes) {
        return parameters.mistake("tag: " + std::to_string(bytes) +
                                  " bytes in all; allowed: at most " +
                                  std::to_string(MemberFilter::kMaxBytes));
    }
    for (const std::string& tag : tags) {
        const auto equals = tag.find('=');
        if (equals == std::string::npos || equals == 0) {
            parameters.mistake(not_allowed("tag", tag, "KEY=REGEXP"));
            continue;
        }
        const std::string expression =
            checked_expression(parameters, "tag", tag.substr(equals + 1));
        add({.tags = {{tag.substr(0, equals), expression}}, .status = {}, .name = {}});
    }
}

// One that does not compile is a mistake that was noted.
void Filters::add(const rpc::MembersFilteredRequest& request) {
    if (auto filter = MemberFilter::compile(request)) filters_.push_back(std::move(*filter));
}

bool Filters::want(const serf::MemberRecord& member) const {
    return std::ranges::all_of(filters_, [&](const auto& filter) { return filter.wants(member); });
}

}  // namespace rollcall::agent::http

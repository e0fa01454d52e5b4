// SPDX-License-Identifier: Apache-2.0
#include "agent/http/api/filters.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

namespace rollcall::agent::http {
namespace {

// Before any is compiled, since that takes time of the loop.
bool too_much(Parameters& parameters, std::size_t bytes, const std::vector<std::string>& tags) {
    if (tags.size() > MemberFilter::kMaxTags) {
        parameters.mistake("tag: given " + std::to_string(tags.size()) +
                           " times; allowed: at most " + std::to_string(MemberFilter::kMaxTags));
        return true;
    }
    for (const std::string& tag : tags) bytes += tag.size();
    if (bytes <= MemberFilter::kMaxBytes) return false;
    parameters.mistake("name, status and tag: " + std::to_string(bytes) +
                       " bytes; allowed: at most " + std::to_string(MemberFilter::kMaxBytes) +
                       " in all");
    return true;
}

}  // namespace

Filters Filters::of_members(Parameters& parameters) {
    Filters filters;
    const std::string status = parameters.text("status").value_or("");
    const std::string name = parameters.text("name").value_or("");
    const auto tags = parameters.texts("tag");
    if (too_much(parameters, status.size() + name.size(), tags)) return filters;
    const bool compiled =
        filters.add(parameters, "status", status, {.tags = {}, .status = status, .name = {}});
    if (compiled && !filters.filters_.back().wants_a_status()) {
        parameters.mistake(not_allowed(
            "status", status, "an expression that matches alive, leaving, left or failed"));
    }
    filters.add(parameters, "name", name, {.tags = {}, .status = {}, .name = name});
    filters.add_tags(parameters, tags);
    return filters;
}

Filters Filters::of_tags(Parameters& parameters) {
    Filters filters;
    const auto tags = parameters.texts("tag");
    if (!too_much(parameters, 0, tags)) filters.add_tags(parameters, tags);
    return filters;
}

void Filters::add_tags(Parameters& parameters, const std::vector<std::string>& tags) {
    for (const std::string& tag : tags) {
        const auto equals = tag.find('=');
        if (equals == std::string::npos || equals == 0) {
            parameters.mistake(not_allowed("tag", tag, "KEY=REGEXP"));
            continue;
        }
        const std::string expression = tag.substr(equals + 1);
        add(parameters, "tag", expression,
            {.tags = {{tag.substr(0, equals), expression}}, .status = {}, .name = {}});
    }
}

bool Filters::add(Parameters& parameters, std::string_view parameter, const std::string& expression,
                  const rpc::MembersFilteredRequest& request) {
    if (auto filter = MemberFilter::compile(request)) {
        filters_.push_back(std::move(*filter));
        return true;
    }
    const auto problem = MemberFilter::problem_of(expression).value_or("is not allowed");
    parameters.mistake(
        not_allowed(parameter, expression, "a regular expression (it " + problem + ")"));
    return false;
}

bool Filters::want(const serf::MemberRecord& member) const {
    return std::ranges::all_of(filters_, [&](const auto& filter) { return filter.wants(member); });
}

}  // namespace rollcall::agent::http

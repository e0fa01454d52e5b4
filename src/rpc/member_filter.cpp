// SPDX-License-Identifier: Apache-2.0
#include "rpc/member_filter.h"

#include <re2/re2.h>

#include <algorithm>
#include <array>

namespace rollcall::agent {
namespace {

// Null when it is refused.
std::unique_ptr<re2::RE2> compile_wrapped(const std::string& expression) {
    if (expression.size() > MemberFilter::kMaxPattern) return nullptr;
    re2::RE2::Options options;
    options.set_log_errors(false);
    options.set_max_mem(MemberFilter::kMaxMemory);
    auto pattern = std::make_unique<re2::RE2>("^" + expression + "$", options);
    if (!pattern->ok()) return nullptr;
    return pattern;
}

}  // namespace

MemberFilter::MemberFilter() = default;
MemberFilter::MemberFilter(MemberFilter&&) noexcept = default;
MemberFilter& MemberFilter::operator=(MemberFilter&&) noexcept = default;
MemberFilter::~MemberFilter() = default;

std::optional<std::string> MemberFilter::excess_of(const rpc::MembersFilteredRequest& request) {
    if (request.tags.size() > kMaxTags) {
        return "Tags: " + std::to_string(request.tags.size()) + " expressions; allowed: at most " +
               std::to_string(kMaxTags);
    }
    std::size_t bytes = request.name.size() + request.status.size();
    for (const auto& [tag, expression] : request.tags) bytes += expression.size();
    if (bytes <= kMaxBytes) return {};
    return "Name, Status and Tags: " + std::to_string(bytes) +
           " bytes of expressions; allowed: at most " + std::to_string(kMaxBytes) + " in all";
}

std::optional<MemberFilter> MemberFilter::compile(const rpc::MembersFilteredRequest& request) {
    if (excess_of(request)) return {};
    MemberFilter filter;
    if (!request.name.empty() && !(filter.name_ = compile_wrapped(request.name))) return {};
    if (!request.status.empty() && !(filter.status_ = compile_wrapped(request.status))) return {};
    for (const auto& [tag, expression] : request.tags) {
        auto pattern = compile_wrapped(expression);
        if (!pattern) return {};
        filter.tags_.emplace_back(tag, std::move(pattern));
    }
    return filter;
}

std::optional<std::string> MemberFilter::problem_of(const std::string& expression) {
    if (expression.size() > kMaxPattern) {
        return "is longer than " + std::to_string(kMaxPattern) + " bytes";
    }
    if (compile_wrapped(expression)) return {};
    // Alone, since the error may quote it.
    re2::RE2::Options options;
    options.set_log_errors(false);
    const re2::RE2 alone{expression, options};
    if (alone.ok()) return "needs too much memory";
    return "is not a regular expression: " + alone.error();
}

bool MemberFilter::can_match_a_status(const std::string& expression) {
    const auto filter = compile({.status = expression});
    return filter && filter->wants_a_status();
}

bool MemberFilter::wants_a_status() const {
    using enum serf::Status;
    return std::ranges::any_of(std::array{alive, leaving, left, failed},
                               [&](serf::Status status) { return wants({.status = status}); });
}

bool MemberFilter::wants(const serf::MemberRecord& member) const {
    const auto matches = [](const std::string& text, const Pattern& pattern) {
        return !pattern || re2::RE2::PartialMatch(text, *pattern);
    };
    if (!matches(member.name, name_)) return false;
    if (!matches(std::string{to_string(member.status)}, status_)) return false;
    for (const auto& [tag, pattern] : tags_) {
        const auto found = member.tags.find(tag);
        if (!matches(found == member.tags.end() ? std::string{} : found->second, pattern)) {
            return false;
        }
    }
    return true;
}

}  // namespace rollcall::agent

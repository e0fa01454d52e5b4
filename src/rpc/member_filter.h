// SPDX-License-Identifier: Apache-2.0
//
// A client's filter of members: regular expressions on name, status and tags. An expression is
// wrapped as ^EXPR$ text, as Serf does it, so "a|b" means "^a" or "b$". RE2, so no expression takes
// more than linear time; its length and memory are bounded here.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "rpc/messages.h"
#include "serf/events.h"

namespace re2 {
class RE2;
}

namespace rollcall::agent {

class MemberFilter {
public:
    static constexpr std::size_t kMaxPattern = 1024;  // bytes of one expression
    static constexpr std::size_t kMaxTags = 16;       // expressions on tags
    // Of all expressions of one request: at worst 30 ms of the agent's loop.
    static constexpr std::size_t kMaxBytes = 1024;
    static constexpr std::int64_t kMaxMemory = 256 << 10;  // of one compiled expression

    // The expressions are too many, or too long together: names the field, its value and what is
    // allowed. nullopt: they are not.
    [[nodiscard]] static std::optional<std::string> excess_of(
        const rpc::MembersFilteredRequest& request);
    // nullopt: an expression is malformed or over a bound.
    [[nodiscard]] static std::optional<MemberFilter> compile(
        const rpc::MembersFilteredRequest& request);
    MemberFilter(MemberFilter&&) noexcept;
    MemberFilter& operator=(MemberFilter&&) noexcept;
    ~MemberFilter();

    // Why such an expression is refused; nullopt when it is not.
    [[nodiscard]] static std::optional<std::string> problem_of(const std::string& expression);
    // False: no status of a member that is listed matches.
    [[nodiscard]] static bool can_match_a_status(const std::string& expression);

    [[nodiscard]] bool wants(const serf::MemberRecord& member) const;
    // Whether it wants a member of any status, when nothing else is asked for.
    [[nodiscard]] bool wants_a_status() const;

private:
    using Pattern = std::unique_ptr<re2::RE2>;
    MemberFilter();

    Pattern name_, status_;  // null: any
    std::vector<std::pair<std::string, Pattern>> tags_;
};

}  // namespace rollcall::agent

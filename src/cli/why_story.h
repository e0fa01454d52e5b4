// SPDX-License-Identifier: Apache-2.0
//
// The answer of `rollcall why`: what one agent knows about a member, and with --all what the others
// answered, as a story for people or one JSON object. Pure: asks nothing. All texts are from the
// network: sanitized for people; an answer that cannot be read is reported as such.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "rpc/messages.h"

namespace rollcall::cli {

namespace rpc = agent::rpc;

// One thing that an agent saw.
struct StoryLine {
    Duration ago{};
    std::string text;
};

// What another agent answered to the built-in query `why`.
struct OtherView {
    bool known = false;
    rpc::MemberDetails details;      // without the member's name, address and tags
    std::vector<StoryLine> records;  // oldest first
    std::size_t cut = 0;             // older records that did not fit into the answer
};
// nullopt: not an answer that this version can read.
[[nodiscard]] std::optional<OtherView> parse_other_view(std::string_view payload);

class WhyStory {
public:
    WhyStory(std::string node, std::string agent, rpc::WhyResponse seen)
        : node_{std::move(node)}, agent_{std::move(agent)}, seen_{std::move(seen)} {}

    // --all: the members that were asked, then what came back.
    void asked(std::set<std::string> members);
    void acked(const std::string& member) { acked_.insert(member); }
    void answered(const std::string& member, std::string_view payload);

    // Whether any agent that answered knows the member, or has records about it.
    [[nodiscard]] bool is_known() const;
    [[nodiscard]] std::string text() const;
    [[nodiscard]] std::string json() const;  // with a newline

private:
    [[nodiscard]] std::string own_text() const;
    [[nodiscard]] std::string others_text() const;
    // Asked, and neither answered nor acked; or acked only.
    [[nodiscard]] std::vector<std::string> without_answer(bool acked) const;

    std::string node_;
    std::string agent_;
    rpc::WhyResponse seen_;
    bool all_ = false;
    std::set<std::string> asked_, acked_;
    std::map<std::string, std::optional<OtherView>> answers_;  // nullopt: unreadable
};

}  // namespace rollcall::cli

// SPDX-License-Identifier: Apache-2.0
//
// Views of the cluster, grouped by their checksum: the result of `rollcall partitions`. And the
// search for the members in which two views differ, by questions that each fit into a packet
// (agent/doctor/view_answers.h), in a bounded number of them. Pure: the caller asks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace rollcall::cli {

// One agent's answer to the built-in query "view".
struct AgentSummary {
    std::string view, version;
    std::size_t up = 0, failed = 0, left = 0;
};
// nullopt: not such an answer. Unknown fields are skipped.
[[nodiscard]] std::optional<AgentSummary> parse_summary(std::string_view text);

// In which members two views differ: names that are up in one alone.
struct ViewDifference {
    std::set<std::string> missing;  // up in ours, not in theirs
    std::set<std::string> extra;    // up in theirs, not in ours
    bool complete = true;           // false: there are more
};

// Compares our members with the answers of one agent.
class ViewSearch {
public:
    static constexpr unsigned kMostQuestions = 24;
    // Returns the answer to a question, or nullopt if none came.
    using Ask = std::function<std::optional<std::string>(const std::string& question)>;

    explicit ViewSearch(const std::set<std::string>& ours);
    [[nodiscard]] ViewDifference run(const Ask& ask);

private:
    struct Part {
        unsigned bits = 0;
        std::uint64_t prefix = 0;
        std::size_t theirs = 0;  // members that they have in it
    };
    [[nodiscard]] bool compare_names(const Part& part, const Ask& ask, ViewDifference& found);
    [[nodiscard]] bool split(const Part& part, const Ask& ask, std::vector<Part>& differing) const;
    [[nodiscard]] std::vector<std::string> ours_in(unsigned bits, std::uint64_t prefix) const;

    std::map<std::uint64_t, std::string> ours_;  // by hash
};

// Of two lists that are known both.
[[nodiscard]] ViewDifference difference_of(const std::set<std::string>& ours,
                                           const std::set<std::string>& theirs);

class Views {
public:
    struct Group {
        AgentSummary summary;
        std::set<std::string> agents;
        // From the first group: the one of the first agent that was asked.
        std::optional<ViewDifference> difference;
    };
    enum class Silence : std::uint8_t {
        failed,      // failed for every agent that was asked directly
        no_answers,  // acked and did not answer: a Serf agent, or an older rollcall
        silent,      // neither
    };

    void add(const std::string& agent, const AgentSummary& summary);
    // Such a member did not answer; has no effect if it did, elsewhere.
    void add_silent(const std::string& member, Silence silence);

    // The group of that agent first, then the largest.
    [[nodiscard]] std::vector<Group>& arrange(const std::string& first_agent);
    [[nodiscard]] const std::vector<Group>& groups() const { return groups_; }
    [[nodiscard]] bool one_view() const { return groups_.size() <= 1; }

    [[nodiscard]] std::string as_text() const;
    [[nodiscard]] std::string as_json() const;  // one line

private:
    [[nodiscard]] std::set<std::string> of(Silence silence) const;

    std::map<std::string, AgentSummary> agents_;
    std::map<std::string, Silence> silent_;
    std::vector<Group> groups_;
};

}  // namespace rollcall::cli

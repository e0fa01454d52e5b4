// SPDX-License-Identifier: Apache-2.0
//
// The machines of all members, for `rollcall top`: who answered with what, and who did not, and
// why. As a table, as JSON, and cut to a screen. Pure; sanitizes text from the network.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/output.h"
#include "cli/terminal/screen.h"
#include "cli/top/figures.h"

namespace rollcall::cli {

enum class TopSort : unsigned char { cpu, memory, load, pressure, name };
// "cpu", "mem", "load", "pressure", "name".
[[nodiscard]] std::optional<TopSort> parse_top_sort(std::string_view text);

struct TopView {
    WindowSize size;
    std::size_t first = 0;  // row that is shown first
    bool colour = false;
    std::string_view agent;  // that was asked
    std::string_view time;   // of the answers
};

class Top {
public:
    // Members that left are not expected to have a row.
    explicit Top(std::span<const rpc::Member> members);

    void acked(const std::string& name);
    void answered(const std::string& name, std::string_view text);
    // Statuses as they are now: some may have failed since they were asked.
    void update(std::span<const rpc::Member> members);

    // Whether all members that are up have answered.
    [[nodiscard]] bool complete() const;
    [[nodiscard]] std::size_t members() const { return rows_.size(); }

    // Those that did not answer come last.
    [[nodiscard]] std::string as_text(TopSort sort, bool colour) const;
    [[nodiscard]] std::string as_json(TopSort sort) const;
    // Those that did not answer come first. Lines for Screen::draw().
    [[nodiscard]] std::string as_screen(TopSort sort, const TopView& view) const;

private:
    enum class Answer : unsigned char { missing, unreadable, sample };
    struct Machine {
        std::string status;
        bool acked = false;
        Answer answer = Answer::missing;
        TopAnswer sample;
        std::string text;  // of the answer
        [[nodiscard]] bool answered() const { return answer == Answer::sample; }
    };
    using Entry = std::pair<const std::string, Machine>;
    struct Reason {
        std::string_view key, text;
    };
    [[nodiscard]] static Reason reason_of(const Machine& machine);
    [[nodiscard]] static std::string note_of(const Machine& machine);
    [[nodiscard]] static std::vector<std::string> cells_of(const Entry& entry);
    [[nodiscard]] std::vector<const Entry*> in_order(TopSort sort, bool missing_first) const;
    // The header of the columns, then a line for each.
    [[nodiscard]] static std::vector<std::string> lines_of(std::span<const Entry* const> order);
    [[nodiscard]] static std::string_view colour_of(const Machine& machine);
    [[nodiscard]] std::string summary() const;

    std::map<std::string, Machine> rows_;
};

}  // namespace rollcall::cli

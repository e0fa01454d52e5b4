// SPDX-License-Identifier: Apache-2.0
#include "cli/top/table.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "base/sanitize.h"
#include "cli/members_screen.h"
#include "cli/terminal/table.h"
#include "cli/terminal/width.h"
#include "cli/times.h"

namespace rollcall::cli {

namespace {

using TableJson = nlohmann::ordered_json;

constexpr std::size_t kMostNamed = 8;
constexpr std::string_view kTopBold = "\x1b[1m";
constexpr std::string_view kTopPlain = "\x1b[0m";

struct SortName {
    std::string_view name;
    TopSort sort;
};
constexpr std::array kSorts{SortName{"cpu", TopSort::cpu}, SortName{"mem", TopSort::memory},
                            SortName{"load", TopSort::load},
                            SortName{"pressure", TopSort::pressure},
                            SortName{"name", TopSort::name}};

std::optional<double> figure_of(const TopFigures& figures, TopSort sort) {
    switch (sort) {
        case TopSort::cpu:
            return figures.busy;
        case TopSort::memory:
            return figures.memory_used;
        case TopSort::load:
            return figures.load;
        case TopSort::pressure:
            return figures.stall();
        case TopSort::name:
            return {};
    }
    return {};
}

bool is_up(std::string_view status) {
    return status == "alive" || status == "leaving";
}

std::string decimal_text(std::optional<double> number, const char* form) {
    if (!number) return "-";
    char text[32];
    std::snprintf(text, sizeof text, form, *number);
    return text;
}

// "71/0/2%" of CPU, memory and IO.
std::string stalls_text(const TopFigures& figures) {
    if (!figures.stall()) return "-";
    const auto part = [](std::optional<double> share) {
        std::string text = share_text(share);
        if (share) text.pop_back();
        return text;
    };
    return part(figures.stall_cpu) + '/' + part(figures.stall_memory) + '/' +
           part(figures.stall_io) + '%';
}

std::string painted_line(bool wanted, std::string_view colour, std::string_view text) {
    if (!wanted || colour.empty()) return std::string{text};
    return std::string{colour} + std::string{text} + std::string{kTopPlain};
}

}  // namespace

std::optional<TopSort> parse_top_sort(std::string_view text) {
    const auto* const found = std::ranges::find(kSorts, text, &SortName::name);
    return found == kSorts.end() ? std::nullopt : std::optional{found->sort};
}

Top::Top(std::span<const rpc::Member> members) {
    for (const rpc::Member& member : members) {
        if (member.status != "left") rows_[member.name].status = member.status;
    }
}

void Top::update(std::span<const rpc::Member> members) {
    for (const rpc::Member& member : members) {
        const auto row = rows_.find(member.name);
        if (row != rows_.end()) row->second.status = member.status;
    }
}

void Top::acked(const std::string& name) {
    if (const auto row = rows_.find(name); row != rows_.end()) row->second.acked = true;
}

// A member that joined since is shown, too.
void Top::answered(const std::string& name, std::string_view text) {
    const auto sample = parse_sample(text);
    Machine& machine = rows_[name];
    if (machine.status.empty()) machine.status = "alive";
    machine.answer = sample ? Answer::sample : Answer::unreadable;
    if (!sample) return;
    machine.sample = *sample;
    machine.text = text;
}

bool Top::complete() const {
    return std::ranges::all_of(rows_, [](const Entry& entry) {
        return entry.second.answer != Answer::missing || !is_up(entry.second.status);
    });
}

Top::Reason Top::reason_of(const Machine& machine) {
    if (machine.answer == Answer::unreadable) {
        return {"unreadable", "its answer cannot be read: another version"};
    }
    if (machine.status == "failed") return {"failed", "failed"};
    if (machine.status == "left") return {"left", "left"};
    if (machine.acked) {
        return {"unknown_question",
                "does not know the question: a Serf agent, or an older rollcall"};
    }
    return {"no_answer", "no answer in time"};
}

std::string Top::note_of(const Machine& machine) {
    if (!machine.answered()) return std::string{reason_of(machine).text};
    switch (machine.sample.state) {
        case TopAnswer::State::ok:
            return machine.status == "leaving" ? "leaving" : "";
        case TopAnswer::State::none:
            return "it has no sample yet, or its files hang";
        case TopAnswer::State::off:
            return "it takes no samples (sample-interval 0)";
    }
    return "";
}

std::vector<std::string> Top::cells_of(const Entry& entry) {
    const TopFigures& f = entry.second.sample.figures;
    const auto uptime = [&]() -> std::string {
        if (!f.uptime) return "-";
        constexpr double kMost = 1e9;  // thirty years: what is above cannot be a Duration for sure
        return age_text(std::chrono::seconds{static_cast<long>(std::min(*f.uptime, kMost))});
    };
    return {sanitized(entry.first),
            share_text(f.busy),
            share_text(f.iowait),
            share_text(f.steal),
            share_text(f.memory_used),
            size_text(f.memory),
            share_text(f.swap_used),
            decimal_text(f.load, "%.2f"),
            decimal_text(f.cores, "%.0f"),
            stalls_text(f),
            uptime(),
            note_of(entry.second)};
}

std::vector<const Top::Entry*> Top::in_order(TopSort sort, bool missing_first) const {
    std::vector<const Entry*> order;
    for (const Entry& entry : rows_) order.push_back(&entry);  // by name
    std::ranges::stable_sort(order, [&](const Entry* a, const Entry* b) {
        const bool here = a->second.answered(), there = b->second.answered();
        if (here != there) return missing_first ? there : here;
        return figure_of(a->second.sample.figures, sort) >
               figure_of(b->second.sample.figures, sort);
    });
    return order;
}

std::vector<std::string> Top::lines_of(std::span<const Entry* const> order) {
    std::vector<std::vector<std::string>> cells{{"NAME", "CPU", "IOWAIT", "STEAL", "MEM", "OF",
                                                 "SWAP", "LOAD", "CORES", "PRESSURE", "UP", ""}};
    for (const Entry* entry : order) cells.push_back(cells_of(*entry));
    std::vector<std::string> lines;
    std::string_view table;
    const std::string text = plain_table(cells);
    for (table = text; !table.empty();) {
        std::string line{table.substr(0, table.find('\n'))};
        table.remove_prefix(std::min(line.size() + 1, table.size()));
        line.erase(line.find_last_not_of(' ') + 1);
        lines.push_back(std::move(line));
    }
    return lines;
}

std::string_view Top::colour_of(const Machine& machine) {
    if (machine.answered()) return {};
    return status_colour(machine.status == "failed" ? "failed" : "suspect");
}

std::string Top::summary() const {
    std::vector<std::string> missing;
    for (const auto& [name, machine] : rows_) {
        if (!machine.answered()) missing.push_back(sanitized(name));
    }
    std::string text = std::to_string(rows_.size() - missing.size()) + " of " +
                       std::to_string(rows_.size()) +
                       (rows_.size() == 1 ? " member answered" : " members answered");
    for (std::size_t i = 0; i < std::min(missing.size(), kMostNamed); ++i) {
        text += (i == 0 ? "; not: " : ", ") + missing[i];
    }
    if (missing.size() > kMostNamed) {
        text += " and " + std::to_string(missing.size() - kMostNamed) + " more";
    }
    return text;
}

std::string Top::as_text(TopSort sort, bool colour) const {
    const auto order = in_order(sort, false);
    const auto lines = lines_of(order);
    std::string text = painted_line(colour, kTopBold, lines.front()) + '\n';
    for (std::size_t i = 0; i < order.size(); ++i) {
        text += painted_line(colour, colour_of(order[i]->second), lines[i + 1]) + '\n';
    }
    return text + '\n' + summary() + '\n';
}

std::string Top::as_json(TopSort sort) const {
    TableJson members = TableJson::array();
    std::size_t answers = 0;
    for (const Entry* entry : in_order(sort, false)) {
        const Machine& machine = entry->second;
        TableJson member{
            {"name", entry->first}, {"status", machine.status}, {"answered", machine.answered()}};
        if (machine.answered()) {
            ++answers;
            member["sample"] = TableJson::parse(machine.text, nullptr, false);
        } else {
            member["reason"] = reason_of(machine).key;
        }
        members.push_back(std::move(member));
    }
    const TableJson json{{"answered", answers},
                         {"missing", rows_.size() - answers},
                         {"members", std::move(members)}};
    return json.dump(2, ' ', false, TableJson::error_handler_t::replace) + '\n';
}

std::string Top::as_screen(TopSort sort, const TopView& view) const {
    const std::size_t width = view.size.columns;
    const auto order = in_order(sort, true);
    const auto lines = lines_of(order);
    std::string text = painted_line(
        view.colour, kTopBold,
        shortened(summary() + " | agent " + sanitized(view.agent) + " | " + std::string{view.time},
                  width));
    if (view.size.rows == 1) return text;
    text += '\n' + painted_line(view.colour, kTopBold, shortened(lines.front(), width));
    const std::size_t page = members_per_page(view.size);
    const std::size_t first = std::min(view.first, last_page(order.size(), view.size));
    const std::size_t shown = std::min(page, order.size() - first);
    for (std::size_t i = first; i < first + shown; ++i) {
        text += '\n' + painted_line(view.colour, colour_of(order[i]->second),
                                    shortened(lines[i + 1], width));
    }
    if (page > 0) text += '\n' + shortened(page_text(first, shown, order.size()), width);
    return text;
}

}  // namespace rollcall::cli

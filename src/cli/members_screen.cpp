// SPDX-License-Identifier: Apache-2.0
#include "cli/members_screen.h"

#include <algorithm>
#include <array>

#include "base/sanitize.h"
#include "cli/terminal/width.h"

namespace rollcall::cli {

namespace {

constexpr std::array<std::string_view, 5> kStatuses{"failed", "suspect", "leaving", "left",
                                                    "alive"};
constexpr std::size_t kSummaryRows = 2;  // and the header of the list
constexpr std::size_t kFooterRows = 1;
constexpr std::size_t kGap = 2;
constexpr std::size_t kStatusColumns = 7;  // "leaving"
constexpr std::size_t kLeastName = 8;
constexpr std::size_t kLeastTags = 6;
constexpr std::string_view kBoldText = "\x1b[1m";
constexpr std::string_view kPlainText = "\x1b[0m";

std::size_t rank_of(std::string_view status) {
    return static_cast<std::size_t>(std::ranges::find(kStatuses, status) - kStatuses.begin());
}

// "12 members: 1 failed, 11 alive"
std::string counts_text(std::span<const rpc::Member> members) {
    std::string text;
    std::size_t known = 0;
    const auto add = [&text](std::size_t count, std::string_view status) {
        if (count == 0) return;
        text += (text.empty() ? ": " : ", ") + std::to_string(count) + ' ' + std::string{status};
    };
    for (const std::string_view status : kStatuses) {
        const auto count =
            static_cast<std::size_t>(std::ranges::count(members, status, &rpc::Member::status));
        known += count;
        add(count, status);
    }
    add(members.size() - known, "unknown");
    return std::to_string(members.size()) + (members.size() == 1 ? " member" : " members") + text;
}

struct Columns {
    std::size_t name = 0, address = 0, tags = 0;  // 0: not shown
};

// The status is always shown. The name shrinks first, then the address goes; the tags get the rest.
Columns columns_for(std::span<const rpc::Member> members, std::size_t width) {
    std::size_t name = 4, address = 7, tags = 0;
    for (const rpc::Member& member : members) {
        name = std::max(name, width_of(sanitized(member.name)));
        address = std::max(address, width_of(address_text(member)));
        tags = std::max(tags, width_of(tags_text(member.tags)));
    }
    Columns columns;
    const std::size_t fixed = kStatusColumns + kGap;
    std::size_t room = width > fixed ? width - fixed : 1;
    if (room >= kLeastName + kGap + address) {
        columns.address = address;
        room -= address + kGap;
    }
    // A long name leaves some room for tags, which often say what the member is for.
    std::size_t for_name = room;
    if (tags > 0 && name + kGap + kLeastTags > room && room >= 3 * (kLeastName + kGap)) {
        for_name = room - room / 3;
    }
    columns.name = std::min(name, for_name);
    room -= columns.name;
    if (tags > 0 && room >= kGap + kLeastTags) columns.tags = std::min(tags, room - kGap);
    return columns;
}

std::string row_of(const Columns& columns, std::string_view name, std::string_view address,
                   const std::string& status, std::string_view tags) {
    const std::string gap(kGap, ' ');
    std::string row = fitted(name, columns.name);
    if (columns.address > 0) row += gap + fitted(address, columns.address);
    row += gap + status;
    if (columns.tags > 0) row += gap + shortened(tags, columns.tags);
    return row;
}

}  // namespace

void sort_problems_first(std::vector<rpc::Member>& members) {
    sort_members(members);
    std::ranges::stable_sort(members, {},
                             [](const rpc::Member& member) { return rank_of(member.status); });
}

std::size_t members_per_page(WindowSize size) {
    constexpr std::size_t kOthers = kSummaryRows + kFooterRows;
    return size.rows > kOthers ? size.rows - kOthers : 0;
}

std::size_t last_page(std::size_t members, WindowSize size) {
    const std::size_t page = members_per_page(size);
    return members > page ? members - page : 0;
}

std::string page_text(std::size_t first, std::size_t shown, std::size_t members) {
    if (shown == members) return "q quits";
    return std::to_string(first + 1) + " to " + std::to_string(first + shown) + " of " +
           std::to_string(members) + "; arrows scroll, q quits";
}

std::string members_screen(std::span<const rpc::Member> members, const MembersView& view) {
    const auto painted = [&](std::string_view colour, std::string_view text) {
        if (!view.colour || colour.empty()) return std::string{text};
        return std::string{colour} + std::string{text} + std::string{kPlainText};
    };
    const std::size_t width = view.size.columns;
    const std::size_t page = members_per_page(view.size);
    const std::size_t first = std::min(view.first, last_page(members.size(), view.size));
    const std::size_t shown = std::min(page, members.size() - first);

    const std::string summary =
        counts_text(members) + " | agent " + sanitized(view.agent) + " | " + std::string{view.time};
    std::string text = painted(kBoldText, shortened(summary, width));
    if (view.size.rows == 1) return text;
    const Columns columns = columns_for(members, width);
    text += '\n' + painted(kBoldText, shortened(row_of(columns, "NAME", "ADDRESS",
                                                       fitted("STATUS", kStatusColumns), "TAGS"),
                                                width));
    for (const rpc::Member& member : members.subspan(first, shown)) {
        const std::string status = fitted(sanitized(member.status), kStatusColumns);
        text +=
            '\n' + row_of(columns, sanitized(member.name), address_text(member),
                          painted(status_colour(member.status), status), tags_text(member.tags));
    }
    if (page > 0) text += '\n' + shortened(page_text(first, shown, members.size()), width);
    return text;
}

}  // namespace rollcall::cli

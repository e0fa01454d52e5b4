// SPDX-License-Identifier: Apache-2.0
//
// The view of `members --watch` on a terminal: a summary, then the members, problems first, cut to
// the size of the screen. A pure function; sanitizes text from the network.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cli/output.h"
#include "cli/terminal/screen.h"

namespace rollcall::cli {

struct MembersView {
    WindowSize size;
    std::size_t first = 0;  // row of the list that is shown first
    bool colour = false;
    std::string_view agent;  // whose list it is
    std::string_view time;   // of the list
};

// Failed members, suspects (a status of ours), leaving members, then those that left, then the
// others; each by name.
void sort_problems_first(std::vector<rpc::Member>& members);

// Lines for Screen::draw(), at most as many as the screen has.
[[nodiscard]] std::string members_screen(std::span<const rpc::Member> members,
                                         const MembersView& view);
// How many members fit, and where the last page begins.
[[nodiscard]] std::size_t members_per_page(WindowSize size);
[[nodiscard]] std::size_t last_page(std::size_t members, WindowSize size);
// The last line of the screen: which rows of how many it shows.
[[nodiscard]] std::string page_text(std::size_t first, std::size_t shown, std::size_t members);

}  // namespace rollcall::cli

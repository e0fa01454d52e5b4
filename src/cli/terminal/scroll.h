// SPDX-License-Identifier: Apache-2.0
//
// Which rows of a long list are on the screen, and the keys that change it. Plain arithmetic.
#pragma once

#include <algorithm>
#include <cstddef>

#include "cli/terminal/screen.h"

namespace rollcall::cli {

struct Scroll {
    std::size_t first = 0;  // row that is shown first

    // `page` rows fit; the last page begins with row `last`.
    void handle(Key key, std::size_t page, std::size_t last) {
        page = std::max<std::size_t>(page, 1);
        switch (key) {
            case Key::up:
                first -= std::min<std::size_t>(first, 1);
                break;
            case Key::down:
                first += 1;
                break;
            case Key::page_up:
                first -= std::min(first, page);
                break;
            case Key::page_down:
                first += page;
                break;
            case Key::home:
                first = 0;
                break;
            case Key::end:
                first = last;
                break;
            case Key::quit:
            case Key::other:
                break;
        }
        first = std::min(first, last);
    }
};

}  // namespace rollcall::cli

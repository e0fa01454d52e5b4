// SPDX-License-Identifier: Apache-2.0
#include "cli/text.h"

#include <algorithm>

namespace rollcall::cli {

std::size_t width_of(std::string_view text) {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
        return (static_cast<unsigned char>(c) & 0xc0u) != 0x80u;
    }));
}

}  // namespace rollcall::cli

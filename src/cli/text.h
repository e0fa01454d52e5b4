// SPDX-License-Identifier: Apache-2.0
//
// How much room text takes on a terminal.
#pragma once

#include <cstddef>
#include <string_view>

namespace rollcall::cli {

// The width in columns: characters, not bytes.
[[nodiscard]] std::size_t width_of(std::string_view text);

}  // namespace rollcall::cli

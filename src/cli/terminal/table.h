// SPDX-License-Identifier: Apache-2.0
//
// Text in columns, two spaces apart. A pure function.
#pragma once

#include <string>
#include <vector>

namespace rollcall::cli {

// One line per row, without a newline at the end. Every row has as many cells as the first. The
// last column is not padded.
[[nodiscard]] std::string plain_table(const std::vector<std::vector<std::string>>& rows);

}  // namespace rollcall::cli

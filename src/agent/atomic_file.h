// SPDX-License-Identifier: Apache-2.0
//
// A file that is replaced as a whole or not at all: a temporary one beside it, synced, then renamed
// over it, then the directory synced. Blocks on the disk: not for the loop's thread.
#pragma once

#include <string>
#include <string_view>

#include <sys/types.h>

namespace rollcall::agent {

// "", or what failed and why. On failure the old file is as it was and nothing is left beside it.
[[nodiscard]] std::string replace_file(const std::string& path, std::string_view content,
                                       mode_t mode);

}  // namespace rollcall::agent

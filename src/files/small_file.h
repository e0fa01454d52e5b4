// SPDX-License-Identifier: Apache-2.0
//
// Reads a whole file of limited size: configuration, keys, tags, seeds, scenarios.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "base/result.h"

namespace rollcall {

struct FileError {
    enum class Kind : std::uint8_t { missing, not_a_regular_file, too_large, unreadable };
    Kind kind = Kind::unreadable;
    // "No such file or directory", "it is larger than 64 KiB": for the end of a sentence that names
    // the path.
    std::string text;
};

// What is not a regular file is refused by default: reading a pipe or a device may block or never
// end. `accept` is for programs that have nothing else to do, and `<(...)` of a shell.
enum class Pipes : std::uint8_t { refuse, accept };

// `most` in bytes; a larger file is an error, not a shorter text. Blocks for as long as the disk
// does.
[[nodiscard]] Result<std::string, FileError> read_small_file(const std::string& path,
                                                             std::size_t most,
                                                             Pipes pipes = Pipes::refuse);

}  // namespace rollcall

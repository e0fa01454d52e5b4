// SPDX-License-Identifier: Apache-2.0
//
// Seeds that stand in a file, one to a line, as an operator or a program of theirs keeps it:
// written "file+/etc/rollcall/seeds" where a seed is expected. Read anew at each look-up, so that
// it may change under a running agent. '#' begins a comment. Waits for the disk: on a thread of its
// own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/endpoint.h"
#include "base/result.h"

namespace rollcall::transport {

inline constexpr std::string_view kSeedFile = "file+";
inline constexpr std::size_t kMostSeedsInAFile = 64;

// The path behind "file+"; nullopt when the host is another. Only an absolute path: no name of a
// host has a slash in it.
[[nodiscard]] std::optional<std::string_view> seed_file_of(std::string_view host);

struct SeedFileError {
    std::string why;  // "cannot read /etc/rollcall/seeds: No such file or directory", ...
};
// At most kMostSeedsInAFile lines that count, in at most 64 KiB.
[[nodiscard]] Result<std::vector<HostPort>, SeedFileError> read_seed_file(
    const std::string& path, std::uint16_t default_port);

}  // namespace rollcall::transport

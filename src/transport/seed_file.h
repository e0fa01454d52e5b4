// SPDX-License-Identifier: Apache-2.0
//
// Seeds in a file, one per line, maintained by an operator or a program: given as
// "file+/etc/rollcall/seeds" where a seed is expected. Read again at each look-up, so that it may
// change while an agent runs. '#' begins a comment. Waits for the disk: runs on a separate
// thread.
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

// The path after "file+"; nullopt for an ordinary host. Only an absolute path: host names have no
// slash.
[[nodiscard]] std::optional<std::string_view> seed_file_of(std::string_view host);

struct SeedFileError {
    std::string why;  // "cannot read /etc/rollcall/seeds: No such file or directory", ...
};
// At most kMostSeedsInAFile lines that count, in at most 64 KiB.
[[nodiscard]] Result<std::vector<HostPort>, SeedFileError> read_seed_file(
    const std::string& path, std::uint16_t default_port);

}  // namespace rollcall::transport

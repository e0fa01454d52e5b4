// SPDX-License-Identifier: Apache-2.0
//
// The tags file, which keeps tags across restarts: a JSON object of strings, as with Serf. Parsing
// and formatting only; agent/files/persistence.h writes the file.
#pragma once

#include <cstddef>
#include <string>

#include "base/result.h"
#include "serf/config.h"

namespace rollcall::agent {

inline constexpr std::size_t kMaxTagsFile = std::size_t{64} << 10;  // bytes

// No tags if there is no file yet. The error says what a tags file must be.
[[nodiscard]] Result<serf::Tags, std::string> load_tags(const std::string& path);

// The content of the file. Invalid UTF-8 is replaced, since JSON cannot hold it.
[[nodiscard]] std::string tags_as_json(const serf::Tags& tags);

}  // namespace rollcall::agent

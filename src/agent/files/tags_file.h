// SPDX-License-Identifier: Apache-2.0
//
// Tags that outlive the agent: the tags file, in Serf's form, a JSON object of texts. Text in and
// text out; who reads and writes the file, and when, is decided elsewhere.
#pragma once

#include <cstddef>
#include <string>

#include "base/result.h"
#include "serf/config.h"

namespace rollcall::agent {

inline constexpr std::size_t kMaxTagsFile = std::size_t{64} << 10;  // bytes

// None when there is no such file yet. The error says what a tags file should be.
[[nodiscard]] Result<serf::Tags, std::string> load_tags(const std::string& path);

// What such a file holds. Bytes that are no UTF-8 are replaced: JSON knows none.
[[nodiscard]] std::string tags_as_json(const serf::Tags& tags);

}  // namespace rollcall::agent

// SPDX-License-Identifier: Apache-2.0
//
// Parser of configuration files: one JSON object with Serf's keys, in any case, and comments (//
// and
// /* */). One pass that records the line of every key for error messages. Refuses unknown keys,
// repeated keys and values of the wrong type; values are checked later. Reads only. One thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "agent/config/raw_setting.h"

namespace rollcall::agent {

inline constexpr std::size_t kMaxConfigFile = std::size_t{1} << 20;  // bytes; larger is a mistake
inline constexpr std::size_t kMaxConfigFiles = 1024;                 // in all folders together
inline constexpr std::size_t kMaxMistakes = 100;                     // reported per file

struct ConfigFile {
    std::vector<RawSetting> given;      // in the order of the file
    std::vector<std::string> warnings;  // keys of Serf that have no effect here
    // Each is "NAME:LINE: KEY: ...", or "NAME:LINE: ..." without a key. If there are any, the file
    // is refused; `given` holds the rest of it.
    std::vector<std::string> mistakes;
    // False: the file was not read to its end, so there may be more settings and mistakes.
    bool whole = true;
};

[[nodiscard]] ConfigFile parse_config(std::string_view name, std::string_view text);
[[nodiscard]] ConfigFile read_config(const std::string& path);

// Keeps files; replaces a folder by its *.json files without a leading dot, sorted by name, not
// recursive. Mistakes name the path: an unreadable folder, or too many files (only the first are
// kept).
struct ConfigPaths {
    std::vector<std::string> files;
    std::vector<std::string> mistakes;
};
[[nodiscard]] ConfigPaths config_files(const std::vector<std::string>& paths);

}  // namespace rollcall::agent

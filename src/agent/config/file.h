// SPDX-License-Identifier: Apache-2.0
//
// A configuration file: one JSON object with Serf's keys, in any case, and comments (// and /* */).
// Read in one pass that remembers the line of every key, so that a mistake can be found. Refuses
// unknown keys, keys given twice and values of another type than the setting's; what a value may be
// is judged later. Reads only. One thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "agent/config/given.h"

namespace rollcall::agent {

inline constexpr std::size_t kMaxConfigFile = std::size_t{1} << 20;  // bytes; larger is a mistake
inline constexpr std::size_t kMaxConfigFiles = 1024;                 // in all folders together
inline constexpr std::size_t kMaxMistakes = 100;                     // told of one file

struct ConfigFile {
    std::vector<Given> given;           // in the order of the file
    std::vector<std::string> warnings;  // keys of Serf that change nothing here
    // Each is "NAME:LINE: KEY: ..." or, where there is no key, "NAME:LINE: ...". Not empty: the
    // file is to be refused, and `given` is what else was in it.
    std::vector<std::string> mistakes;
    // False: it could not be read to its end, so more may be missing and wrong.
    bool whole = true;
};

[[nodiscard]] ConfigFile parse_config(std::string_view name, std::string_view text);
[[nodiscard]] ConfigFile read_config(const std::string& path);

// Files as they are; of a folder its *.json that do not begin with a dot, by name, not deeper.
// Mistakes name the path: a folder that cannot be read, too many files, of which the first are
// here.
struct ConfigPaths {
    std::vector<std::string> files;
    std::vector<std::string> mistakes;
};
[[nodiscard]] ConfigPaths config_files(const std::vector<std::string>& paths);

}  // namespace rollcall::agent

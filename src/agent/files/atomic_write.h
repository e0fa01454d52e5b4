// SPDX-License-Identifier: Apache-2.0
//
// Replaces a file atomically, so that a reader finds the old content or the new, also after a
// crash: writes a temporary file in the same folder (mode 0600), syncs and renames it, and syncs
// the folder. Blocks on the disk: not for the loop's thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "agent/host/disk_calls.h"

namespace rollcall::agent {

// The name of the temporary file: always the same, so that crashes leave at most one.
[[nodiscard]] std::string temporary_name(const std::string& path);

// A symbolic link stays, and its target is replaced. An error is "write PATH: No space left on
// device"; then the file is unchanged and the temporary file removed.
[[nodiscard]] std::optional<std::string> write_atomically(
    const std::string& path, std::string_view content, const DiskCalls& disk = DiskCalls::real());

}  // namespace rollcall::agent

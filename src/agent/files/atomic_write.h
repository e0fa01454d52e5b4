// SPDX-License-Identifier: Apache-2.0
//
// A whole file put in the place of another, so that whoever reads it, after a crash too, finds the
// old content or the new, and never a part: written beside it under another name (mode 0600),
// synced, renamed, and the folder synced. Waits for the disk: not for the loop's thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "agent/host/disk_calls.h"

namespace rollcall::agent {

// Where the new content stands until it is whole: beside the file, always under the same name, so
// that crashes leave one such file at most.
[[nodiscard]] std::string name_while_written(const std::string& path);

// A symbolic link stays, and what it points to is replaced. An error is "write PATH: No space left
// on device"; then the file is as it was and nothing is left beside it.
[[nodiscard]] std::optional<std::string> write_atomically(
    const std::string& path, std::string_view content, const DiskCalls& disk = DiskCalls::real());

}  // namespace rollcall::agent

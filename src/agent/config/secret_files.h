// SPDX-License-Identifier: Apache-2.0
//
// Secrets that are given in files of their own (--encrypt-file, --rpc-auth-file,
// --http-token-file) or as credentials of a service manager, and secrets that other users of this
// host can read. Reads files.
#pragma once

#include <string>
#include <vector>

#include "agent/config/config.h"
#include "agent/config/raw_setting.h"
#include "base/result.h"
#include "files/small_file.h"

namespace rollcall::agent {

// The text of a file with one secret of up to 4 KiB, without the line end after it. The error says
// why it cannot be read, and shows nothing of it.
[[nodiscard]] Result<std::string, FileError> read_secret_file(const std::string& path);

// Of each credential that `folder` has ($CREDENTIALS_DIRECTORY), its path as the value of its
// setting: Setting::More::credential.
[[nodiscard]] std::vector<RawSetting> credentials_in(const std::string& folder);

// Takes the text of each such file, without the line end after it, as if it had been given as the
// setting. Returns one mistake for each file that cannot be used; the secret is never shown.
[[nodiscard]] std::vector<std::string> take_secret_files(AgentConfig& config, Origins& origins);

// One warning for each secret in the list of processes, and for each file of secrets that others
// can read: all users, or the group of a file that is the agent's own.
[[nodiscard]] std::vector<std::string> exposed_secrets(const AgentConfig& config,
                                                       const Origins& origins);
// The same for one configuration file, "" if it is not so.
[[nodiscard]] std::string exposed_secret_of(const std::string& path,
                                            const std::vector<RawSetting>& given);

}  // namespace rollcall::agent

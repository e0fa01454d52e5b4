// SPDX-License-Identifier: Apache-2.0
//
// Key commands by query: the types shared by asker and answerer (rules K1 and K2).
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/endpoint.h"
#include "base/ids.h"

namespace rollcall::serf {

enum class KeyCommand : std::uint8_t { install, use, remove, list };
[[nodiscard]] std::string_view query_of(KeyCommand command);  // "_serf_install-key", ...
[[nodiscard]] std::optional<KeyCommand> key_command_of(std::string_view query);

// One member's answer to a key command.
struct KeyAnswer {
    std::string node;
    bool ok = false;
    std::string message;            // why not; for a list also: that it is truncated
    std::vector<std::string> keys;  // base64, primary first; to a list only
    std::string primary;
};

// The end of a key command: all have answered, or the deadline has passed.
struct KeyCommandFinished {
    RequestId request;
    KeyCommand command = KeyCommand::list;
    std::size_t nodes = 0;           // members when it was asked, ourselves included
    std::vector<KeyAnswer> answers;  // in order of arrival

    [[nodiscard]] std::size_t failures() const;
    using Counts = std::map<std::string, std::size_t>;  // base64 key -> members
    [[nodiscard]] Counts key_counts() const;
    [[nodiscard]] Counts primary_counts() const;
    // Serf's verdict: "1/3 nodes reported failure", "2/3 nodes reported success"; "" when all did.
    [[nodiscard]] std::string error() const;
};

// Our keyring changed, or a request confirmed its current state: the keyring file must be written,
// and then Serf::keyring_saved() be called with this number if Config::confirm_key_changes is set.
struct KeyringChanged {
    std::uint64_t change = 0;
};

// A member, perhaps ourselves, asked this one to change or list its keys (rule K1), with the local
// result. For the log: the key appears as its fingerprint (wire/key_text.h).
struct KeyCommandHandled {
    KeyCommand command = KeyCommand::list;
    std::string fingerprint;  // "" for a list, and when the request could not be read
    bool changed = false;     // the keyring changed
    std::string refused;      // the reason of a refusal; "" when done, or done before
    bool asked_by_us = false;
    std::string source;  // the asker: its name, and the address for the answer
    WireAddress address;
    std::uint16_t port = 0;
};

}  // namespace rollcall::serf

// SPDX-License-Identifier: Apache-2.0
//
// Changing the cluster's keys by query: the words that asker and answerer share (rules K1 and K2).
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

// What one member said to a key command.
struct KeyAnswer {
    std::string node;
    bool ok = false;
    std::string message;            // why not; to a list also: that it is not the whole
    std::vector<std::string> keys;  // base64, primary first; to a list only
    std::string primary;
};

// The end of a key command: everybody has answered, or the time is up.
struct KeyCommandFinished {
    RequestId request;
    KeyCommand command = KeyCommand::list;
    std::size_t nodes = 0;           // that were here when it was asked, ourselves included
    std::vector<KeyAnswer> answers;  // in the order in which they came

    [[nodiscard]] std::size_t failures() const;
    using Counts = std::map<std::string, std::size_t>;  // base64 key -> members
    [[nodiscard]] Counts key_counts() const;
    [[nodiscard]] Counts primary_counts() const;
    // Serf's verdict: "1/3 nodes reported failure", "2/3 nodes reported success"; "" when all did.
    [[nodiscard]] std::string error() const;
};

// Our keyring is another than before, or was asked to be what it is: the file that holds it is to
// be written again, and then Serf::keyring_saved() called with this number if
// Config::confirm_key_changes is set.
struct KeyringChanged {
    std::uint64_t change = 0;
};

// A member, perhaps we, asked this one to change or to list its keys (rule K1), and what came of it
// here. For the record: it names the key by its fingerprint (wire/key_text.h).
struct KeyCommandHandled {
    KeyCommand command = KeyCommand::list;
    std::string fingerprint;  // "" for a list, and when the request could not be read
    bool changed = false;     // the keyring is another than before
    std::string refused;      // why it was not done; "" when it was, or had been before
    bool asked_by_us = false;
    std::string source;  // the asker: its name, and where it wants the answer
    WireAddress address;
    std::uint16_t port = 0;
};

}  // namespace rollcall::serf

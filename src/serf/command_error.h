// SPDX-License-Identifier: Apache-2.0
//
// Why a command was refused. Nothing was sent or changed.
#pragma once

#include <cstdint>
#include <string_view>

namespace rollcall::serf {

enum class CommandError : std::uint8_t {
    not_alive,        // "Serf can't Join after Leave or Shutdown"
    already_leaving,  // "Leave already in progress"
    tags_too_large,   // "Encoded length of tags exceeds limit of 512 bytes"
    no_serf_layer,    // kNoSerfLayer: delegate none
};
// Serf's text where it has one, see above.
[[nodiscard]] std::string_view to_string(CommandError error);

}  // namespace rollcall::serf

// SPDX-License-Identifier: Apache-2.0
//
// Why something that the application wanted to say was not said. Nothing was sent or changed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace rollcall::serf {

struct SayError {
    enum class Cause : std::uint8_t {
        event_too_large,          // name and payload
        encoded_event_too_large,  // the message
    };
    Cause cause = Cause::event_too_large;
    std::size_t size = 0;   // what it would have had, bytes
    std::size_t limit = 0;  // what it may have
};

[[nodiscard]] std::string to_string(const SayError& error);  // Serf's own text where it has one

}  // namespace rollcall::serf

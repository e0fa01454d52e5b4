// SPDX-License-Identifier: Apache-2.0
#include "serf/say_error.h"

namespace rollcall::serf {

std::string to_string(const SayError& error) {
    using Cause = SayError::Cause;
    const std::string limit = std::to_string(error.limit);
    switch (error.cause) {
        case Cause::event_too_large:
            return "user event exceeds configured limit of " + limit + " bytes before encoding";
        case Cause::encoded_event_too_large:
            return "encoded user event exceeds configured limit of " + limit +
                   " bytes after encoding";
    }
    return {};
}

}  // namespace rollcall::serf

// SPDX-License-Identifier: Apache-2.0
#include "serf/message_error.h"

namespace rollcall::serf {

std::string to_string(const MessageError& error) {
    using Cause = MessageError::Cause;
    const std::string limit = std::to_string(error.limit);
    switch (error.cause) {
        case Cause::event_too_large:
            return "user event exceeds configured limit of " + limit + " bytes before encoding";
        case Cause::encoded_event_too_large:
            return "encoded user event exceeds configured limit of " + limit +
                   " bytes after encoding";
        case Cause::query_too_large:
            return "query exceeds limit of " + limit + " bytes";
        case Cause::query_timeout:
            return "query timeout must be from 0 to " + limit + " seconds";
        case Cause::too_many_queries:
            return "no more than " + limit + " queries may run at once";
        case Cause::too_old_protocol:
            return "Feature not supported";
        case Cause::response_too_large:
            return "response exceeds limit of " + limit + " bytes";
        case Cause::response_too_late:
            return "response is past the deadline";
        case Cause::response_already_sent:
            return "response already sent";
        case Cause::no_serf_layer:
            return std::string{kNoSerfLayer};
    }
    return {};
}

}  // namespace rollcall::serf

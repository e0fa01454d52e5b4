// SPDX-License-Identifier: Apache-2.0
#include "agent/session/request_log.h"

namespace rollcall::agent {
namespace {

std::string requested_by(const Requester& by) {
    return " requested by " + (by.client.empty() ? "a client" : std::string{by.client});
}

}  // namespace

void log_leave_request(const Requester& by) {
    by.log.write(Level::info, by.side, "leave-requested", "leave" + requested_by(by),
                 {{"client", by.client}});
}

void log_force_leave_request(const Requester& by, const std::string& member, bool prune) {
    by.log.write(
        Level::info, by.side, "force-leave-requested",
        "force-leave" + std::string{prune ? " --prune" : ""} + " of " + member + requested_by(by),
        {{"member", member}, {"client", by.client}, {"prune", prune}});
}

}  // namespace rollcall::agent

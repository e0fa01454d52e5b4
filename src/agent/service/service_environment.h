// SPDX-License-Identifier: Apache-2.0
//
// What a service manager asks of this process, by variables of its environment: to be notified, and
// to show that it is not stuck. Reads variables only.
#pragma once

#include <sys/types.h>

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"

namespace rollcall::agent {

struct ServiceEnvironment {
    std::string notify_socket;         // "": no manager waits for notifications
    std::optional<Duration> watchdog;  // the longest time without a sign of life; above 0
    std::string mistake;               // why there is no watchdog though one was given; "": none
};

// $NOTIFY_SOCKET, $WATCHDOG_USEC (microseconds) and $WATCHDOG_PID, the process that is meant; `own`
// is this one. `variable` may be empty: no environment. The address of the socket is checked by
// NotifySocket::open().
[[nodiscard]] ServiceEnvironment read_service_environment(
    const std::function<std::optional<std::string>(const std::string&)>& variable, pid_t own);

// Whether "NAME=VALUE" is one of these: they are for this process, not for its scripts.
[[nodiscard]] bool is_service_variable(std::string_view variable);

}  // namespace rollcall::agent

// SPDX-License-Identifier: Apache-2.0
//
// The local time of a log line. Thread-safe.
#pragma once

#include <ctime>

namespace rollcall::agent {

// By the time zone of this moment: tzset() sees that /etc/localtime was replaced, which
// localtime_r() alone does not.
[[nodiscard]] inline std::tm local_time_of(std::time_t at) {
    ::tzset();
    std::tm parts{};
    ::localtime_r(&at, &parts);
    return parts;
}

}  // namespace rollcall::agent

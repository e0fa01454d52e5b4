// SPDX-License-Identifier: Apache-2.0
//
// libuv's errors as system error numbers (errno). Pure.
#pragma once

#include <uv.h>

namespace rollcall::transport {

// 0 for those that are libuv's alone: end of file, name look-up. Those are below all of the others.
[[nodiscard]] constexpr int system_number(int uv_error) {
    constexpr int kHighest = 1000;
    return uv_error < 0 && uv_error > -kHighest ? -uv_error : 0;
}

}  // namespace rollcall::transport

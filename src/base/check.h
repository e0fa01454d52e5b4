// SPDX-License-Identifier: Apache-2.0
//
// Assertions that stay on in every build. They state our own mistakes only: no byte from the
// network and no operator's input may ever reach one.
#pragma once

namespace rollcall {

[[noreturn]] void check_failed(const char* condition, const char* file, int line);

}  // namespace rollcall

#define ROLLCALL_CHECK(condition) \
    ((condition) ? static_cast<void>(0) : ::rollcall::check_failed(#condition, __FILE__, __LINE__))

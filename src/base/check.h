// SPDX-License-Identifier: Apache-2.0
//
// Assertions that stay on in every build. They are for programming errors only: no byte from the
// network and no input of an operator may trigger one.
#pragma once

namespace rollcall {

[[noreturn]] void check_failed(const char* condition, const char* file, int line);

// `last` is called before a failed check ends the process. Call before threads are started.
void before_abort(void (*last)());

}  // namespace rollcall

#define ROLLCALL_CHECK(condition) \
    ((condition) ? static_cast<void>(0) : ::rollcall::check_failed(#condition, __FILE__, __LINE__))

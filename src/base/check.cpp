// SPDX-License-Identifier: Apache-2.0
#include "base/check.h"

#include <cstdio>
#include <cstdlib>
#include <utility>

namespace rollcall {
namespace {

void (*last_call)() = nullptr;

}  // namespace

void before_abort(void (*last)()) {
    last_call = last;
}

void check_failed(const char* condition, const char* file, int line) {
    if (auto* const last = std::exchange(last_call, nullptr)) last();
    std::fprintf(stderr, "rollcall: internal error: %s does not hold at %s:%d\n", condition, file,
                 line);
    std::abort();
}

}  // namespace rollcall

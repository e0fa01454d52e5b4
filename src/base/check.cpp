// SPDX-License-Identifier: Apache-2.0
#include "base/check.h"

#include <cstdio>
#include <cstdlib>

namespace rollcall {

void check_failed(const char* condition, const char* file, int line) {
    std::fprintf(stderr, "rollcall: internal error: %s does not hold at %s:%d\n", condition, file,
                 line);
    std::abort();
}

}  // namespace rollcall

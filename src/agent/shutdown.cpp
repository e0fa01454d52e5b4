// SPDX-License-Identifier: Apache-2.0
#include "agent/shutdown.h"

#include <utility>

#include "base/check.h"

namespace rollcall::agent {

void Shutdown::add(Close close) {
    ROLLCALL_CHECK(!begun());
    first_.push_back(std::move(close));
}

void Shutdown::add_last(Close close) {
    ROLLCALL_CHECK(!begun());
    last_.push_back(std::move(close));
}

bool Shutdown::begin() {
    if (begun()) return false;
    stage_ = Stage::first;
    close_all(first_);
    return true;
}

// Counts one more than there are: a part that closes at once must not end the stage too early.
void Shutdown::close_all(const std::vector<Close>& parts) {
    open_ = parts.size() + 1;
    for (const Close& close : parts) close([this] { one_closed(); });
    one_closed();
}

void Shutdown::one_closed() {
    if (--open_ > 0) return;
    if (stage_ == Stage::last) {
        stage_ = Stage::ended;
        return;
    }
    stage_ = Stage::last;
    close_all(last_);
}

}  // namespace rollcall::agent

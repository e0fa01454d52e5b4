// SPDX-License-Identifier: Apache-2.0
//
// Counts claims that a known name is at another address (rule S2), and reports them at a bounded
// rate: one exchange can contain a million.
#pragma once

#include <chrono>
#include <cstdint>

#include "base/ids.h"
#include "base/time.h"
#include "membership/context.h"
#include "membership/outbox.h"

namespace rollcall::membership {

class ConflictReports {
public:
    static constexpr unsigned kPerSecond = 64;

    explicit ConflictReports(Context& context) : context_{context} {}

    void report(Time now, MemberId existing, const WireAddress& other, std::uint16_t other_port,
                Outbox& out) {
        ++context_.stats.conflicts;
        if (now >= from_ + std::chrono::seconds{1}) from_ = now, reported_ = 0;
        if (reported_ == kPerSecond) return;
        ++reported_;
        out.notify(NameConflict{context_.about(existing), other, other_port});
    }

private:
    Context& context_;
    Time from_ = Time::min();
    unsigned reported_ = 0;  // since that moment
};

}  // namespace rollcall::membership

// SPDX-License-Identifier: Apache-2.0
//
// Detects that no datagram leaves this host (rule P7): every datagram since the last deadline
// failed locally. It only reports; a probe without an answer ends as on a silent network (rules P3,
// P4). Datagrams that leave the host and are lost on the way do not matter here.
#pragma once

#include <cstdint>
#include <optional>

#include "base/time.h"
#include "membership/events.h"
#include "membership/outbox.h"

namespace rollcall::membership {

class SendWatch {
public:
    struct Failing {
        Time since{};   // the first datagram that failed
        int error = 0;  // of the last one, the system's number
    };
    // The report is repeated at this interval while it lasts.
    static constexpr Duration kRepeated = std::chrono::seconds{60};

    // One datagram could not be sent from here.
    void failed(Time now, int error) {
        ++failed_;
        if (!first_) first_ = now;
        error_ = error;
    }
    // Call before deadlines are handled. `sent` is the total of datagrams. A datagram sent before
    // the last check has failed by now, or it left. Less than `patience` is not reported.
    void check(Time now, std::uint64_t sent, Duration patience, Outbox& out) {
        const bool something_left = failed_ < sent_before_;
        sent_before_ = sent - base_;
        if (something_left) {
            if (reported_) out.notify(SendsRecovered{now - *first_});
            first_.reset();
            reported_.reset();
            base_ = sent;
            sent_before_ = failed_ = 0;
            return;
        }
        // The errors of the rest may still arrive.
        if (failed_ < sent_before_ || !first_ || now - *first_ < patience) return;
        if (reported_ && now - *reported_ < kRepeated) return;
        reported_ = now;
        out.notify(SendsFailing{error_, now - *first_});
    }
    // Since when, and the cause; nullopt while datagrams leave.
    [[nodiscard]] std::optional<Failing> failing() const {
        if (!reported_) return {};
        return Failing{*first_, error_};
    }

private:
    std::uint64_t base_ = 0;         // datagrams sent when one last left
    std::uint64_t sent_before_ = 0;  // since then, as of the last check
    std::uint64_t failed_ = 0;       // since then
    std::optional<Time> first_, reported_;
    int error_ = 0;
};

}  // namespace rollcall::membership

// SPDX-License-Identifier: Apache-2.0
//
// Whether anything that we send leaves this host (rule P7): when every datagram since the last
// deadline failed here, nothing does. It only reports; a probe that gets no answer ends as on a
// silent network (rules P3, P4). Bytes that leave and are lost on the way are no matter of its own.
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
    // While it lasts it is reported this often.
    static constexpr Duration kRepeated = std::chrono::seconds{60};

    // One datagram could not be sent from here.
    void failed(Time now, int error) {
        ++failed_;
        if (!first_) first_ = now;
        error_ = error;
    }
    // Before deadlines are handled. `sent` counts all datagrams ever. What was sent before the last
    // look has failed by now, or it left. What lasts for less than `patience` is not reported.
    void look(Time now, std::uint64_t sent, Duration patience, Outbox& out) {
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
        // Of the rest the errors may still come.
        if (failed_ < sent_before_ || !first_ || now - *first_ < patience) return;
        if (reported_ && now - *reported_ < kRepeated) return;
        reported_ = now;
        out.notify(SendsFailing{error_, now - *first_});
    }
    // Since when, and why; nullopt while something leaves.
    [[nodiscard]] std::optional<Failing> failing() const {
        if (!reported_) return {};
        return Failing{*first_, error_};
    }

private:
    std::uint64_t base_ = 0;         // datagrams sent as something last left
    std::uint64_t sent_before_ = 0;  // since then, as of the last look
    std::uint64_t failed_ = 0;       // since then
    std::optional<Time> first_, reported_;
    int error_ = 0;
};

}  // namespace rollcall::membership

// SPDX-License-Identifier: Apache-2.0
//
// Rule F5: before a suspicion runs out its member is asked once more, with the suspicion in the
// ping. An answer gives it the whole time again. And rule F6: no verdict while the gate is closed.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <vector>

#include "base/ids.h"
#include "base/time.h"
#include "membership/context.h"
#include "membership/outbox.h"
#include "membership/packets.h"
#include "membership/pings.h"
#include "membership/suspicion.h"

namespace rollcall::membership {

class LastWords {
public:
    static constexpr unsigned kPings = 7;
    static constexpr std::size_t kMost = 32;  // members at once; more are not asked
    // Perhaps all that do not answer are dead: a verdict is held for so many intervals.
    static constexpr unsigned kIsolatedHold = 10;
    static constexpr unsigned kUnansweredHold = 30;

    LastWords(Context& context, Packets& packets) : context_{context}, pings_{context, packets} {}

    void begin(Time now, Suspicions::Expired expired, Outbox& out);
    // True when the number belongs to a last word: its member lives.
    bool ack_arrived(SequenceNumber sequence);
    // Members that answered, one at a time: their suspicion starts again.
    [[nodiscard]] std::optional<Suspicions::Expired> pop_answered();
    // Those that kept silent and may be declared dead.
    [[nodiscard]] std::optional<Suspicions::Expired> pop_silent(Time now);
    void handle_timeout(Time now, Outbox& out);
    // Rule Z1: all of them have their suspicion again.
    [[nodiscard]] std::vector<Suspicions::Expired> give_up();
    [[nodiscard]] std::optional<Time> next_deadline() const;

private:
    struct Asked {
        Suspicions::Expired expired;
        Time end{};        // no verdict before
        Time next{};       // ping, while any is left; then `end`
        Duration pause{};  // between pings
        unsigned pings = 0;
        std::array<SequenceNumber, kPings> sequences{};
        bool answered = false;
        std::optional<Time> held_since{};
    };
    [[nodiscard]] bool may_be_declared(Time now, Asked& asked) const;

    Context& context_;
    Pings pings_;
    std::vector<Asked> asked_;
};

// Not refuted, not dead, not gone since its suspicion ran out.
[[nodiscard]] inline bool still_suspect(const Context& context,
                                        const Suspicions::Expired& expired) {
    const auto member = context.table.find(expired.member);
    return member && member->state == State::suspect && member->incarnation == expired.incarnation;
}

}  // namespace rollcall::membership

// SPDX-License-Identifier: Apache-2.0
//
// The cores' news as log lines: every change of a member with who said so, what was refused and
// why. Text for people, an event id and fields for machines (docs/operations/logs.md, "Log
// events"). Bounded: what a stranger on the network can provoke is told at most every ten seconds
// per kind, with the number of those held back. Changes nothing.
#pragma once

#include <array>

#include "agent/log/logging.h"
#include "membership/events.h"
#include "membership/member_table.h"
#include "serf/serf.h"
#include "wire/errors.h"

namespace rollcall::agent {

class EventLog {
public:
    explicit EventLog(Log& log) : log_{log} {}

    // Everything an Outbox tells. `members` gives names to ids.
    void tell(Time now, const serf::Serf::Outbox& out, const membership::MemberTable& members);

private:
    struct Teller;
    static constexpr std::chrono::seconds kHoldBack{10};

    Log& log_;
    LineGate conflicts_{kHoldBack};
    LineGate refutations_{std::chrono::seconds{1}};
    LineGate udp_blocked_{kHoldBack};
    LineGate merges_refused_{kHoldBack};
    LineGate messages_rejected_{kHoldBack};
    LineGate keys_refused_{kHoldBack};
    LineGate keys_unchanged_{kHoldBack};
    std::array<LineGate, wire::kDecodeErrors* 2> rejected_ =
        []<std::size_t... I>(std::index_sequence<I...>) {
        return std::array{((void)I, LineGate{kHoldBack})...};
    }
    (std::make_index_sequence<wire::kDecodeErrors * 2>{});
};

}  // namespace rollcall::agent

// SPDX-License-Identifier: Apache-2.0
//
// Logs the events of the core: every change of a member with its origin, and what was refused with
// the reason. Text for people, an event id and fields for machines (docs/operations/logs.md, "Log
// events"). Rate limited: lines that any host on the network can cause are logged at most every ten
// seconds per kind, with the number of those suppressed; changes of members so many times a second,
// of each kind. Changes nothing.
#pragma once

#include <array>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "agent/log/flood_gate.h"
#include "agent/log/logging.h"
#include "agent/log/tuning_log.h"
#include "membership/events.h"
#include "membership/member_table.h"
#include "serf/serf.h"
#include "wire/errors.h"

namespace rollcall::agent {

class EventLog {
public:
    // `self`: this agent's name, of lines about itself.
    explicit EventLog(Log& log, std::string self = {}) : log_{log}, self_{std::move(self)} {}

    // Logs all events of an Outbox. `members` maps ids to names.
    void write(Time now, const serf::Serf::Outbox& out, const membership::MemberTable& members);

    // Of each kind of change, in the outputs of the log.
    static constexpr unsigned kChangesPerSecond = 200;

private:
    class Causes;
    struct Writer;
    static constexpr std::chrono::seconds kHoldBack{10};
    // The gate of this kind of lines about members.
    [[nodiscard]] FloodGate& flood_of(std::string_view event);
    void report_floods(Time now);

    Log& log_;
    std::string self_;
    LineGate conflicts_{kHoldBack};
    LineGate refutations_{std::chrono::seconds{1}};
    LineGate udp_blocked_{kHoldBack};
    LineGate merges_refused_{kHoldBack};
    LineGate messages_rejected_{kHoldBack};
    LineGate keys_refused_{kHoldBack};
    LineGate keys_unchanged_{kHoldBack};
    TuningLog tunings_;
    LineGate built_in_queries_{std::chrono::seconds{1}};
    // By event, of lines about members: a few kinds.
    std::map<std::string, FloodGate, std::less<>> floods_;
    std::array<LineGate, wire::kDecodeErrors* 2> rejected_ =
        []<std::size_t... I>(std::index_sequence<I...>) {
        return std::array{((void)I, LineGate{kHoldBack})...};
    }
    (std::make_index_sequence<wire::kDecodeErrors * 2>{});
};

}  // namespace rollcall::agent

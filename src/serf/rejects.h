// SPDX-License-Identifier: Apache-2.0
//
// Refused messages of the Serf layer: counts them and reports them at a bounded rate, at most one
// event per cause and second, so that garbage from the network cannot fill a log.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "base/ids.h"
#include "base/time.h"
#include "serf/context.h"
#include "serf/lamport_clock.h"
#include "serf/messages.h"
#include "serf/outbox.h"
#include "wire/errors.h"

namespace rollcall::serf {

class Rejects {
public:
    explicit Rejects(Context& context) : context_{context} {}

    void message(Time now, std::uint8_t type, wire::DecodeError cause, Outbox& out);
    void message(Time now, MessageType type, wire::DecodeError cause, Outbox& out) {
        message(now, static_cast<std::uint8_t>(type), cause, out);
    }
    // Moves the clock past the time of a message. False: the time is too far ahead (rule C1), and
    // the message is refused.
    bool witness(Time now, LamportClock& clock, LamportTime time, MessageType type, Outbox& out);

private:
    struct Refusals {  // of one cause
        std::optional<Time> reported;
        std::uint64_t since = 0;
    };

    Context& context_;
    std::array<Refusals, wire::kDecodeErrors> refusals_;
};

}  // namespace rollcall::serf

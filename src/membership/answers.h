// SPDX-License-Identifier: Apache-2.0
//
// Answers a claim directly, where its sender does not know better (rules F3 and S7): with our own
// alive claim, when we are accused; with another's, when it has refuted that; with a death, when
// it is not alive here. A forged source would turn this into a stream of packets to a stranger,
// so there is a limit per second.
#pragma once

#include "base/endpoint.h"
#include "base/time.h"
#include "membership/context.h"
#include "membership/outbox.h"
#include "membership/packets.h"

namespace rollcall::membership {

class Answers {
public:
    static constexpr unsigned kPerSecond = 64;

    Answers(Context& context, Packets& packets) : context_{context}, packets_{packets} {}

    void send(Time now, MemberId about, const Endpoint& to, Outbox& out) {
        if (!context_.answer_limits.admits_claim()) return;
        if (now >= second_ + std::chrono::seconds{1}) second_ = now, sent_ = 0;
        if (sent_ == kPerSecond) {
            ++context_.stats.answers_unsent;
            return;
        }
        ++sent_;
        const Member member = *context_.table.find(about);
        const Bytes message = packets_.encode([&](ByteWriter& writer) {
            if (member.is_live()) {
                wire::encode(alive_claim(member), writer);
            } else {
                wire::encode_dead({.node = member.name(),
                                   .incarnation = member.incarnation,
                                   .from = context_.config.name},
                                  writer);
            }
        });
        if (message.empty()) return;
        ++context_.stats.answers_sent;
        packets_.send_bare(to, std::span{&message, 1}, false, out);
    }

private:
    Context& context_;
    Packets& packets_;
    Time second_ = Time::min();
    unsigned sent_ = 0;
};

}  // namespace rollcall::membership

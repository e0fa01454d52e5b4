// SPDX-License-Identifier: Apache-2.0
//
// Answers are limited (rule X4): what a datagram makes us send, and to whom. A source is easily
// forged, and a request may state any address for its answer, so each answer that need not go to
// the member that it claims costs a token. Numbers and reasons: docs/protocol.md. Pure; refusals
// are counted by cause.
#pragma once

#include <cstdint>

#include "base/time.h"
#include "base/token_bucket.h"

namespace rollcall::membership {

// Requests and answers not served because of rule X4, by cause.
struct AnswersRefused {
    std::uint64_t datagram = 0;    // more than the limit of one datagram
    std::uint64_t stranger = 0;    // for an address that is neither the sender nor a member
    std::uint64_t member = 0;      // for a member, in the name of another sender
    std::uint64_t relay = 0;       // pings relayed for others
    std::uint64_t leave_echo = 0;  // leaves passed to their subjects

    [[nodiscard]] std::uint64_t all() const {
        return datagram + stranger + member + relay + leave_echo;
    }
};

class AnswerLimits {
public:
    // Of one datagram. Peers put one ping, or one request for a ping, into a datagram; one of 1400
    // bytes has room for 30 accusations.
    static constexpr unsigned kRequestsPerDatagram = 4;
    static constexpr unsigned kAnswersPerDatagram = 32;

    static constexpr TokenBucket::Limits kStrangers{.burst = 256, .per_second = 64};
    static constexpr TokenBucket::Limits kMembers{.burst = 2048, .per_second = 1024};
    static constexpr TokenBucket::Limits kRelays{.burst = 512, .per_second = 256};
    static constexpr TokenBucket::Limits kEchoes{.burst = 256, .per_second = 64};

    // Who gets the answer.
    struct Recipient {
        bool sender = false;  // the address that the datagram came from
        bool member = false;  // the stated name is a member at that address
    };

    explicit AnswerLimits(AnswersRefused& refused) : refused_{refused} {}

    void datagram_begins() { in_datagram_ = true, requests_ = answers_ = 0; }
    void datagram_ends() { in_datagram_ = false; }

    // The ack of a ping.
    [[nodiscard]] bool admits_ack(Time now, Recipient to) {
        if (!admits_request()) return false;
        if (to.sender) return true;
        return to.member ? take(members_, now, refused_.member)
                         : take(strangers_, now, refused_.stranger);
    }
    // Whether that ack may also carry gossip. Gossip is sent a limited number of times, so pings of
    // strangers must not use it up.
    [[nodiscard]] bool ack_carries_gossip(Time now, Recipient to) {
        if (to.member) return true;
        if (!gossip_to_strangers_.has_one(now)) return false;
        gossip_to_strangers_.take();
        return true;
    }
    // A ping in the name of another, and the answer to the one who asked.
    [[nodiscard]] bool admits_relay(Time now, bool target_is_member, Recipient asker) {
        if (!admits_request()) return false;
        const bool stranger = !target_is_member || !(asker.sender || asker.member);
        if (stranger && !take(strangers_, now, refused_.stranger)) return false;
        return take(relays_, now, refused_.relay);
    }
    // A claim sent as an answer: rules F3 and S7, which have limits per second of their own.
    [[nodiscard]] bool admits_claim() {
        if (!in_datagram_ || answers_ < kAnswersPerDatagram) return ++answers_, true;
        ++refused_.datagram;
        return false;
    }
    // A claim passed on to its subject (rules S1 and S5).
    [[nodiscard]] bool admits_echo(Time now) {
        return admits_claim() && take(echoes_, now, refused_.leave_echo);
    }

private:
    [[nodiscard]] bool admits_request() {
        if (!in_datagram_ || requests_ < kRequestsPerDatagram) return ++requests_, admits_claim();
        ++refused_.datagram;
        return false;
    }
    [[nodiscard]] static bool take(TokenBucket& bucket, Time now, std::uint64_t& refused) {
        if (!bucket.has_one(now)) {
            ++refused;
            return false;
        }
        bucket.take();
        return true;
    }

    AnswersRefused& refused_;
    bool in_datagram_ = false;
    unsigned requests_ = 0, answers_ = 0;  // of this datagram
    TokenBucket strangers_{kStrangers};
    TokenBucket gossip_to_strangers_{kStrangers};
    TokenBucket members_{kMembers};
    TokenBucket relays_{kRelays};
    TokenBucket echoes_{kEchoes};
};

}  // namespace rollcall::membership

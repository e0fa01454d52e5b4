// SPDX-License-Identifier: Apache-2.0
//
// Tests of the link to one address, for an operator or at a peer's request (rule L5): pings of
// three kinds at a steady pace, one ping by stream, requests to relays, and meanwhile a count of
// what arrives from there. Ends with one LinkTested, after a fixed time. Changes no belief about
// any member, and adds none: what an address without a member gossips in its acks is ignored, so
// that a test cannot join two clusters. A few at once; while there is none it costs a comparison
// per packet. One thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/endpoint.h"
#include "base/ids.h"
#include "base/time.h"
#include "membership/context.h"
#include "membership/core.h"
#include "membership/events.h"
#include "membership/link_test_plan.h"
#include "membership/outbox.h"
#include "membership/packets.h"
#include "membership/peer_choice.h"
#include "membership/streams.h"

namespace rollcall::membership {

class LinkTests {
public:
    static constexpr std::size_t kMost = 16;
    static constexpr Duration kPace = std::chrono::milliseconds{250};
    static constexpr Duration kLongest = std::chrono::seconds{10};

    LinkTests(Context& context, Packets& packets, Streams& streams)
        : context_{context}, packets_{packets}, streams_{streams} {}

    // False: too many run; nothing was sent. The target must have an address and a port.
    [[nodiscard]] bool start(Time now, RequestId request, const LinkTestPlan& plan, Outbox& out);
    void handle_timeout(Time now, Outbox& out);
    [[nodiscard]] std::optional<Time> next_deadline() const;

    // --- what arrives while a test runs ---------------------------------------------------------
    void packet_arrived(const Endpoint& from) {
        if (!running_.empty()) count_packet(from);
    }
    void packet_rejected(const Endpoint& from, wire::DecodeError cause) {
        if (!running_.empty()) count_rejected(from, cause, false);
    }
    void stream_accepted(const Endpoint& from) {
        if (!running_.empty()) count_stream(from);
    }
    // Also of an answer to a stream of ours.
    void stream_rejected(const Endpoint& from, wire::DecodeError cause) {
        if (!running_.empty()) count_rejected(from, cause, true);
    }
    // Whether claims and messages of that address are to be ignored, as a test alone brought them.
    [[nodiscard]] bool ignores(Time now, const Endpoint& from) {
        return !strangers_.empty() && is_stranger(now, from);
    }
    // Its state was exchanged: a join that has nothing to do with the test.
    void state_exchanged(const Endpoint& peer) { forget_stranger(peer); }
    // True when the number is one of ours.
    bool ack_arrived(Time now, SequenceNumber sequence);
    bool nack_arrived(SequenceNumber sequence);
    void stream_connected(SequenceNumber sequence);
    void stream_answered(SequenceNumber sequence);
    void stream_refused(SequenceNumber sequence, std::string_view answer);
    void stream_failed(SequenceNumber sequence, StreamEnd end);
    // True when it was a ping of a test.
    bool send_failed(const Endpoint& to, SendError error);
    // Pings of tests, in all. Where they go says nothing about whether this host can send (rule
    // P7).
    [[nodiscard]] std::uint64_t pings_sent() const { return pings_sent_; }

private:
    enum class Kind : std::uint8_t {
        plain,         // to any node there, answered to where the ping came from
        named,         // to the member
        to_advertised  // answered to the address that we advertise
    };
    struct Sent {
        SequenceNumber sequence;
        Kind kind = Kind::plain;
        Time at{};
    };
    struct Test {
        LinkTested result;
        bool direct = true;
        Time end{};
        Time next{};
        std::vector<Sent> sent;
        std::size_t not_sent = 0;  // of them
        std::vector<SequenceNumber> relayed;
        SequenceNumber by_stream;
    };
    // An address without a member, until late answers to the pings have arrived, too.
    struct Stranger {
        Endpoint at;
        Time until{};
    };
    [[nodiscard]] bool has_member(const Endpoint& at) const;
    [[nodiscard]] bool is_stranger(Time now, const Endpoint& from);
    void forget_stranger(const Endpoint& at) {
        std::erase_if(strangers_, [&](const Stranger& s) { return s.at == at; });
    }
    void ping_round(Time now, Test& test, Outbox& out);
    void ping(Time now, Test& test, Kind kind, Outbox& out);
    void ask_relays(Test& test, unsigned relays, Outbox& out);
    void count_packet(const Endpoint& from);
    void count_stream(const Endpoint& from);
    void count_rejected(const Endpoint& from, wire::DecodeError cause, bool stream);
    [[nodiscard]] Test* of_stream(SequenceNumber sequence);

    Context& context_;
    Packets& packets_;
    Streams& streams_;
    PeerChoice choice_;
    std::vector<Test> running_;
    std::vector<Stranger> strangers_;  // the oldest first
    std::uint64_t pings_sent_ = 0;
};

}  // namespace rollcall::membership

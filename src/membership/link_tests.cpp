// SPDX-License-Identifier: Apache-2.0
#include "membership/link_tests.h"

#include <algorithm>
#include <utility>

#include "membership/probe.h"
#include "membership/stream_pinger.h"

namespace rollcall::membership {
namespace {

// The stream ends before the test does, so that the result has its end.
constexpr Duration kStreamEndsBefore = std::chrono::milliseconds{100};
constexpr Duration kLateAnswers = std::chrono::seconds{5};
// Of tests that run and of those that ended a moment ago.
constexpr std::size_t kMostStrangers = 4 * LinkTests::kMost;

bool same_host(const Endpoint& a, const Endpoint& b) {
    return a.ip == b.ip;
}

}  // namespace

bool LinkTests::start(Time now, RequestId request, const LinkTestPlan& plan, Outbox& out) {
    if (running_.size() >= kMost) return false;
    const Duration lasts = std::clamp(plan.lasts, 2 * kStreamEndsBefore, kLongest);
    const bool stranger = !has_member(plan.target);
    if (stranger) {
        forget_stranger(plan.target);
        if (strangers_.size() >= kMostStrangers) strangers_.erase(strangers_.begin());
        strangers_.push_back({plan.target, now + lasts + kLateAnswers});
    }
    Test test{.result = {.request = request, .target = plan.target, .name = plan.name},
              .direct = plan.direct,
              .end = now + lasts,
              .next = now + lasts,
              .by_stream = context_.next_sequence()};
    if (plan.direct) {
        streams_.open_ping(now, plan.target, "", test.by_stream, test.end - kStreamEndsBefore, out);
        ping_round(now, test, out);
    }
    // To a relay the answer of a stranger would be gossip like any other.
    if (!stranger) ask_relays(test, plan.relays, out);
    running_.push_back(std::move(test));
    return true;
}

bool LinkTests::has_member(const Endpoint& at) const {
    return std::ranges::any_of(context_.table.ids(), [&](MemberId id) {
        const auto member = context_.table.find(id);
        return member && member->is_at(at);
    });
}

bool LinkTests::is_stranger(Time now, const Endpoint& from) {
    std::erase_if(strangers_, [&](const Stranger& s) { return s.until < now; });
    return std::ranges::find(strangers_, from, &Stranger::at) != strangers_.end();
}

void LinkTests::ping_round(Time now, Test& test, Outbox& out) {
    ping(now, test, Kind::plain, out);
    if (!test.result.name.empty()) ping(now, test, Kind::named, out);
    ping(now, test, Kind::to_advertised, out);
    ++test.result.rounds;
    test.next = std::min(now + kPace, test.end);
}

void LinkTests::ping(Time now, Test& test, Kind kind, Outbox& out) {
    const Member me = context_.me();
    wire::Ping message{.sequence = context_.next_sequence()};
    if (kind == Kind::named) message.node = test.result.name;
    if (kind == Kind::to_advertised) {
        message.source_address = me.address();
        message.source_port = me.port();
        message.source_node = me.name();
    }
    const Bytes encoded = packets_.encode([&](ByteWriter& w) { wire::encode(message, w); });
    test.sent.push_back({message.sequence, kind, now});
    ++pings_sent_;
    packets_.send_bare(test.result.target, std::span{&encoded, 1}, false, out);
}

// They answer to where the request came from, since the address that we advertise may be the fault.
void LinkTests::ask_relays(Test& test, unsigned relays, Outbox& out) {
    const auto& chosen =
        choice_.choose(context_.table, context_.rng, relays, [&](MemberId id, const Member& m) {
            return m.state == State::alive && id != context_.self && !m.is_at(test.result.target);
        });
    for (const MemberId id : chosen) {
        const Member relay = *context_.table.find(id);
        const wire::IndirectPing request{.sequence = context_.next_sequence(),
                                         .node = test.result.name,
                                         .target = test.result.target.to_wire(),
                                         .port = test.result.target.port,
                                         .nack = relay.versions().pmax >= 4};
        const Bytes encoded = packets_.encode([&](ByteWriter& w) { wire::encode(request, w); });
        test.relayed.push_back(request.sequence);
        packets_.send_bare(relay.endpoint(), std::span{&encoded, 1}, false, out);
        ++test.result.relays_asked;
    }
}

void LinkTests::handle_timeout(Time now, Outbox& out) {
    for (Test& test : running_) {
        if (test.direct && test.next <= now && test.next < test.end) ping_round(now, test, out);
    }
    for (auto it = running_.begin(); it != running_.end();) {
        if (it->end > now) {
            ++it;
            continue;
        }
        out.notify(std::move(it->result));
        it = running_.erase(it);
    }
}

std::optional<Time> LinkTests::next_deadline() const {
    std::optional<Time> next;
    for (const Test& test : running_) next = next ? std::min(*next, test.next) : test.next;
    return next;
}

bool LinkTests::ack_arrived(Time now, SequenceNumber sequence) {
    for (Test& test : running_) {
        if (std::erase(test.relayed, sequence) > 0) {
            ++test.result.relays_acked;
            return true;
        }
        const auto sent = std::ranges::find(test.sent, sequence, &Sent::sequence);
        if (sent == test.sent.end()) continue;
        switch (sent->kind) {
            case Kind::plain: {
                const Duration rtt = now - sent->at;
                test.result.rtt = std::min(test.result.rtt.value_or(rtt), rtt);
                ++test.result.acked;
                break;
            }
            case Kind::named:
                ++test.result.acked_by_name;
                break;
            case Kind::to_advertised:
                ++test.result.acked_at_advertised;
                break;
        }
        test.sent.erase(sent);
        return true;
    }
    return false;
}

bool LinkTests::nack_arrived(SequenceNumber sequence) {
    for (Test& test : running_) {
        if (std::erase(test.relayed, sequence) == 0) continue;
        ++test.result.relays_nacked;
        return true;
    }
    return false;
}

LinkTests::Test* LinkTests::of_stream(SequenceNumber sequence) {
    const auto found = std::ranges::find(running_, sequence, &Test::by_stream);
    return found == running_.end() ? nullptr : &*found;
}

void LinkTests::stream_connected(SequenceNumber sequence) {
    if (Test* test = of_stream(sequence)) test->result.stream_connected = true;
}

void LinkTests::stream_answered(SequenceNumber sequence) {
    if (Test* test = of_stream(sequence)) test->result.stream = StreamPing::answered;
}

void LinkTests::stream_refused(SequenceNumber sequence, std::string_view answer) {
    if (Test* test = of_stream(sequence)) {
        test->result.stream = StreamPing::broken;
        test->result.stream_answer = answer;
    }
}

void LinkTests::stream_failed(SequenceNumber sequence, StreamEnd end) {
    if (Test* test = of_stream(sequence)) {
        test->result.stream = stream_ping(end);
        test->result.stream_error = end.number;
    }
}

bool LinkTests::send_failed(const Endpoint& to, SendError error) {
    bool ours = false;
    for (Test& test : running_) {
        if (test.result.target != to) continue;
        test.result.ping = after_send_error(error.kind).ping;
        test.result.ping_error = error.number;
        if (ours || test.not_sent == test.sent.size()) continue;
        ++test.not_sent;
        ours = true;
    }
    return ours;
}

void LinkTests::count_packet(const Endpoint& from) {
    for (Test& test : running_) {
        if (test.result.target == from) ++test.result.packets_from;
    }
}

void LinkTests::count_stream(const Endpoint& from) {
    for (Test& test : running_) {
        if (same_host(test.result.target, from)) ++test.result.streams_from;
    }
}

void LinkTests::count_rejected(const Endpoint& from, wire::DecodeError cause, bool stream) {
    for (Test& test : running_) {
        const Endpoint& target = test.result.target;
        if (stream ? same_host(target, from) : target == from) {
            ++test.result.rejected[static_cast<std::size_t>(cause)];
        }
    }
}

}  // namespace rollcall::membership

// SPDX-License-Identifier: Apache-2.0
//
// Our whole state, ready to be sent (rule Y5). A request of 100 bytes makes us encode, compress and
// seal the whole table, so that is done in slices, has a small share of the loop's time, and the
// bytes are limited for each source. Beyond that share the last state is sent again: all streams
// have the same bytes, which are immutable. With a clock that stands still a new state is made
// each time, at once. Knows no streams. One thread.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/endpoint.h"
#include "base/shared_bytes.h"
#include "base/time.h"
#include "base/time_budget.h"
#include "membership/context.h"
#include "membership/source_bytes.h"
#include "wire/packet.h"

namespace rollcall::membership {

class StateMaker {
public:
    virtual ~StateMaker() = default;
    // A push/pull to send, with its type byte, appended to `message`.
    virtual void make_state(bool join, std::vector<std::byte>& message) = 0;
};

class PackedStates {
public:
    static constexpr Duration kAtOnce = std::chrono::milliseconds{20};
    static constexpr int kRests = 9;  // a tenth of the loop's time
    // A state that is shared may be that old: all that changed since then is gossiped.
    static constexpr Duration kMaxAge = std::chrono::seconds{15};
    // Of all states that streams still send; beyond, none is made for a peer that asks.
    static constexpr std::size_t kMostBytes = 128u << 20;

    PackedStates(Context& context, StateMaker& maker) : context_{context}, maker_{maker} {}

    struct Kind {
        bool join = false;
        wire::PacketCodec::StreamSide side = wire::PacketCodec::StreamSide::acceptor;
        friend bool operator==(const Kind&, const Kind&) = default;
    };
    enum class Verdict : std::uint8_t {
        ready,
        wait,     // until made() has one of that kind; ask again at ready_at()
        refused,  // the source had too much
    };
    struct Answer {
        Verdict verdict = Verdict::ready;
        SharedBytes bytes;
    };
    // For a peer that asked by a stream; without `source`, for a stream that we opened, which has
    // no limits.
    [[nodiscard]] Answer request(Time now, Kind kind, const std::optional<Endpoint>& source);
    // The same for one that waits, when a state of its kind was made.
    [[nodiscard]] Answer deliver(Time now, const SharedBytes& state,
                                 const std::optional<Endpoint>& source);

    struct Made {
        Kind kind;
        SharedBytes bytes;
    };
    // Works on the state that is being made, if any, for a slice. That state when it is complete.
    [[nodiscard]] std::optional<Made> work();
    [[nodiscard]] bool working() const { return work_.has_value(); }
    // When work() or request() should be called again, for those that wait.
    [[nodiscard]] Time ready_at(Time now) const;
    // Frees states that are too old. Call it now and then.
    void forget_old(Time now);

private:
    // What a state must not be shared beyond: our own claim, the strangers that it leaves out
    // (rule S9), and how it is sealed.
    struct Version {
        Incarnation incarnation;
        WireAddress address;
        std::uint16_t port = 0;
        bool leaving = false;
        std::uint64_t floods = 0;
        std::uint64_t keys = 0;
        wire::Encryption encryption = wire::Encryption::require;
        friend bool operator==(const Version&, const Version&) = default;
    };
    struct Kept {
        SharedBytes bytes;
        Time at{};
        Version version;
    };
    struct Work {
        Kind kind;
        Time at{};
        Version version;
        wire::StreamSealer sealer;
    };

    [[nodiscard]] Version version() const;
    [[nodiscard]] bool has_room() const;
    void begin(Time now, Kind kind);
    [[nodiscard]] SharedBytes shared(Time now, Kind kind);
    [[nodiscard]] Kept& kept(Kind kind);

    Context& context_;
    StateMaker& maker_;
    TimeBudget budget_{kAtOnce, kRests};
    SourceBytes sources_;
    std::optional<Work> work_;  // one at a time
    std::array<Kept, 4> kept_;  // by kind
    std::vector<std::weak_ptr<const std::vector<std::byte>>> made_;
};

}  // namespace rollcall::membership

// SPDX-License-Identifier: Apache-2.0
#include "membership/packed_states.h"

#include <algorithm>
#include <utility>

#include "membership/slice.h"

namespace rollcall::membership {
namespace {

constexpr std::size_t kStep = 16u << 10;  // bytes to compress between two looks at the clock

}  // namespace

PackedStates::Answer PackedStates::request(Time now, Kind kind,
                                           const std::optional<Endpoint>& source) {
    if (source && !sources_.admits(now, *source)) {
        ++context_.stats.states_refused;
        return {.verdict = Verdict::refused, .bytes = {}};
    }
    const bool has_time =
        !source || (budget_.left(context_.clock.now()) > Duration{} && has_room());
    if (has_time && !work_) {
        begin(now, kind);
        if (auto made = work()) return deliver(now, made->bytes, source);
    }
    SharedBytes bytes = source ? shared(now, kind) : nullptr;
    if (!bytes) return {.verdict = Verdict::wait, .bytes = {}};
    ++context_.stats.states_shared;
    return deliver(now, bytes, source);
}

PackedStates::Answer PackedStates::deliver(Time now, const SharedBytes& state,
                                           const std::optional<Endpoint>& source) {
    if (source) {
        if (!sources_.admits(now, *source)) {
            ++context_.stats.states_refused;
            return {.verdict = Verdict::refused, .bytes = {}};
        }
        sources_.spend(now, *source, state->size());
    }
    return {.verdict = Verdict::ready, .bytes = state};
}

// The members are encoded at once, so that the state is that of one moment: a small part of it.
void PackedStates::begin(Time now, Kind kind) {
    const Time from = context_.clock.now();
    std::vector<std::byte> message;
    maker_.make_state(kind.join, message);
    work_.emplace(Work{.kind = kind,
                       .at = now,
                       .version = version(),
                       .sealer = {context_.codec, std::move(message), kind.side}});
    budget_.spend(from, context_.clock.now());
}

std::optional<PackedStates::Made> PackedStates::work() {
    if (!work_) return {};
    const Time from = context_.clock.now();
    const Slice slice{context_.clock};
    auto bytes = std::make_shared<std::vector<std::byte>>();
    bool complete = false;
    do {
        complete = work_->sealer.advance(kStep, *bytes);
    } while (!complete && !slice.over());
    budget_.spend(from, context_.clock.now());
    if (!complete) return {};
    bytes->shrink_to_fit();
    ++context_.stats.states_made;
    std::erase_if(made_, [](const auto& state) { return state.expired(); });
    made_.emplace_back(bytes);
    // Sealed once and sent often is no reuse of a nonce: that would be two texts with one nonce.
    // Here an observer sees the same bytes again. With a clock that stands still there is always
    // time for a new state, and none is kept.
    if (budget_.left(context_.clock.now()) < kAtOnce) {
        kept(work_->kind) = {bytes, work_->at, work_->version};
    }
    Made made{work_->kind, std::move(bytes)};
    work_.reset();
    return made;
}

// The time that passes until then is measured, and the caller's deadlines are not: near enough.
Time PackedStates::ready_at(Time now) const {
    if (work_) return now;
    constexpr Duration kSoon = std::chrono::milliseconds{1};
    return now + std::max<Duration>(kSoon, budget_.ready_at() - context_.clock.now());
}

void PackedStates::forget_old(Time now) {
    for (Kept& kept : kept_) {
        if (kept.bytes && now - kept.at > kMaxAge) kept = {};
    }
}

PackedStates::Version PackedStates::version() const {
    const Member me = context_.me();
    return {.incarnation = me.incarnation,
            .address = me.address(),
            .port = me.port(),
            .leaving = context_.leaving,
            .floods = context_.hearsay.flood_changes(),
            .keys = context_.codec.keyring().revision(),
            .encryption = context_.codec.config().encryption};
}

bool PackedStates::has_room() const {
    std::size_t bytes = 0;
    for (const auto& state : made_) {
        if (const SharedBytes alive = state.lock()) bytes += alive->size();
    }
    return bytes < kMostBytes;
}

SharedBytes PackedStates::shared(Time now, Kind kind) {
    const Kept& last = kept(kind);
    const bool usable = last.bytes && now - last.at <= kMaxAge && last.version == version();
    return usable ? last.bytes : nullptr;
}

PackedStates::Kept& PackedStates::kept(Kind kind) {
    const bool dialer = kind.side == wire::PacketCodec::StreamSide::dialer;
    return kept_[(kind.join ? 1u : 0u) + (dialer ? 2u : 0u)];
}

}  // namespace rollcall::membership

// SPDX-License-Identifier: Apache-2.0
#include "sim/world/bursts.h"

#include "sim/world/exact_math.h"
#include "sim/world/ranges.h"

namespace rollcall::sim {
namespace {

constexpr Duration kShortestStay = std::chrono::microseconds{1};
constexpr Duration kLongestStay = std::chrono::hours{1};
// After this many mean good + bad rounds without a draw, the state is drawn again.
constexpr int kForgottenAfter = 16;

}  // namespace

std::string Bursts::problem() const {
    std::string wrong = out_of_range("bursts.good", good, kShortestStay, kLongestStay);
    if (wrong.empty()) wrong = out_of_range("bursts.bad", bad, kShortestStay, kLongestStay);
    if (wrong.empty()) wrong = no_share("bursts.loss_good", loss_good);
    if (wrong.empty()) wrong = no_share("bursts.loss_bad", loss_bad);
    return wrong;
}

Duration exponential(Duration mean, Rng& rng) {
    // -ln(u) with u = (draw + 1) / 2^64; ln 2 in 2^-32.
    constexpr std::int64_t kLn2 = 2'977'044'472;
    const std::uint64_t draw = rng.next();
    const std::int64_t log2 = fixed_log2(draw == ~std::uint64_t{0} ? draw : draw + 1);
    const std::int64_t below = 32 * kFixedOne - log2;  // of -log2(u)
    const auto nats = static_cast<SignedWide>(below) * kLn2 >> kFixedBits;
    return Duration{static_cast<Duration::rep>(nats * mean.count() >> kFixedBits)};
}

double BurstState::loss(const Bursts& bursts, Time now, Rng& rng) {
    const Duration round = bursts.good + bursts.bad;
    if (!known_ || now - until_ > kForgottenAfter * round) {
        known_ = true;
        bad_ = Duration{static_cast<Duration::rep>(
                   rng.below(static_cast<std::uint64_t>(round.count())))} < bursts.bad;
        until_ = now + exponential(bad_ ? bursts.bad : bursts.good, rng);
    }
    while (until_ <= now) {
        bad_ = !bad_;
        until_ += exponential(bad_ ? bursts.bad : bursts.good, rng) + Duration{1};
    }
    return bad_ ? bursts.loss_bad : bursts.loss_good;
}

}  // namespace rollcall::sim

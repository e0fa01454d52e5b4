// SPDX-License-Identifier: Apache-2.0
#include "sim/world/latency.h"

#include <algorithm>
#include <bit>

#include "sim/world/exact_math.h"
#include "sim/world/normal_quantiles.h"
#include "sim/world/ranges.h"

namespace rollcall::sim {
namespace {

// What a standard normal exceeds once in a thousand, in units of kNormalQuantiles.
constexpr std::int64_t kNormal999 = 3'240'343;
constexpr std::int64_t kMostSpread = std::int64_t{1} << 16;  // of p999 over the median
constexpr std::size_t kTail = kNormalQuantiles.size();

std::string latency_problem(const std::string& field, Duration d) {
    return out_of_range(field, d, Duration{}, Latency::kLongest);
}

// A point between two, `fraction` / 2^32 of the way.
Duration interpolate(Duration from, Duration to, std::uint32_t fraction) {
    const SignedWide part = static_cast<SignedWide>((to - from).count()) * fraction;
    return from + Duration{static_cast<Duration::rep>(part >> 32)};
}

}  // namespace

Latency::Made Latency::constant(Duration always) {
    if (std::string wrong = latency_problem("constant", always); !wrong.empty()) return wrong;
    Latency made;
    made.min_ = made.max_ = always;
    return made;
}

Latency::Made Latency::uniform(Duration min, Duration max) {
    if (std::string wrong = latency_problem("min", min); !wrong.empty()) return wrong;
    if (std::string wrong = latency_problem("max", max); !wrong.empty()) return wrong;
    if (max < min) {
        return "max is " + whole_units(max) + "; allowed is " + whole_units(min) +
               " (min) and above";
    }
    Latency made;
    made.shape_ = Shape::uniform;
    made.min_ = min;
    made.max_ = max;
    return made;
}

Latency::Made Latency::log_normal(Duration median, Duration p999) {
    if (std::string wrong = latency_problem("median", median); !wrong.empty()) return wrong;
    if (std::string wrong = latency_problem("p99.9", p999); !wrong.empty()) return wrong;
    if (median == Duration{}) return std::string{"median is 0 s; allowed is 1 ns and above"};
    if (p999 < median || p999.count() / kMostSpread >= median.count()) {
        return "p99.9 is " + whole_units(p999) + "; allowed is the median, " + whole_units(median) +
               ", to " + std::to_string(kMostSpread) + " times that";
    }
    // The logarithm of two's base is linear in the normal variable.
    const std::int64_t slope = fixed_log2(static_cast<std::uint64_t>(p999.count())) -
                               fixed_log2(static_cast<std::uint64_t>(median.count()));
    auto table = std::make_shared<Table>();
    table->reserve(2 * kTail);
    for (const std::int64_t sign : {1, -1}) {
        for (const std::int64_t z : kNormalQuantiles) {
            const std::int64_t value = scaled_exp2(median.count(), sign * (slope * z / kNormal999));
            table->push_back(std::min<Duration>(Duration{value}, kLongest));
        }
    }
    Latency made;
    made.shape_ = Shape::log_normal;
    made.min_ = table->back();
    made.max_ = (*table)[kTail - 1];
    made.median_ = median;
    made.p999_ = p999;
    made.table_ = std::move(table);
    return made;
}

Latency::Made Latency::empirical(std::span<const Duration> quantiles) {
    if (quantiles.size() < 2 || quantiles.size() > kMostQuantiles) {
        return "quantiles has " + std::to_string(quantiles.size()) + " values; allowed are 2 to " +
               std::to_string(kMostQuantiles);
    }
    for (std::size_t i = 0; i < quantiles.size(); ++i) {
        const std::string field = "quantiles[" + std::to_string(i) + "]";
        if (std::string wrong = latency_problem(field, quantiles[i]); !wrong.empty()) return wrong;
        if (i > 0 && quantiles[i] < quantiles[i - 1]) {
            return field + " is " + whole_units(quantiles[i]) + "; allowed is " +
                   whole_units(quantiles[i - 1]) + " (the value before it) and above";
        }
    }
    Latency made;
    made.shape_ = Shape::empirical;
    made.min_ = quantiles.front();
    made.max_ = quantiles.back();
    made.table_ = std::make_shared<const Table>(quantiles.begin(), quantiles.end());
    return made;
}

Duration Latency::draw(Rng& rng) const {
    if (min_ == max_) return min_;
    switch (shape_) {
        case Shape::constant:
            return min_;
        case Shape::uniform:
            return min_ + Duration{static_cast<Duration::rep>(
                              rng.below(static_cast<std::uint64_t>((max_ - min_).count()) + 1))};
        case Shape::log_normal: {
            // One bit selects the side. In the other 63, the leading zeros select the octave of the
            // tail, the three bits after the first one the step, the next 32 the place within it.
            const std::uint64_t word = rng.next();
            const std::size_t side = word >> 63 != 0 ? kTail : 0;
            const std::uint64_t tail = word << 1;
            const auto octave = static_cast<unsigned>(std::countl_zero(tail));
            if (octave >= kNormalOctaves) return (*table_)[side + kTail - 1];
            const std::uint64_t inward = ~(tail << octave << 1);
            const std::size_t entry = side + octave * kNormalSteps + (inward >> 61);
            return interpolate((*table_)[entry], (*table_)[entry + 1],
                               static_cast<std::uint32_t>(inward << 3 >> 32));
        }
        case Shape::empirical: {
            const Wide place = static_cast<Wide>(rng.next()) * (table_->size() - 1);
            const auto entry = static_cast<std::size_t>(place >> 64);
            return interpolate((*table_)[entry], (*table_)[entry + 1],
                               static_cast<std::uint32_t>(place >> 32));
        }
    }
    return min_;
}

Duration Latency::min() const {
    return min_;
}
Duration Latency::max() const {
    return max_;
}

std::string Latency::words() const {
    const auto ns = [](Duration d) { return std::to_string(d.count()) + "ns"; };
    switch (shape_) {
        case Shape::constant:
            return "constant " + ns(min_);
        case Shape::uniform:
            return "uniform " + ns(min_) + ".." + ns(max_);
        case Shape::log_normal:
            return "lognormal median " + ns(median_) + " p99.9 " + ns(p999_);
        case Shape::empirical: {
            std::string text = "measured";
            for (const Duration quantile : *table_) text += " " + ns(quantile);
            return text;
        }
    }
    return {};
}

}  // namespace rollcall::sim

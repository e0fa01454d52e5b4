// SPDX-License-Identifier: Apache-2.0
#include "agent/samples/sampler.h"

#include <algorithm>
#include <utility>

namespace rollcall::agent {
namespace {

constexpr int kIntervalsKept = 3;

}  // namespace

void Sampler::begin() {
    timer_.init(*this, parts_.loop);
    if (!off()) due();
}

void Sampler::due() {
    const bool again = std::exchange(began_, true);
    timer_.start<&Sampler::due>(again ? parts_.interval : std::min(kSecondAfter, parts_.interval));
    if (reading_.busy()) {
        ++stats_.skipped;
        return;
    }
    reading_.run(parts_.read, [this](Sample sample) { take(std::move(sample)); });
}

void Sampler::take(Sample sample) {
    ++stats_.taken;
    if (latest_) compare_with(*latest_, sample);
    latest_ = std::move(sample);
}

const Sample* Sampler::latest(Time now) const {
    if (!latest_ || now - latest_->taken > kIntervalsKept * parts_.interval) return nullptr;
    return &*latest_;
}

void Sampler::close(const std::function<void()>& closed) {
    reading_.give_up();
    timer_.close(closed);
}

}  // namespace rollcall::agent

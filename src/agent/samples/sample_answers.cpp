// SPDX-License-Identifier: Apache-2.0
#include "agent/samples/sample_answers.h"

#include "agent/samples/sample_json.h"
#include "agent/samples/text_fields.h"
#include "serf/view_checksum.h"
#include "transport/clock.h"

namespace rollcall::agent {

std::optional<std::uint64_t> slots_of(Bytes question) {
    std::string_view text = as_text(question);
    if (text.empty()) return 1;
    if (take_word(text) != "slots") return {};
    const auto slots = take_whole(text);
    if (!slots || !take_word(text).empty()) return {};
    if (*slots < 1 || *slots > SampleAnswers::kMostSlots) return {};
    return slots;
}

void SampleAnswers::asked(const serf::BuiltInQueryReceived& query, Reply reply) {
    const auto slots = slots_of(query.payload);
    if (!slots || !timer_) return;
    if (!query.from_member) {
        ++stats_.strangers;
        return;
    }
    const auto slot = static_cast<int>(serf::view_hash(parts_.name) % *slots);
    if (slot == 0) return answer(reply);
    if (waiting_.size() >= kMostWaiting) {
        ++stats_.too_many;
        return;
    }
    const Time now = transport::clock_now();
    const auto added = waiting_.emplace(now + slot * kSlot, std::move(reply));
    if (added == waiting_.begin()) timer_.start<&SampleAnswers::due>(slot * kSlot);
}

void SampleAnswers::answer(const Reply& reply) {
    const std::string text = sample_text(parts_.sampler, transport::clock_now(), parts_.room);
    if (text.empty()) return;
    ++stats_.answered;
    reply(text);
}

void SampleAnswers::due() {
    const Time now = transport::clock_now();
    while (!waiting_.empty() && waiting_.begin()->first <= now) {
        answer(waiting_.extract(waiting_.begin()).mapped());
    }
    if (!waiting_.empty()) timer_.start<&SampleAnswers::due>(waiting_.begin()->first - now);
}

void SampleAnswers::close(const std::function<void()>& closed) {
    waiting_.clear();
    timer_.close(closed);
}

}  // namespace rollcall::agent

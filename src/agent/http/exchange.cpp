// SPDX-License-Identifier: Apache-2.0
#include "agent/http/exchange.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace rollcall::agent::http {

void Exchange::handle(const Handle& handle) {
    stage_ = Stage::handling;
    in_handle_ = true;
    handle(request_, [weak = weak_from_this()](Answer answer) {
        if (const auto self = weak.lock()) self->replied(std::move(answer));
    });
    in_handle_ = false;
}

void Exchange::replied(Answer answer) {
    if (stage_ != Stage::handling) return;
    stage_ = Stage::answered;
    answer_ = std::move(answer);
    if (!in_handle_ && resume_) resume_();
}

Answer Exchange::take_answer() {
    ROLLCALL_CHECK(stage_ == Stage::answered && answer_);
    stage_ = Stage::writing;
    Answer answer = std::move(*answer_);
    answer_.reset();
    event_stream_ = answer.event_stream;
    return answer;
}

void Exchange::set_stream(std::unique_ptr<Source> stream) {
    stream_ = std::move(stream);
    stream_->on_wake([weak = weak_from_this()] {
        const auto self = weak.lock();
        if (self && self->resume_) self->resume_();
    });
}

Exchange::Written Exchange::write(std::span<char> to, const Budget& budget) {
    while (pending_at_ == pending_.size()) {
        if (broken_) return {.need = Need::cut};
        if (ended_) return {.need = Need::end};
        if (!budget.left()) return {.need = Need::turn};
        pending_.clear();
        pending_at_ = 0;
        const Source::State state = stream_->append(pending_);
        ended_ = state == Source::State::ended;
        broken_ = state == Source::State::broken;
        if (state == Source::State::waiting && pending_.empty()) return {.need = Need::wake};
    }
    const std::size_t size = std::min(to.size(), pending_.size() - pending_at_);
    std::copy_n(pending_.data() + pending_at_, size, to.data());
    pending_at_ += size;
    return {.bytes = size};
}

void Exchange::abandon() {
    resume_ = {};
    stream_.reset();
}

}  // namespace rollcall::agent::http

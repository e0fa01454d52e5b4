// SPDX-License-Identifier: Apache-2.0
#include "sim/cluster/output_queue.h"

#include <utility>

#include "base/check.h"

namespace rollcall::sim {

OutputQueue::OutputQueue(Network& network, StreamNetwork& streams, const AlarmClock& clock,
                         Port& port)
    : network_{network}, streams_{streams}, clock_{clock}, port_{port} {}

void OutputQueue::send(const Endpoint& to, Bytes bytes) {
    if (!blocked_) return network_.send(from_, to, bytes);
    hold({.to = to, .action = {}, .bytes = {bytes.begin(), bytes.end()}});
}

void OutputQueue::carry_out(const membership::StreamAction& action, Bytes bytes) {
    if (!blocked_) return carry_out_now(action, bytes);
    hold({.to = {}, .action = action, .bytes = {bytes.begin(), bytes.end()}});
}

void OutputQueue::block(const Blocking& how) {
    ROLLCALL_CHECK(!blocked_ && how.problem().empty());
    blocked_ = how;
    stuck_ = false;
}

void OutputQueue::unblock() {
    ROLLCALL_CHECK(blocked_);
    blocked_.reset();
    for (const Held& held : std::exchange(held_, {})) {
        held.action ? carry_out_now(*held.action, held.bytes)
                    : network_.send(from_, held.to, held.bytes);
    }
}

void OutputQueue::clear() {
    blocked_.reset();
    stuck_ = false;
    held_.clear();
}

void OutputQueue::hold(Held held) {
    stuck_ = stuck_ || blocked_->sends == Blocking::Sends::first;
    if (held_.size() >= kMostHeld) {
        ++dropped_;
        return;
    }
    held_.push_back(std::move(held));
}

void OutputQueue::carry_out_now(const membership::StreamAction& action, Bytes bytes) {
    switch (action.verb) {
        case membership::StreamVerb::open:
            return streams_.open(port_, from_, action.id, action.to,
                                 clock_.to_world(action.deadline));
        case membership::StreamVerb::write:
            return streams_.write(port_, action.id, bytes);
        case membership::StreamVerb::close:
            return streams_.close(port_, action.id);
    }
}

}  // namespace rollcall::sim

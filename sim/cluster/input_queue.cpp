// SPDX-License-Identifier: Apache-2.0
#include "sim/cluster/input_queue.h"

#include <utility>

#include "sim/world/ranges.h"

namespace rollcall::sim {

InputQueue::InputQueue(World& world, NodeLog& log, const OutputQueue& output, Handlers handlers)
    : world_{world}, log_{log}, output_{output}, handlers_{std::move(handlers)} {}

void InputQueue::close() {
    dropped_ += buffer_.dropped();
    buffer_ = {};
    open_ = paused_ = busy_ = false;
    input_before_.reset();
    ++life_;
}

void InputQueue::set_service_time(const Latency& each, bool deadlines_wait) {
    log_.note("a piece of input takes " + whole_units(each.min()) + " to " +
              whole_units(each.max()));
    service_time_ = each;
    deadlines_wait_for_input_ = deadlines_wait;
}

void InputQueue::catch_up() {
    if (output_.blocked()) {
        if (!output_.stops_deadlines()) handlers_.deadlines();
        return;
    }
    if (busy_ || service_time_.max() > Duration{}) {
        if (buffer_.empty()) return pass_deadlines();
        input_before_ = buffer_.size();
        if (!busy_) begin_oldest();
        return;
    }
    for (const SocketBuffer::Stored& stored : buffer_.take()) handlers_.input(stored.input());
    handlers_.deadlines();
}

void InputQueue::deadline_came() {
    if (!open_ || paused_ || output_.stops_deadlines()) return;
    if (busy_ && deadlines_wait_for_input_) {
        if (!input_before_) input_before_ = buffer_.size();
        return;
    }
    handlers_.deadlines();
}

void InputQueue::datagram(Endpoint from, Bytes bytes) {
    receive({.kind = Input::Kind::datagram, .from = from, .bytes = bytes, .stream = {}});
}

void InputQueue::send_error(Endpoint to, membership::SendError error) {
    receive(
        {.kind = Input::Kind::send_error, .from = to, .bytes = {}, .stream = {}, .error = error});
}

bool InputQueue::stream_accepted(StreamId id, Endpoint from) {
    if (waits() && buffer_.backlog_full()) return false;
    receive({.kind = Input::Kind::accepted, .from = from, .bytes = {}, .stream = id});
    return true;
}

void InputQueue::stream_connected(StreamId id) {
    receive({.kind = Input::Kind::connected, .from = {}, .bytes = {}, .stream = id});
}

void InputQueue::stream_data(StreamId id, Bytes bytes) {
    receive({.kind = Input::Kind::data, .from = {}, .bytes = bytes, .stream = id});
}

void InputQueue::stream_closed(StreamId id, membership::StreamEnd end) {
    receive({.kind = Input::Kind::closed, .from = {}, .bytes = {}, .stream = id, .end = end});
}

// Input does not reach the core at once.
bool InputQueue::waits() const {
    return paused_ || busy_ || output_.blocked() || service_time_.max() > Duration{};
}

void InputQueue::receive(const Input& input) {
    if (!open_) return;
    if (!waits()) return handlers_.input(input);
    output_.blocked() ? buffer_.push(input, output_.backlog()) : buffer_.push(input);
    if (!paused_ && !output_.blocked() && !busy_) begin_oldest();
}

void InputQueue::begin_oldest() {
    if (buffer_.empty()) return;
    busy_ = true;
    world_.at(world_.now() + service_time_.draw(world_.rng()), *this, life_);
}

void InputQueue::act(std::uint64_t life) {
    if (life != life_ || !busy_) return;
    busy_ = false;
    if (paused_ || output_.blocked()) return;
    if (!buffer_.empty()) handlers_.input(buffer_.pop().input());
    if (input_before_ && (*input_before_ <= 1 || buffer_.empty())) {
        pass_deadlines();
    } else if (input_before_) {
        --*input_before_;
    }
    begin_oldest();
}

void InputQueue::pass_deadlines() {
    input_before_.reset();
    handlers_.deadlines();
}

}  // namespace rollcall::sim

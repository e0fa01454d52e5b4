// SPDX-License-Identifier: Apache-2.0
#include "membership/merges.h"

#include <algorithm>
#include <utility>

#include "membership/slice.h"

namespace rollcall::membership {

// One slice. The clock is asked seldom: a member takes a microsecond or two.
class Merges::Pace {
public:
    Pace(WorkClock& clock, bool endless) : slice_{clock}, endless_{endless} {}

    [[nodiscard]] bool over() {
        constexpr unsigned kBetween = 16;
        return !endless_ && ++steps_ % kBetween == 0 && slice_.over();
    }

private:
    Slice slice_;
    bool endless_;
    unsigned steps_ = 0;
};

Merges::Merge::Merge(ArrivedState state)
    : arrived{std::move(state)}, next{this->state().nodes.begin()} {}

void Merges::start(Time now, ArrivedState arrived, Outbox& out) {
    const bool is_short = arrived.reader.memory() <= kShort;
    if (!is_short && !may_wait(arrived)) {
        ++context_.stats.merges_dropped;
        return owner_.merge_ended(now,
                                  {.stream = arrived.stream,
                                   .peer = arrived.peer,
                                   .asked = arrived.asked,
                                   .error = "too many states wait to be merged"},
                                  out);
    }
    Merge merge{std::move(arrived)};
    Pace pace{context_.clock, is_short};
    if (!advance(now, merge, pace, out)) waiting_.push_back(std::move(merge));
}

// In turns, so that the longest does not delay all others.
void Merges::handle_timeout(Time now, Outbox& out) {
    if (waiting_.empty()) return;
    Merge merge = std::move(waiting_.front());
    waiting_.pop_front();
    Pace pace{context_.clock, false};
    ++context_.stats.merge_slices;
    if (!advance(now, merge, pace, out)) waiting_.push_back(std::move(merge));
}

bool Merges::may_wait(const ArrivedState& arrived) {
    std::size_t bytes = arrived.reader.memory(), of_source = 0;
    for (const Merge& merge : waiting_) {
        bytes += merge.arrived.reader.memory();
        if (merge.arrived.peer.ip == arrived.peer.ip) ++of_source;
    }
    if (bytes > kMostBytes && !waiting_.empty()) return false;
    // What we asked for is limited by how often we ask.
    return arrived.asked || (waiting_.size() < kMost && of_source < kMostOfSource);
}

bool Merges::advance(Time now, Merge& merge, Pace& pace, Outbox& out) {
    if (!merge.verified) {
        if (!verify(merge, pace)) return false;
        if (!merge.reason.empty()) {
            ++context_.stats.merges_refused;
            out.notify(MergeRefused{merge.arrived.peer, merge.reason});
            finish(now, merge, merge.reason, out);
            return true;
        }
        merge.verified = true;
        merge.next = merge.state().nodes.begin();
        context_.stats.nodes_unreadable += merge.state().nodes.refused();
    }
    if (!merge_nodes(now, merge, pace, out)) return false;
    if (const Bytes user_state = merge.state().user_state; !user_state.empty()) {
        const Time from = context_.clock.now();
        context_.app.merge_state(now, user_state, merge.arrived.join, out);
        owner_.application_merged(from, context_.clock.now());
    }
    ++context_.stats.push_pulls;
    finish(now, merge, {}, out);
    return true;
}

// Rule Y2: one compatible member is enough; the others are skipped during the merge.
bool Merges::verify(Merge& merge, Pace& pace) const {
    const auto end = merge.state().nodes.end();
    for (; merge.next != end; ++merge.next) {
        if (push_pulls_.proves_compatible(*merge.next, merge.reason)) {
            merge.reason.clear();
            return true;
        }
        if (pace.over()) return ++merge.next, false;
    }
    return true;
}

bool Merges::merge_nodes(Time now, Merge& merge, Pace& pace, Outbox& out) {
    const Config& config = context_.config;
    const Origin origin{Origin::Kind::stream, merge.arrived.peer};
    const auto end = merge.state().nodes.end();
    context_.answer_to_join = merge.arrived.answer_to_join;
    for (; merge.next != end; ++merge.next) {
        const wire::PushPullNode& node = *merge.next;
        if (node.name != config.name) merge.others = true;
        merge.at_our_address = node.address == config.address && node.port == config.port;
        if (node.name == config.name && merge.at_our_address) {
            const bool alive = node.state == wire::NodeState::alive;
            (alive ? merge.has_us : context_.held_dead) = true;
        }
        push_pulls_.merge_node(now, node, origin, out);
        if (pace.over()) {
            ++merge.next;
            break;
        }
    }
    context_.answer_to_join = false;
    return merge.next == end;
}

void Merges::finish(Time now, const Merge& merge, const std::string& error, Outbox& out) {
    // Rule W1. A state with nobody else in it may be our own: we connected to ourselves.
    if (error.empty() && merge.has_us && merge.others) context_.acknowledged = true;
    owner_.merge_ended(now,
                       {.stream = merge.arrived.stream,
                        .peer = merge.arrived.peer,
                        .asked = merge.arrived.asked,
                        .error = error,
                        .ourselves = error.empty() && !merge.others && merge.at_our_address},
                       out);
}

}  // namespace rollcall::membership

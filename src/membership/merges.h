// SPDX-License-Identifier: Apache-2.0
//
// States of peers, merged in slices (rule Y6): a long state is merged a millisecond at a time, and
// datagrams and deadlines are handled in between. Each starts at once, so that short ones need no
// second slice; those that wait take turns, and are limited in number, bytes and by source. With a
// clock that stands still each is merged at once. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>

#include "base/endpoint.h"
#include "base/ids.h"
#include "base/time.h"
#include "membership/context.h"
#include "membership/outbox.h"
#include "membership/push_pull.h"
#include "wire/stream.h"

namespace rollcall::membership {

// A state that arrived. `reader` is complete, and holds a push/pull.
struct ArrivedState {
    StreamId stream;
    Endpoint peer;
    bool join = false;
    bool asked = false;  // we opened the stream
    wire::StreamReader reader;
    bool answer_to_join = false;  // rule S9: a newcomer believes the peer that it was given to ask
};

class MergeOwner {
public:
    virtual ~MergeOwner() = default;
    struct Merged {
        StreamId stream;
        Endpoint peer;
        bool asked = false;
        std::string error;  // "" when it was merged; otherwise nothing of it was
        // We connected to ourselves: a member's state always contains that member, and this one
        // contains only us.
        bool ourselves = false;
    };
    virtual void merge_ended(Time now, const Merged& merged, Outbox& out) = 0;
    // The application merged its part, in that (measured) time.
    virtual void application_merged(Time from, Time to) = 0;
};

class Merges {
public:
    // Of those that wait for their next slice, in all.
    static constexpr std::size_t kMost = 32;
    static constexpr std::size_t kMostOfSource = 8;
    static constexpr std::size_t kMostBytes = 128u << 20;
    // A state of at most that many bytes is merged at once, and so never refused.
    static constexpr std::size_t kShort = 64u << 10;

    Merges(Context& context, PushPulls& push_pulls, MergeOwner& owner)
        : context_{context}, push_pulls_{push_pulls}, owner_{owner} {}

    // merge_ended() follows, within this call or later.
    void start(Time now, ArrivedState arrived, Outbox& out);
    void handle_timeout(Time now, Outbox& out);
    // `now` while any waits.
    [[nodiscard]] std::optional<Time> next_deadline(Time now) const {
        return waiting_.empty() ? std::nullopt : std::optional{now};
    }
    [[nodiscard]] std::size_t waiting() const { return waiting_.size(); }

private:
    struct Merge {
        explicit Merge(ArrivedState state);

        ArrivedState arrived;
        wire::PushPullNodes::Iterator next;
        bool verified = false;  // rule Y2; until then nothing is applied
        std::string reason;     // of the first member that does not fit
        bool others = false, at_our_address = false;
        bool has_us = false;  // alive, at our address

        [[nodiscard]] const wire::ReceivedPushPull& state() const {
            return std::get<wire::ReceivedPushPull>(arrived.reader.message());
        }
    };
    class Pace;

    [[nodiscard]] bool may_wait(const ArrivedState& arrived);
    // True when it is over, and merge_ended() was called.
    bool advance(Time now, Merge& merge, Pace& pace, Outbox& out);
    // False: the slice is over.
    bool verify(Merge& merge, Pace& pace) const;
    bool merge_nodes(Time now, Merge& merge, Pace& pace, Outbox& out);
    void finish(Time now, const Merge& merge, const std::string& error, Outbox& out);

    Context& context_;
    PushPulls& push_pulls_;
    MergeOwner& owner_;
    std::deque<Merge> waiting_;
};

}  // namespace rollcall::membership

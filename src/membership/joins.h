// SPDX-License-Identifier: Apache-2.0
//
// Joins in progress (rule L1): each has a list of peers, a few of which are contacted at a time.
// Reports when a peer answered and when a join is finished.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/endpoint.h"
#include "base/ids.h"
#include "base/time.h"
#include "membership/outbox.h"
#include "membership/streams.h"

namespace rollcall::membership {

class Joins {
public:
    Joins(Streams& streams, std::size_t at_once) : streams_{streams}, at_once_{at_once} {}

    void start(Time now, RequestId request, const std::vector<Endpoint>& peers, Outbox& out) {
        if (peers.empty()) return out.notify(JoinFinished{.request = request});
        joins_.push_back({.request = request, .left = peers.size()});
        for (const Endpoint& peer : peers) waiting_.push_back({request, peer});
        pump(now, out);
    }
    // True when the stream belonged to a join.
    bool ended(Time now, StreamId id, const JoinAnswered& how, Outbox& out) {
        const auto found = running_.find(id);
        if (found == running_.end()) return false;
        const RequestId request = found->second.request;
        running_.erase(found);
        out.notify(JoinAnswered{request, how.peer, how.error, how.ourselves});
        const auto join = std::ranges::find(joins_, request, &Join::request);
        ++(how.error.empty() ? join->contacted : join->failed);
        if (--join->left == 0) {
            out.notify(JoinFinished{request, join->contacted, join->failed});
            joins_.erase(join);
        }
        pump(now, out);
        return true;
    }

    // Whether we asked that peer, and it has not answered yet.
    [[nodiscard]] bool asks(const Endpoint& peer) const {
        return std::ranges::any_of(running_,
                                   [&](const auto& entry) { return entry.second.peer == peer; });
    }

private:
    struct Join {
        RequestId request;
        std::size_t left = 0;
        unsigned contacted = 0, failed = 0;
    };
    struct Waiting {
        RequestId request;
        Endpoint peer;
    };
    void pump(Time now, Outbox& out) {
        while (!waiting_.empty() && running_.size() < at_once_) {
            const Waiting next = waiting_.front();
            waiting_.pop_front();
            running_.emplace(streams_.open_push_pull(now, next.peer, true, out), next);
        }
    }

    Streams& streams_;
    std::size_t at_once_;
    std::vector<Join> joins_;
    std::deque<Waiting> waiting_;
    std::unordered_map<StreamId, Waiting> running_;
};

}  // namespace rollcall::membership

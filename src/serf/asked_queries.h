// SPDX-License-Identifier: Apache-2.0
//
// Our running queries (rule E5): who acknowledged and who answered, each counted once, directly or
// relayed. A machine over deadlines; it sends nothing and emits no events. Bounded in queries, and
// in senders per query, since names can be invented.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/time.h"

namespace rollcall::serf {

struct AskedQuery {
    enum class Purpose : std::uint8_t { application, keys, name_conflict };
    using Senders = std::set<std::string, std::less<>>;

    RequestId request;
    Purpose purpose = Purpose::application;
    LamportTime time;  // with the id, identifies the query in answers
    std::uint32_t id = 0;
    Time deadline{};
    std::size_t max_senders = 0;  // of acks, and of answers
    Senders acked, answered;
};

class AskedQueries {
public:
    explicit AskedQueries(std::size_t max_running) : max_running_{max_running} {}

    [[nodiscard]] std::size_t size() const { return running_.size(); }
    [[nodiscard]] bool full() const { return running_.size() >= max_running_; }
    void start(AskedQuery query);  // not when full
    [[nodiscard]] bool runs(LamportTime time, std::uint32_t id) const;

    enum class Verdict : std::uint8_t {
        counted,
        duplicate,
        unasked,   // its query is finished, or never was ours
        too_many,  // more senders than possible members
    };
    struct Counted {
        Verdict verdict = Verdict::unasked;
        RequestId request;
        AskedQuery::Purpose purpose = AskedQuery::Purpose::application;
    };
    Counted count(Time now, LamportTime time, std::uint32_t id, std::string_view from, bool ack);

    // Ends it before its deadline; nullopt when it is finished already.
    std::optional<AskedQuery> finish(RequestId request);
    // One whose deadline has passed, the earliest first.
    std::optional<AskedQuery> take_expired(Time now);
    [[nodiscard]] std::optional<Time> deadline() const { return earliest_; }

private:
    AskedQuery take(std::vector<AskedQuery>::iterator query);
    void find_earliest();

    std::size_t max_running_;
    std::vector<AskedQuery> running_;
    std::optional<Time> earliest_;
};

}  // namespace rollcall::serf

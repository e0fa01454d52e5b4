// SPDX-License-Identifier: Apache-2.0
//
// What this agent saw and decided, in memory: every line of its log (docs/operations/logs.md), with
// a sequence number, and for each member its last ones. `why`, the event streams and the history of
// a member are read from it. Bounded in records and bytes; the oldest go first. One thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "agent/log/logging.h"
#include "base/text.h"

namespace rollcall::agent {

struct JournalRecord {
    std::uint64_t seq = 0;  // from 1, each one more than the last
    Level level = Level::info;
    std::chrono::system_clock::time_point time{};
    std::string event;   // "member-failed"
    std::string member;  // that it is about; "" for none
    std::string text;    // the message: valid UTF-8 without control characters
    std::string json;    // the whole record as one line, without a newline
};

struct JournalLimits {
    std::size_t recent = 4096;             // records that a stream can replay...
    std::size_t recent_bytes = 4u << 20u;  // ...and their size together
    // In its history, which has no debug lines: an unreliable link would fill it with probes.
    std::size_t per_member = 32;
    std::size_t history_bytes = 12u << 20u;  // of all histories together
};

class Journal {
public:
    using Record = std::shared_ptr<const JournalRecord>;
    using Limits = JournalLimits;

    explicit Journal(Limits limits = {}) : limits_{limits} {}
    Journal(const Journal&) = delete;
    Journal& operator=(const Journal&) = delete;

    void add(const LogEntry& entry);

    // Of the newest record; 0 before the first.
    [[nodiscard]] std::uint64_t newest() const { return next_ - 1; }
    // Of the oldest record that after() can return; newest() + 1 if there is none.
    [[nodiscard]] std::uint64_t oldest() const { return next_ - recent_.size(); }
    // The first recent record with a higher number; null if there is none. The caller finds a gap
    // by comparing the number: `seq` + 1 may be gone.
    [[nodiscard]] Record after(std::uint64_t seq) const;
    // The last records about a member, from level info on, oldest first.
    [[nodiscard]] std::vector<Record> history_of(std::string_view member) const;

    // Called after each new record, until unsubscribe(); it adds no records itself. It may
    // unsubscribe itself and others.
    [[nodiscard]] std::uint64_t subscribe(std::function<void()> on_record);
    void unsubscribe(std::uint64_t subscription) { subscribers_.erase(subscription); }

    [[nodiscard]] std::size_t bytes() const { return recent_bytes_ + history_bytes_; }

private:
    using Kept = std::list<Record>;

    void add_recent(const Record& record);
    void add_to_history(const Record& record);
    void forget_oldest_of(const std::string& member);
    void notify();

    Limits limits_;
    std::uint64_t next_ = 1;
    std::deque<Record> recent_;  // without gaps, ends with the newest
    std::size_t recent_bytes_ = 0;
    // All histories in the order of their numbers, and where each member's records are in it.
    Kept kept_;
    std::unordered_map<std::string, std::deque<Kept::iterator>, TextHash, std::equal_to<>>
        histories_;
    std::size_t history_bytes_ = 0;
    std::map<std::uint64_t, std::shared_ptr<std::function<void()>>> subscribers_;
    std::uint64_t next_subscription_ = 1;
};

}  // namespace rollcall::agent

// SPDX-License-Identifier: Apache-2.0
#include "agent/journal/journal.h"

#include <algorithm>
#include <utility>

namespace rollcall::agent {
namespace {

// What a record takes besides its texts.
constexpr std::size_t kOverhead = sizeof(JournalRecord) + 160;

std::size_t size_of(const JournalRecord& record) {
    return kOverhead + record.event.size() + record.member.size() + record.text.size() +
           record.json.size();
}

std::string_view member_of(const LogEntry& entry) {
    const auto found = std::ranges::find(entry.fields, "member", &LogField::key);
    return found == entry.fields.end() ? std::string_view{} : found->text;
}

}  // namespace

void Journal::add(const LogEntry& entry) {
    const std::uint64_t seq = next_++;
    const auto record =
        std::make_shared<const JournalRecord>(JournalRecord{.seq = seq,
                                                            .level = entry.level,
                                                            .time = entry.time,
                                                            .event = std::string{entry.event},
                                                            .member = std::string{member_of(entry)},
                                                            .text = std::string{entry.text},
                                                            .json = json_of(entry, seq)});
    add_recent(record);
    if (!record->member.empty() && record->level >= Level::info) add_to_history(record);
    notify();
}

void Journal::add_recent(const Record& record) {
    recent_.push_back(record);
    recent_bytes_ += size_of(*record);
    while (recent_.size() > 1 &&
           (recent_.size() > limits_.recent || recent_bytes_ > limits_.recent_bytes)) {
        recent_bytes_ -= size_of(*recent_.front());
        recent_.pop_front();
    }
}

void Journal::add_to_history(const Record& record) {
    auto& history = histories_[record->member];
    history.push_back(kept_.insert(kept_.end(), record));
    history_bytes_ += size_of(*record);
    if (history.size() > limits_.per_member) forget_oldest_of(record->member);
    while (history_bytes_ > limits_.history_bytes) {
        forget_oldest_of(std::string{kept_.front()->member});
    }
}

void Journal::forget_oldest_of(const std::string& member) {
    const auto found = histories_.find(member);
    const auto oldest = found->second.front();
    history_bytes_ -= size_of(**oldest);
    kept_.erase(oldest);
    found->second.pop_front();
    if (found->second.empty()) histories_.erase(found);
}

Journal::Record Journal::after(std::uint64_t seq) const {
    if (seq >= newest()) return {};
    const std::uint64_t first = oldest();
    return seq < first ? recent_.front() : recent_[seq + 1 - first];
}

std::vector<Journal::Record> Journal::history_of(std::string_view member) const {
    std::vector<Record> records;
    const auto found = histories_.find(member);
    if (found == histories_.end()) return records;
    for (const auto& kept : found->second) records.push_back(*kept);
    return records;
}

std::uint64_t Journal::subscribe(std::function<void()> on_record) {
    subscribers_.emplace(next_subscription_,
                         std::make_shared<std::function<void()>>(std::move(on_record)));
    return next_subscription_++;
}

// A subscriber may unsubscribe itself and others: no iterator is kept across a call.
void Journal::notify() {
    for (std::uint64_t last = 0;;) {
        const auto next = subscribers_.upper_bound(last);
        if (next == subscribers_.end()) return;
        last = next->first;
        const auto on_record = next->second;
        (*on_record)();
    }
}

}  // namespace rollcall::agent

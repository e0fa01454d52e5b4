// SPDX-License-Identifier: Apache-2.0
//
// Bounded queue of records for one stream or monitor of one client. When the client does not read
// fast enough, new records are dropped and counted; the order is kept. Records are encoded once and
// shared between streams.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <utility>

namespace rollcall::agent {

using Record = std::shared_ptr<const std::string>;  // an encoded body

class RecordQueue {
public:
    explicit RecordQueue(std::size_t most) : most_{most} {}

    // False if it was dropped.
    bool push(Record record) {
        if (records_.size() >= most_) {
            ++dropped_;
            return false;
        }
        records_.push_back(std::move(record));
        return true;
    }
    // The last record of a stream is never dropped.
    void push_last(Record record) { records_.push_back(std::move(record)); }
    [[nodiscard]] bool empty() const { return records_.empty(); }
    [[nodiscard]] Record pop() {
        Record record = std::move(records_.front());
        records_.pop_front();
        return record;
    }
    // Dropped since the last call.
    [[nodiscard]] std::uint64_t take_dropped() { return std::exchange(dropped_, 0); }
    [[nodiscard]] std::uint64_t dropped() const { return dropped_; }

private:
    std::size_t most_;
    std::deque<Record> records_;
    std::uint64_t dropped_ = 0;
};

}  // namespace rollcall::agent

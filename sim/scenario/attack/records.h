// SPDX-License-Identifier: Apache-2.0
//
// Packets that an adversary has read, for sending them again. A bounded store: once it is full a
// new packet replaces a random one, so that old ones stay for a while and their ages vary widely.
#pragma once

#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/endpoint.h"
#include "base/rng.h"

namespace rollcall::sim {

struct RecordedPacket {
    Endpoint from, to;
    bool stream = false;  // what the dialer of a stream wrote
    std::vector<std::byte> bytes;
};

class Records {
public:
    static constexpr std::size_t kMost = 4096;

    explicit Records(Rng& rng) : rng_{rng} {}

    void add(RecordedPacket packet) {
        if (packets_.size() < kMost) {
            packets_.push_back(std::move(packet));
        } else {
            packets_[rng_.below(kMost)] = std::move(packet);
        }
    }
    // nullptr: none. Valid until the next add().
    [[nodiscard]] const RecordedPacket* any() const {
        return packets_.empty() ? nullptr : &packets_[rng_.below(packets_.size())];
    }

private:
    Rng& rng_;
    std::vector<RecordedPacket> packets_;
};

}  // namespace rollcall::sim

// SPDX-License-Identifier: Apache-2.0
//
// Intents about unknown names: an intent may arrive before the member's alive claim. Rule I2. One
// entry per name, the newest; it waits until the member appears or some minutes pass. Bounded: when
// full, intents about further names are refused (and so not gossiped), since dropping an older
// entry would let the same intents circulate indefinitely. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/ids.h"
#include "base/time.h"

namespace rollcall::serf {

enum class IntentKind : std::uint8_t { join, leave };

struct Intent {
    IntentKind kind = IntentKind::join;
    LamportTime time;
};

class IntentBuffer {
public:
    explicit IntentBuffer(std::size_t max_entries) : max_entries_{max_entries} {}

    enum class Outcome : std::uint8_t { buffered, not_newer, full };
    // Kept when the name is new, or when it is newer than the kept intent of either kind.
    Outcome offer(Time now, std::string_view name, Intent intent);
    // The member appeared: removes and returns its intent.
    std::optional<Intent> take(std::string_view name);
    // Removes those older than `age`. Walks all entries: for a slow timer, not for packets.
    void expire(Time now, Duration age);
    // Removes those of this time and later: our clock fell back to it.
    void forget_from(LamportTime time);

    [[nodiscard]] std::size_t size() const { return entries_.size(); }

private:
    struct Entry {
        Intent intent;
        Time since{};
    };
    std::size_t max_entries_;
    std::unordered_map<std::string, Entry, NameHash, std::equal_to<>> entries_;
};

}  // namespace rollcall::serf

// SPDX-License-Identifier: Apache-2.0
#include "serf/intent_buffer.h"

namespace rollcall::serf {

IntentBuffer::Outcome IntentBuffer::offer(Time now, std::string_view name, Intent intent) {
    const auto known = entries_.find(name);
    if (known != entries_.end()) {
        if (intent.time <= known->second.intent.time) return Outcome::not_newer;
        known->second = {.intent = intent, .since = now};
        return Outcome::buffered;
    }
    if (entries_.size() >= max_entries_) return Outcome::full;
    entries_.emplace(std::string{name}, Entry{.intent = intent, .since = now});
    return Outcome::buffered;
}

std::optional<Intent> IntentBuffer::take(std::string_view name) {
    const auto known = entries_.find(name);
    if (known == entries_.end()) return {};
    const Intent intent = known->second.intent;
    entries_.erase(known);
    return intent;
}

void IntentBuffer::expire(Time now, Duration age) {
    std::erase_if(entries_, [&](const auto& entry) { return now - entry.second.since > age; });
}

void IntentBuffer::forget_from(LamportTime time) {
    std::erase_if(entries_, [&](const auto& entry) { return entry.second.intent.time >= time; });
}

}  // namespace rollcall::serf

// SPDX-License-Identifier: Apache-2.0
#include "agent/metrics/key_ages.h"

#include <algorithm>
#include <utility>

#include "wire/key_text.h"

namespace rollcall::agent {

void KeyAges::update(Time now, const wire::Keyring& keyring) {
    std::vector<Key> keys;
    for (const wire::Keyring::Key& raw : keyring.keys()) {
        Key key{wire::key_fingerprint(raw), now};
        const auto known = std::ranges::find(keys_, key.fingerprint, &Key::fingerprint);
        if (known != keys_.end()) key.since = known->since;
        keys.push_back(std::move(key));
    }
    const bool same_primary =
        !keys.empty() && !keys_.empty() && keys.front().fingerprint == keys_.front().fingerprint;
    if (!same_primary) primary_since_ = now;
    keys_ = std::move(keys);
}

void KeyAges::add_metrics(Time now, Families& families) const {
    families.gauge("rollcall_keys", "Encryption keys installed; 0: nothing is encrypted.",
                   static_cast<double>(keys_.size()));
    for (const Key& key : keys_) {
        families.gauge("rollcall_key_primary",
                       "1 for the key that encrypts, 0 for those that only decrypt.",
                       &key == &keys_.front() ? 1 : 0, {{"fingerprint", key.fingerprint}});
    }
    for (const Key& key : keys_) {
        families.gauge("rollcall_key_age_seconds",
                       "Since when this agent has the key: its start, or when it was installed.",
                       in_seconds(now - key.since), {{"fingerprint", key.fingerprint}});
    }
    if (keys_.empty()) return;
    families.gauge("rollcall_key_primary_age_seconds",
                   "Since when the primary key is the primary one; counted from the start.",
                   in_seconds(now - primary_since_));
}

}  // namespace rollcall::agent

// SPDX-License-Identifier: Apache-2.0
//
// Since when this agent has each of its keys, and which one it uses. A key is known by its
// fingerprint (wire/key_text.h) only. At most Keyring::kMaxKeys entries. One thread.
#pragma once

#include <string>
#include <vector>

#include "agent/metrics/families.h"
#include "base/time.h"
#include "wire/keyring.h"

namespace rollcall::agent {

class KeyAges {
public:
    // After the start and after each change. Removed keys are forgotten.
    void update(Time now, const wire::Keyring& keyring);
    void add_metrics(Time now, Families& families) const;

private:
    struct Key {
        std::string fingerprint;
        Time since{};
    };
    std::vector<Key> keys_;  // primary first
    Time primary_since_{};
};

}  // namespace rollcall::agent

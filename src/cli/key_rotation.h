// SPDX-License-Identifier: Apache-2.0
//
// `rollcall keys rotate`: executes a serf::KeyRotation (rule K3) step by step, waiting for the
// answer of each step, and reports the result. Talks to a KeyCluster.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "base/result.h"
#include "cli/context.h"
#include "serf/key_rotation.h"

namespace rollcall::cli {

class KeyCluster {
public:
    virtual ~KeyCluster() = default;
    virtual Result<serf::KeyHolders, Failure> holders() = 0;
    virtual Result<serf::KeyView, Failure> view() = 0;
    // Install, use or remove. True: all alive members did it. False: some did not, or not in time.
    virtual Result<bool, Failure> change(serf::KeyCommand what, const std::string& key) = 0;
};

struct RotationOutput {
    // Each step as it begins.
    std::function<void(const std::string&)> say;
    // For a generated key: prints it once, before the first change; not called if nothing changes.
    // False: it could not be printed, so nothing may change. Empty: the operator gave the key.
    std::function<bool()> show_new_key;
};

// nullopt when the new key is the only one left. No failure contains the key.
[[nodiscard]] std::optional<Failure> rotate(const serf::KeyRotationOrder& order,
                                            KeyCluster& cluster, const RotationOutput& output);

// The fingerprint of a base64 key, as in the agents' logs (wire/key_text.h).
[[nodiscard]] std::string fingerprint_of(const std::string& key);

// One line per node: its keys by fingerprint, the primary with a star. If the nodes are not known,
// one line per key.
[[nodiscard]] std::string key_table(const serf::KeyView& view);

}  // namespace rollcall::cli

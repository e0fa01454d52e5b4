// SPDX-License-Identifier: Apache-2.0
//
// `rollcall keys rotate`: carries out a serf::KeyRotation (rule K3) step by step, each of which
// waits for its answer, and puts into words what became of it. Whom it asks is a KeyCluster.
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
    // Install, use or remove. True: all members that are alive did it. False: some did not, or not
    // in time.
    virtual Result<bool, Failure> change(serf::KeyCommand what, const std::string& key) = 0;
};

struct RotationOutput {
    // Each step as it begins.
    std::function<void(const std::string&)> say;
    // For a key that was made here: shows it, once, before anything changes; never when nothing
    // does. False: it could not be shown, and nothing may change. Empty: the operator has it.
    std::function<bool()> show_new_key;
};

// nullopt when the new key is the only one that is left. No failure repeats the key.
[[nodiscard]] std::optional<Failure> rotate(const serf::KeyRotationOrder& order,
                                            KeyCluster& cluster, const RotationOutput& output);

// Of a key in base64, as in the log of agents (wire/key_text.h).
[[nodiscard]] std::string fingerprint_of(const std::string& key);

// Who has what: a line per node, keys by their fingerprints, the primary with a star. Without nodes
// a line per key.
[[nodiscard]] std::string key_table(const serf::KeyView& view);

}  // namespace rollcall::cli

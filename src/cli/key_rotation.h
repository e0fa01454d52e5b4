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

// nullopt when the new key is the only one that is left. `say` is told each step as it begins.
[[nodiscard]] std::optional<Failure> rotate(const serf::KeyRotationOrder& order,
                                            KeyCluster& cluster,
                                            const std::function<void(const std::string&)>& say);

// Who has what: a line per node, keys by their first digits, the primary with a star. Without nodes
// a line per key.
[[nodiscard]] std::string key_table(const serf::KeyView& view);

}  // namespace rollcall::cli

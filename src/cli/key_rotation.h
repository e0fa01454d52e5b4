// SPDX-License-Identifier: Apache-2.0
//
// Replacing the key of a whole cluster so that nobody is ever locked out: install the new key
// everywhere, see that everybody has it, use it, see that everybody does, remove the old ones. Each
// step looks first and does only what is missing, so a rotation that was interrupted is taken up by
// starting it again with the same key. Decides; whom it asks is a KeyCluster.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "agent/rpc_messages.h"
#include "base/result.h"
#include "cli/context.h"

namespace rollcall::cli {

// What the members say of their keys, at one time.
struct KeyView {
    std::uint64_t asked = 0, answered = 0;
    std::map<std::string, std::string> failures;  // node -> why it has none to tell
    std::map<std::string, std::uint64_t> counts;  // base64 key -> nodes
    // Node by node; only an agent of ours tells it. A Serf agent counts.
    std::optional<std::vector<agent::rpc::NodeKeys>> nodes;

    [[nodiscard]] bool complete() const { return answered >= asked && failures.empty(); }
    [[nodiscard]] bool all_have(const std::string& key) const;
    [[nodiscard]] bool nobody_has(const std::string& key) const { return !counts.contains(key); }
};

// Who is there, and who was a moment ago and may come back with the keys that it had.
struct KeyHolders {
    std::set<std::string> live, failed;
};

class KeyCluster {
public:
    enum class Change : std::uint8_t { install, use, remove };

    virtual ~KeyCluster() = default;
    virtual Result<KeyHolders, Failure> holders() = 0;
    virtual Result<KeyView, Failure> view() = 0;
    // True: all members that are alive did it. False: some did not, or not in time.
    virtual Result<bool, Failure> change(Change what, const std::string& key) = 0;
};

struct Rotation {
    std::string new_key;          // base64
    bool without_failed = false;  // do not wait for members that failed
    unsigned attempts = 5;        // of each step
};

// nullopt when the new key is the only one that is left. `say` is told each step as it begins.
[[nodiscard]] std::optional<Failure> rotate(const Rotation& rotation, KeyCluster& cluster,
                                            const std::function<void(const std::string&)>& say);

// Who has what: a line per node, keys by their first digits, the primary with a star. Without nodes
// a line per key.
[[nodiscard]] std::string key_table(const KeyView& view);

}  // namespace rollcall::cli

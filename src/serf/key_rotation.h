// SPDX-License-Identifier: Apache-2.0
//
// Replacing the keys of a whole cluster by a new one so that nobody is ever locked out (rule K3):
// install it everywhere, see that everybody has it, use it, see that everybody does, remove the
// others. Says what is to be done next and is told what came of it; asks nobody itself. Each step
// looks first and does only what is missing, so a rotation that was interrupted is taken up by
// another one with the same key. Bounded: each step is tried a few times, then it stops.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "serf/keys.h"

namespace rollcall::serf {

// What the members say of their keys, at one time.
struct KeyView {
    std::uint64_t asked = 0, answered = 0;
    std::map<std::string, std::string> failures;  // node -> why it has none to tell
    std::map<std::string, std::uint64_t> counts;  // base64 key -> nodes
    std::optional<std::vector<KeyAnswer>> nodes;  // node by node; a Serf agent only counts

    [[nodiscard]] static KeyView of(std::uint64_t asked, std::vector<KeyAnswer> answers);
    [[nodiscard]] bool complete() const { return answered >= asked && failures.empty(); }
};

// Who is there, and who was a moment ago and may come back with the keys that it had.
struct KeyHolders {
    std::set<std::string> live, failed;
};

struct KeyRotationOrder {
    std::string new_key;          // base64
    bool without_failed = false;  // do not wait for members that failed
    bool alone = false;           // whoever is asked is the whole cluster
    unsigned attempts = 5;        // of each step, anew whenever a later step is reached
};

class KeyRotation {
public:
    enum class Step : std::uint8_t {
        look,     // ask who is there, then all for their keys; then looked()
        install,  // of key(), by all members; then changed(); so are the next two
        use,
        remove,
        done,     // the new key is the only one that is left
        stopped,  // obstacle() says why; nobody is locked out
    };
    enum class Obstacle : std::uint8_t {
        no_keys,                // nobody has any: the cluster is not encrypted
        alone,                  // nobody else is known, so it has perhaps not joined yet
        not_installed,          // in all attempts some did not say that they have it
        failed_before_use,      // members have failed, and may come back without it
        not_used,               // in all attempts some did not say that they use it
        failed_before_removal,  // as before
        not_removed,            // in all attempts some did not say that it is their only key
    };

    explicit KeyRotation(KeyRotationOrder order) : order_{std::move(order)} {}

    [[nodiscard]] Step next() const { return next_; }
    [[nodiscard]] const std::string& key() const {
        return next_ == Step::remove ? *old_keys_.begin() : order_.new_key;
    }
    void looked(KeyHolders holders, KeyView view);
    void changed(bool by_all);  // who is alive; false: some did not, or not in time

    // The last look.
    [[nodiscard]] const KeyView& view() const { return view_; }
    // Once stopped: why, and because of whom. Nobody is named when only numbers are known.
    [[nodiscard]] Obstacle obstacle() const { return obstacle_; }
    [[nodiscard]] const std::set<std::string>& who() const { return who_; }

private:
    template <class IsSo>
    [[nodiscard]] std::set<std::string> live_but(IsSo&& is_so) const;
    [[nodiscard]] std::set<std::string> lacking() const;
    [[nodiscard]] std::set<std::string> not_using() const;
    [[nodiscard]] bool all_have_it() const;
    [[nodiscard]] bool all_use_it() const;
    [[nodiscard]] bool seems_alone() const;
    [[nodiscard]] bool waits_for_failed() const;
    void attempt(Step step, Obstacle when_spent, std::set<std::string> who);
    void stop(Obstacle why, std::set<std::string> who);

    KeyRotationOrder order_;
    Step next_ = Step::look;
    Step furthest_ = Step::look;
    std::array<unsigned, 3> attempts_{};  // of install, use and remove
    KeyHolders holders_;
    KeyView view_;
    std::set<std::string> old_keys_;  // to be removed
    bool all_obeyed_ = false;         // to the last `use`
    Obstacle obstacle_ = Obstacle::no_keys;
    std::set<std::string> who_;
};

}  // namespace rollcall::serf

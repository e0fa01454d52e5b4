// SPDX-License-Identifier: Apache-2.0
//
// Replaces the keys of a whole cluster with a new one, without locking out a member (rule K3):
// install it everywhere, verify that all have it, use it, verify that all use it, remove the
// others. Returns the next step and takes its result; sends no query itself. Each step checks first
// and does only what is missing, so an interrupted rotation is continued by another one with the
// same key. Bounded: each step is tried a few times, then it stops.
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

// The keys of all members at one time.
struct KeyView {
    std::uint64_t asked = 0, answered = 0;
    std::map<std::string, std::string> failures;  // node -> why it reported no keys
    std::map<std::string, std::uint64_t> counts;  // base64 key -> nodes
    std::optional<std::vector<KeyAnswer>> nodes;  // node by node; a Serf agent only counts

    [[nodiscard]] static KeyView of(std::uint64_t asked, std::vector<KeyAnswer> answers);
    [[nodiscard]] bool complete() const { return answered >= asked && failures.empty(); }
};

// The live members, and the failed ones, which may come back with their old keys.
struct KeyHolders {
    std::set<std::string> live, failed;
};

struct KeyRotationOrder {
    std::string new_key;          // base64
    bool without_failed = false;  // do not wait for members that failed
    bool alone = false;           // the members that answer are the whole cluster
    unsigned attempts = 5;        // of each step, reset whenever a later step is reached
};

class KeyRotation {
public:
    enum class Step : std::uint8_t {
        look,     // query the members, then all of them for their keys; then looked()
        install,  // of key(), by all members; then changed(); so are the next two
        use,
        remove,
        done,     // the new key is the only one left
        stopped,  // obstacle() is the reason; no member is locked out
    };
    enum class Obstacle : std::uint8_t {
        no_keys,                // no member has any: the cluster is not encrypted
        alone,                  // no other member is known, so it has perhaps not joined yet
        not_installed,          // in all attempts some did not confirm that they have it
        failed_before_use,      // members have failed, and may come back without it
        not_used,               // in all attempts some did not confirm that they use it
        failed_before_removal,  // as before
        not_removed,            // in all attempts some did not confirm that it is their only key
    };

    explicit KeyRotation(KeyRotationOrder order) : order_{std::move(order)} {}

    [[nodiscard]] Step next() const { return next_; }
    [[nodiscard]] const std::string& key() const {
        return next_ == Step::remove ? *old_keys_.begin() : order_.new_key;
    }
    void looked(KeyHolders holders, KeyView view);
    void changed(bool by_all);  // by all live members; false: some did not, or not in time

    // The last view.
    [[nodiscard]] const KeyView& view() const { return view_; }
    // Once stopped: the reason, and the members that caused it; empty when only counts are known.
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
    bool all_obeyed_ = false;         // all carried out the last `use`
    Obstacle obstacle_ = Obstacle::no_keys;
    std::set<std::string> who_;
};

}  // namespace rollcall::serf

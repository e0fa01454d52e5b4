// SPDX-License-Identifier: Apache-2.0
#include "serf/key_rotation.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace rollcall::serf {

KeyView KeyView::of(std::uint64_t asked, std::vector<KeyAnswer> answers) {
    KeyView view{.asked = asked, .answered = answers.size()};
    for (const KeyAnswer& answer : answers) {
        if (!answer.ok) view.failures.emplace(answer.node, answer.message);
        for (const std::string& key : answer.keys) ++view.counts[key];
    }
    view.nodes = std::move(answers);
    return view;
}

// Live members that do not confirm the condition. Empty when only counts are known.
template <class IsSo>
std::set<std::string> KeyRotation::live_but(IsSo&& is_so) const {
    if (!view_.nodes) return {};
    std::set<std::string> others = holders_.live;
    for (const KeyAnswer& answer : *view_.nodes) {
        if (is_so(answer)) others.erase(answer.node);
    }
    return others;
}

std::set<std::string> KeyRotation::lacking() const {
    return live_but([&](const KeyAnswer& answer) {
        return std::ranges::find(answer.keys, order_.new_key) != answer.keys.end();
    });
}

std::set<std::string> KeyRotation::not_using() const {
    return live_but([&](const KeyAnswer& answer) { return answer.primary == order_.new_key; });
}

bool KeyRotation::all_have_it() const {
    const auto found = view_.counts.find(order_.new_key);
    return view_.complete() && found != view_.counts.end() && found->second >= view_.asked &&
           lacking().empty();
}

// A Serf agent does not report the primary key: success of the last `use` must suffice.
bool KeyRotation::all_use_it() const {
    return view_.nodes ? not_using().empty() : all_obeyed_;
}

// A node that has not joined yet could not join its cluster after a rotation of its own key.
bool KeyRotation::seems_alone() const {
    return !order_.alone && holders_.live.size() + holders_.failed.size() < 2;
}

// A failed member that returns without the new key would be locked out.
bool KeyRotation::waits_for_failed() const {
    return !order_.without_failed && !holders_.failed.empty();
}

// Rule K3. A member with only the old keys may join at any time, so every look starts with the
// first step.
void KeyRotation::looked(KeyHolders holders, KeyView view) {
    ROLLCALL_CHECK(next_ == Step::look);
    holders_ = std::move(holders);
    view_ = std::move(view);
    old_keys_.clear();
    for (const auto& [key, count] : view_.counts) {
        if (key != order_.new_key) old_keys_.insert(key);
    }
    if (view_.counts.empty()) return stop(Obstacle::no_keys, {});
    if (seems_alone()) return stop(Obstacle::alone, {});
    if (!all_have_it()) return attempt(Step::install, Obstacle::not_installed, lacking());
    if (old_keys_.empty()) {
        next_ = Step::done;
        return;
    }
    if (!all_use_it()) {
        if (waits_for_failed()) return stop(Obstacle::failed_before_use, holders_.failed);
        return attempt(Step::use, Obstacle::not_used, not_using());
    }
    if (waits_for_failed()) return stop(Obstacle::failed_before_removal, holders_.failed);
    attempt(Step::remove, Obstacle::not_removed,
            live_but([](const KeyAnswer& answer) { return answer.keys.size() == 1; }));
}

void KeyRotation::changed(bool by_all) {
    ROLLCALL_CHECK(next_ == Step::install || next_ == Step::use || next_ == Step::remove);
    if (next_ == Step::install) all_obeyed_ = false;  // members without the key do not use it yet
    if (next_ == Step::use) all_obeyed_ = by_all;
    if (next_ == Step::remove) old_keys_.erase(old_keys_.begin());
    if (next_ != Step::remove || old_keys_.empty()) next_ = Step::look;
}

void KeyRotation::attempt(Step step, Obstacle when_spent, std::set<std::string> who) {
    if (step > furthest_) {
        furthest_ = step;
        attempts_ = {};
    }
    unsigned& made =
        attempts_[static_cast<std::size_t>(step) - static_cast<std::size_t>(Step::install)];
    if (made == order_.attempts) return stop(when_spent, std::move(who));
    ++made;
    next_ = step;
}

void KeyRotation::stop(Obstacle why, std::set<std::string> who) {
    next_ = Step::stopped;
    obstacle_ = why;
    who_ = std::move(who);
}

}  // namespace rollcall::serf

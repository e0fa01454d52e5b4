// SPDX-License-Identifier: Apache-2.0
#include "cli/key_rotation.h"

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/text.h"

namespace rollcall::cli {
namespace {

using serf::KeyCommand;
using serf::KeyRotation;
using Step = KeyRotation::Step;

// Of a key, in a table that somebody may look at over a shoulder.
constexpr std::size_t kShownDigits = 8;

std::string shown(const std::string& key) {
    return harmless(key.substr(0, kShownDigits)) + "..";
}

std::string joined(const std::set<std::string>& names) {
    std::string text;
    for (const std::string& name : names) text += (text.empty() ? "" : ", ") + harmless(name);
    return text;
}

Failure no_keys(const serf::KeyView& view) {
    if (view.failures.empty()) {
        return {"Error rotating keys: nobody told any keys", "is the cluster encrypted?"};
    }
    const auto& [node, why] = *view.failures.begin();
    return {"Error rotating keys: " + harmless(node) + ": " + harmless(why),
            "a cluster that is not encrypted has no keys to rotate"};
}

Failure waits(const KeyRotation& rotation, std::string_view with, const std::string& new_key) {
    return {"Refused to " + std::string{with} + ": " + joined(rotation.who()) +
                " failed and may come back without it",
            "bring them back, or give them up with 'rollcall force-leave', or say "
            "--without-failed; then: rollcall keys rotate " +
                new_key};
}

Failure gave_up(const KeyRotation& rotation, std::string_view why, const std::string& new_key) {
    std::string message = "Error rotating keys: " + std::string{why};
    if (!rotation.who().empty()) message += ": " + joined(rotation.who());
    const serf::KeyView& view = rotation.view();
    for (const auto& [node, reason] : view.failures) {
        message += "\n  " + harmless(node) + ": " + harmless(reason);
    }
    if (view.answered < view.asked) {
        message += "\n  only " + std::to_string(view.answered) + " of " +
                   std::to_string(view.asked) + " members answered";
    }
    return {message,
            "nobody is locked out; take it up again with: rollcall keys rotate " + new_key};
}

Failure failure_of(const KeyRotation& rotation, const std::string& new_key) {
    using Obstacle = KeyRotation::Obstacle;
    switch (rotation.obstacle()) {
        case Obstacle::no_keys:
            break;
        case Obstacle::alone:
            return {
                "Refused to rotate: the agent knows no other member, and would be a stranger to "
                "those whom it has yet to join",
                "join them first, or say --alone if it is the whole cluster; then: rollcall "
                "keys rotate " +
                    new_key};
        case Obstacle::not_installed:
            return gave_up(rotation, "not all members have the new key, so it is not used",
                           new_key);
        case Obstacle::failed_before_use:
            return waits(rotation, "use the new key", new_key);
        case Obstacle::not_used:
            return gave_up(rotation, "not all members use the new key, so the old ones stay",
                           new_key);
        case Obstacle::failed_before_removal:
            return waits(rotation, "remove the old keys", new_key);
        case Obstacle::not_removed:
            return gave_up(rotation, "not all members removed the old keys", new_key);
    }
    return no_keys(rotation.view());
}

// Says each thing that a look has shown, the first time.
class Progress {
public:
    explicit Progress(const std::function<void(const std::string&)>& say) : say_{say} {}

    void looked(const KeyRotation& rotation) {
        const std::string all = "ll " + std::to_string(rotation.view().asked) + " members ";
        reached(rotation, Step::use, "A" + all + "have the new key.");
        reached(rotation, Step::remove, "A" + all + "use the new key.");
        reached(rotation, Step::done, "Rotated: a" + all + "have the new key alone.");
    }

private:
    void reached(const KeyRotation& rotation, Step step, const std::string& line) {
        if (rotation.next() == Step::stopped || rotation.next() < step || furthest_ >= step) return;
        furthest_ = step;
        say_(line);
    }
    const std::function<void(const std::string&)>& say_;
    Step furthest_ = Step::look;
};

}  // namespace

std::optional<Failure> rotate(const serf::KeyRotationOrder& order, KeyCluster& cluster,
                              const std::function<void(const std::string&)>& say) {
    KeyRotation rotation{order};
    Progress progress{say};
    const auto change = [&](KeyCommand command, const std::string& line) -> std::optional<Failure> {
        say(line);
        const auto done = cluster.change(command, rotation.key());
        if (!done) return done.error();
        rotation.changed(*done);
        return std::nullopt;
    };
    const auto look = [&]() -> std::optional<Failure> {
        auto holders = cluster.holders();
        if (!holders) return holders.error();
        auto view = cluster.view();
        if (!view) return view.error();
        rotation.looked(std::move(*holders), std::move(*view));
        progress.looked(rotation);
        return std::nullopt;
    };
    const auto carry_out = [&](Step step) -> std::optional<Failure> {
        switch (step) {
            case Step::look:
                return look();
            case Step::install:
                return change(KeyCommand::install, "Installing the new key on all members...");
            case Step::use:
                return change(KeyCommand::use, "Making it the primary key on all members...");
            case Step::remove:
                return change(KeyCommand::remove, "Removing the old key " + shown(rotation.key()) +
                                                      " from all members...");
            case Step::done:
            case Step::stopped:
                break;
        }
        return std::nullopt;
    };
    while (rotation.next() != Step::done && rotation.next() != Step::stopped) {
        if (auto failure = carry_out(rotation.next())) return failure;
    }
    if (rotation.next() == Step::done) return std::nullopt;
    return failure_of(rotation, order.new_key);
}

std::string key_table(const serf::KeyView& view) {
    std::string text;
    if (!view.nodes) {
        for (const auto& [key, count] : view.counts) {
            text += shown(key) + "  on " + std::to_string(count) + " of " +
                    std::to_string(view.asked) + " members\n";
        }
        return text;
    }
    std::vector<serf::KeyAnswer> nodes = *view.nodes;
    std::ranges::sort(nodes, {}, &serf::KeyAnswer::node);
    std::size_t width = 0;
    for (const auto& node : nodes) width = std::max(width, width_of(harmless(node.node)));
    for (const auto& node : nodes) {
        const std::string name = harmless(node.node);
        text += name + std::string(width - width_of(name), ' ');
        for (const std::string& key : node.keys) {
            text += "  " + shown(key) + (key == node.primary ? "*" : "");
        }
        if (!node.message.empty()) text += "  " + harmless(node.message);
        text += '\n';
    }
    if (view.answered < view.asked) {
        text += std::to_string(view.asked - view.answered) + " of " + std::to_string(view.asked) +
                " members did not answer\n";
    }
    return text;
}

}  // namespace rollcall::cli

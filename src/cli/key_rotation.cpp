// SPDX-License-Identifier: Apache-2.0
#include "cli/key_rotation.h"

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "base/sanitize.h"
#include "cli/terminal/width.h"
#include "wire/base64.h"
#include "wire/key_text.h"

namespace rollcall::cli {
namespace {

using serf::KeyCommand;
using serf::KeyRotation;
using Step = KeyRotation::Step;

std::string joined(const std::set<std::string>& names) {
    std::string text;
    for (const std::string& name : names) text += (text.empty() ? "" : ", ") + sanitized(name);
    return text;
}

Failure no_keys(const serf::KeyView& view) {
    if (view.failures.empty()) {
        return {"Error rotating keys: no member listed its keys",
                "'rollcall keys list' and the logs of the agents show more"};
    }
    const auto& [node, why] = *view.failures.begin();
    const bool plaintext = why.find("encryption not enabled") != std::string::npos;
    return {std::string{"Error rotating keys: "} +
                (plaintext ? "the cluster is not encrypted: " : "") + sanitized(node) + ": " +
                sanitized(why),
            plaintext ? "there is no key to replace; agents get their first one with --encrypt or "
                        "--keyring-file"
                      : "'rollcall keys list' and the log of that agent show more"};
}

// The command that continues a rotation. A key that was never shown was never used, so a new one
// will do.
struct Again {
    const serf::KeyRotationOrder& order;
    bool made_here = false, shown = false;

    [[nodiscard]] std::string command() const {
        if (made_here && !shown) return "rollcall keys rotate";
        return "rollcall keys rotate KEY, with " +
               std::string{made_here ? "the key that is shown above" : "the same key"} +
               " (fingerprint " + fingerprint_of(order.new_key) + ")";
    }
};

Failure waits(const KeyRotation& rotation, std::string_view with, const Again& again) {
    return {"Refused to " + std::string{with} + ": " + joined(rotation.who()) +
                " failed and may come back without it",
            "restart them, or exclude them with 'rollcall force-leave' or --without-failed; "
            "then: " +
                again.command()};
}

Failure gave_up(const KeyRotation& rotation, std::string_view why, const Again& again) {
    std::string message = "Error rotating keys: " + std::string{why};
    if (!rotation.who().empty()) message += ": " + joined(rotation.who());
    const serf::KeyView& view = rotation.view();
    for (const auto& [node, reason] : view.failures) {
        message += "\n  " + sanitized(node) + ": " + sanitized(reason);
    }
    if (view.answered < view.asked) {
        message += "\n  only " + std::to_string(view.answered) + " of " +
                   std::to_string(view.asked) + " members answered";
    }
    return {message, "no member is locked out; go on with: " + again.command()};
}

Failure failure_of(const KeyRotation& rotation, const Again& again) {
    using Obstacle = KeyRotation::Obstacle;
    switch (rotation.obstacle()) {
        case Obstacle::no_keys:
            break;
        case Obstacle::alone:
            return {
                "Refused to rotate: the agent knows no other member, and with another key could "
                "not join one",
                "join the cluster first, or give --alone if this agent is the whole cluster; "
                "then: " +
                    again.command()};
        case Obstacle::not_installed:
            return gave_up(rotation, "not all members have the new key, so it is not used", again);
        case Obstacle::failed_before_use:
            return waits(rotation, "use the new key", again);
        case Obstacle::not_used:
            return gave_up(rotation, "not all members use the new key, so the old ones stay",
                           again);
        case Obstacle::failed_before_removal:
            return waits(rotation, "remove the old keys", again);
        case Obstacle::not_removed:
            return gave_up(rotation, "not all members removed the old keys", again);
    }
    return no_keys(rotation.view());
}

// Prints each stage that a look has confirmed, once.
class Progress {
public:
    explicit Progress(const std::function<void(const std::string&)>& say) : say_{say} {}

    void looked(const KeyRotation& rotation) {
        const std::string all = "ll " + std::to_string(rotation.view().asked) + " members ";
        reached(rotation, Step::use, "A" + all + "have the new key.");
        reached(rotation, Step::remove, "A" + all + "use the new key.");
        reached(rotation, Step::done, "Rotated: a" + all + "have only the new key.");
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
                              const RotationOutput& output) {
    KeyRotation rotation{order};
    Again again{.order = order, .made_here = static_cast<bool>(output.show_new_key)};
    Progress progress{output.say};
    const auto change = [&](KeyCommand command, const std::string& line) -> std::optional<Failure> {
        if (again.made_here && !std::exchange(again.shown, true) && !output.show_new_key()) {
            return Failure{"Error rotating keys: the new key could not be printed; nothing changed",
                           "is the disk full, or standard output closed?"};
        }
        output.say(line);
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
                return change(KeyCommand::remove, "Removing the old key " +
                                                      fingerprint_of(rotation.key()) +
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
    return failure_of(rotation, again);
}

std::string fingerprint_of(const std::string& key) {
    const auto raw = wire::from_base64(key);
    return raw ? wire::key_fingerprint(*raw) : "(no key)";
}

std::string key_table(const serf::KeyView& view) {
    std::string text;
    if (!view.nodes) {
        for (const auto& [key, count] : view.counts) {
            text += fingerprint_of(key) + "  on " + std::to_string(count) + " of " +
                    std::to_string(view.asked) + " members\n";
        }
        return text;
    }
    std::vector<serf::KeyAnswer> nodes = *view.nodes;
    std::ranges::sort(nodes, {}, &serf::KeyAnswer::node);
    std::size_t width = 0;
    for (const auto& node : nodes) width = std::max(width, width_of(sanitized(node.node)));
    for (const auto& node : nodes) {
        const std::string name = sanitized(node.node);
        text += name + std::string(width - width_of(name), ' ');
        for (const std::string& key : node.keys) {
            text += "  " + fingerprint_of(key) + (key == node.primary ? "*" : "");
        }
        if (!node.message.empty()) text += "  " + sanitized(node.message);
        text += '\n';
    }
    if (view.answered < view.asked) {
        text += std::to_string(view.asked - view.answered) + " of " + std::to_string(view.asked) +
                " members did not answer\n";
    }
    return text;
}

}  // namespace rollcall::cli

// SPDX-License-Identifier: Apache-2.0
#include "cli/key_rotation.h"

#include <algorithm>
#include <utility>

#include "cli/text.h"

namespace rollcall::cli {
namespace {

using Change = KeyCluster::Change;

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

std::string resume_hint(const Rotation& rotation) {
    return "nobody is locked out; take it up again with: rollcall keys rotate " + rotation.new_key;
}

// Members that are alive and do not say that it is so. Only an agent of ours tells names.
std::set<std::string> without(const KeyView& view, const KeyHolders& holders,
                              const std::function<bool(const agent::rpc::NodeKeys&)>& it_is_so) {
    std::set<std::string> lacking;
    if (!view.nodes) return lacking;
    lacking = holders.live;
    for (const auto& node : *view.nodes) {
        if (it_is_so(node)) lacking.erase(node.node);
    }
    return lacking;
}

class Rotating {
public:
    Rotating(const Rotation& rotation, KeyCluster& cluster,
             const std::function<void(const std::string&)>& say)
        : rotation_{rotation}, cluster_{cluster}, say_{say} {}

    std::optional<Failure> run() {
        if (auto failure = look()) return failure;
        if (view_.counts.empty()) return no_keys();
        if (auto failure = install()) return failure;
        if (auto failure = wait_for_failed("use")) return failure;
        if (auto failure = use()) return failure;
        if (auto failure = wait_for_failed("remove the old keys from")) return failure;
        return remove();
    }

private:
    std::optional<Failure> look() {
        auto holders = cluster_.holders();
        if (!holders) return holders.error();
        auto view = cluster_.view();
        if (!view) return view.error();
        holders_ = std::move(*holders);
        view_ = std::move(*view);
        return std::nullopt;
    }

    [[nodiscard]] Failure no_keys() const {
        if (!view_.failures.empty()) {
            const auto& [node, why] = *view_.failures.begin();
            return {"Error rotating keys: " + harmless(node) + ": " + harmless(why),
                    "a cluster that is not encrypted has no keys to rotate"};
        }
        return {"Error rotating keys: nobody told any keys", "is the cluster encrypted?"};
    }

    [[nodiscard]] bool everybody_has_it() const {
        return view_.complete() && view_.all_have(rotation_.new_key) &&
               without(view_, holders_, [&](const auto& node) {
                   return std::ranges::find(node.keys, rotation_.new_key) != node.keys.end();
               }).empty();
    }

    [[nodiscard]] std::set<std::string> not_using_it() const {
        return without(view_, holders_,
                       [&](const auto& node) { return node.primary == rotation_.new_key; });
    }

    std::optional<Failure> install() {
        for (unsigned attempt = 0; attempt < rotation_.attempts; ++attempt) {
            if (everybody_has_it()) {
                say_("All " + std::to_string(view_.asked) + " members have the new key.");
                return std::nullopt;
            }
            say_("Installing the new key on all members...");
            const auto done = cluster_.change(Change::install, rotation_.new_key);
            if (!done) return done.error();
            if (auto failure = look()) return failure;
        }
        if (everybody_has_it()) return std::nullopt;
        return stopped("not all members have the new key, so it is not used",
                       without(view_, holders_, [&](const auto& node) {
                           return std::ranges::find(node.keys, rotation_.new_key) !=
                                  node.keys.end();
                       }));
    }

    std::optional<Failure> use() {
        for (unsigned attempt = 0; attempt < rotation_.attempts; ++attempt) {
            if (view_.nodes && view_.complete() && not_using_it().empty()) break;
            if (!everybody_has_it()) {  // somebody joined meanwhile
                if (auto failure = install()) return failure;
            }
            say_("Making it the primary key on all members...");
            const auto done = cluster_.change(Change::use, rotation_.new_key);
            if (!done) return done.error();
            if (auto failure = look()) return failure;
            // A Serf agent does not tell which key is used: that all obeyed has to do.
            used_by_all_ = *done;
            if (!view_.nodes && used_by_all_ && view_.complete()) break;
        }
        const bool by_all = view_.nodes ? view_.complete() && not_using_it().empty()
                                        : used_by_all_ && view_.complete();
        if (by_all) {
            say_("All " + std::to_string(view_.asked) + " members use the new key.");
            return std::nullopt;
        }
        return stopped("not all members use the new key, so the old ones stay", not_using_it());
    }

    std::optional<Failure> remove() {
        for (unsigned attempt = 0; attempt < rotation_.attempts; ++attempt) {
            const std::set<std::string> old = old_keys();
            if (old.empty() && view_.complete()) break;
            // Who came meanwhile may know none but these.
            if (view_.nodes ? !not_using_it().empty() : !everybody_has_it()) {
                if (auto failure = use()) return failure;
            }
            for (const std::string& key : old) {
                say_("Removing the old key " + shown(key) + " from all members...");
                const auto done = cluster_.change(Change::remove, key);
                if (!done) return done.error();
            }
            if (auto failure = look()) return failure;
        }
        if (!old_keys().empty() || !view_.complete()) {
            return stopped(
                "not all members removed the old keys",
                without(view_, holders_, [](const auto& node) { return node.keys.size() == 1; }));
        }
        say_("Rotated: all " + std::to_string(view_.asked) + " members have the new key alone.");
        return std::nullopt;
    }

    [[nodiscard]] std::set<std::string> old_keys() const {
        std::set<std::string> old;
        for (const auto& [key, count] : view_.counts) {
            if (key != rotation_.new_key) old.insert(key);
        }
        return old;
    }

    // Who comes back without the new key is a stranger from then on.
    std::optional<Failure> wait_for_failed(std::string_view what) const {
        if (rotation_.without_failed || holders_.failed.empty()) return std::nullopt;
        return Failure{"Refused to " + std::string{what} +
                           (what == "use" ? " the new key: " : " members: ") +
                           joined(holders_.failed) + " failed and may come back without it",
                       "bring them back, or give them up with 'rollcall force-leave', or say "
                       "--without-failed; then: rollcall keys rotate " +
                           rotation_.new_key};
    }

    [[nodiscard]] Failure stopped(std::string_view why, const std::set<std::string>& who) const {
        std::string message = "Error rotating keys: " + std::string{why};
        if (!who.empty()) message += ": " + joined(who);
        for (const auto& [node, reason] : view_.failures) {
            message += "\n  " + harmless(node) + ": " + harmless(reason);
        }
        if (view_.answered < view_.asked) {
            message += "\n  only " + std::to_string(view_.answered) + " of " +
                       std::to_string(view_.asked) + " members answered";
        }
        return {message, resume_hint(rotation_)};
    }

    const Rotation& rotation_;
    KeyCluster& cluster_;
    const std::function<void(const std::string&)>& say_;
    KeyHolders holders_;
    KeyView view_;
    bool used_by_all_ = false;
};

}  // namespace

bool KeyView::all_have(const std::string& key) const {
    const auto found = counts.find(key);
    return found != counts.end() && found->second >= asked;
}

std::optional<Failure> rotate(const Rotation& rotation, KeyCluster& cluster,
                              const std::function<void(const std::string&)>& say) {
    return Rotating{rotation, cluster, say}.run();
}

std::string key_table(const KeyView& view) {
    std::string text;
    if (!view.nodes) {
        for (const auto& [key, count] : view.counts) {
            text += shown(key) + "  on " + std::to_string(count) + " of " +
                    std::to_string(view.asked) + " members\n";
        }
        return text;
    }
    std::vector<agent::rpc::NodeKeys> nodes = *view.nodes;
    std::ranges::sort(nodes, {}, &agent::rpc::NodeKeys::node);
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

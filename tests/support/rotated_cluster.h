// SPDX-License-Identifier: Apache-2.0
//
// Members with keyrings, as seen by a key rotation; they can miss changes. Detects when one of them
// can no longer decrypt another's packets.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "serf/key_rotation.h"

namespace rollcall::tests {

class RotatedCluster {
public:
    explicit RotatedCluster(const std::vector<std::string>& names) {
        for (const std::string& name : names) members[name] = {"old"};
    }

    std::map<std::string, std::vector<std::string>> members;  // keys, primary first
    std::set<std::string> failed;
    std::map<std::string, int> deaf;  // misses this many changes
    bool lists_nodes = true;          // a Serf agent does not
    std::vector<std::string> done;
    bool locked_out = false;
    std::function<void()> after_change;  // once

    [[nodiscard]] serf::KeyHolders holders() const {
        serf::KeyHolders all{.live = {}, .failed = failed};
        for (const auto& [name, keys] : members) all.live.insert(name);
        return all;
    }
    [[nodiscard]] serf::KeyView view() const {
        std::vector<serf::KeyAnswer> answers;
        for (const auto& [name, keys] : members) {
            answers.push_back(
                {.node = name,
                 .ok = !keys.empty(),
                 .message = keys.empty() ? "Keyring is empty (encryption not enabled)" : "",
                 .keys = keys,
                 .primary = keys.empty() ? "" : keys.front()});
        }
        serf::KeyView view = serf::KeyView::of(members.size(), std::move(answers));
        if (!lists_nodes) view.nodes.reset();
        return view;
    }
    bool change(serf::KeyCommand what, const std::string& key) {
        done.push_back(std::string{serf::query_of(what)} + " " + key);
        bool all = true;
        for (auto& [name, keys] : members) all &= change(name, keys, what, key);
        if (after_change) std::exchange(after_change, {})();
        for (const auto& [speaker, spoken] : members) {
            for (const auto& [listener, known] : members) {
                const bool understood =
                    spoken.empty() || std::ranges::find(known, spoken.front()) != known.end();
                locked_out = locked_out || !understood;
            }
        }
        return all;
    }
    [[nodiscard]] bool only(const std::string& key) const {
        return std::ranges::all_of(
            members, [&](const auto& member) { return member.second == std::vector{key}; });
    }

private:
    bool change(const std::string& name, std::vector<std::string>& keys, serf::KeyCommand what,
                const std::string& key) {
        if (deaf[name] > 0) {
            --deaf[name];
            return false;
        }
        const auto at = std::ranges::find(keys, key);
        const bool there = at != keys.end();
        switch (what) {
            case serf::KeyCommand::install:
                if (!there) keys.push_back(key);
                return true;
            case serf::KeyCommand::use:
                if (there) std::rotate(keys.begin(), at, at + 1);
                return there;
            case serf::KeyCommand::remove:
                if (at == keys.begin()) return false;
                if (there) keys.erase(at);
                return true;
            case serf::KeyCommand::list:
                break;
        }
        return false;
    }
};

}  // namespace rollcall::tests

// SPDX-License-Identifier: Apache-2.0
//
// Nodes can read each other's messages while keys are replaced. Rules K1 to K3 of docs/protocol.md.
#include <algorithm>
#include <string>
#include <vector>

#include "sim/scenario/judge/invariant.h"
#include "sim/scenario/judge/lookup.h"
#include "wire/keyring.h"

namespace rollcall::sim {
namespace {

// Of two processes that run and reach each other, each has the other's primary key in its keyring.
// Not checked for a node that a rotation did not wait for, because it had failed and the operator
// excluded it, or because the rotating node did not know it. It gets the current keys when it is
// started again.
class NoNodeLockedOut final : public Invariant {
public:
    explicit NoNodeLockedOut(Findings& findings) : Invariant{"no-node-locked-out", findings} {}

    void on_sample(const Scene& scene) override {
        const ClusterView& view = scene.view;
        std::vector<KeyUsers> users;
        for (std::uint32_t node = 1; node <= view.nodes(); ++node) {
            if (!judged(view, node)) continue;
            const auto keys = view.core(node).keyring().keys();
            if (keys.empty()) continue;
            const auto known = std::ranges::find_if(
                users, [&](const KeyUsers& with) { return same_bytes(with.key, keys.front()); });
            if (known != users.end()) {
                known->who.push_back(node);
            } else {
                users.push_back({.key = keys.front(), .who = {node}});
            }
        }
        for (std::uint32_t node = 1; node <= view.nodes(); ++node) {
            if (!judged(view, node)) continue;
            const auto keys = view.core(node).keyring().keys();
            for (const auto& [key, who] : users) {
                if (!has_key(keys, key)) cannot_read(scene, node, who);
            }
        }
    }

private:
    struct KeyUsers {
        Bytes key;  // their primary
        Nodes who;
    };
    static bool judged(const ClusterView& view, std::uint32_t node) {
        return view.running(node) && !view.given_up(node);
    }
    void cannot_read(const Scene& scene, std::uint32_t node, const Nodes& who) {
        const ClusterView& view = scene.view;
        const auto peer = std::ranges::find_if(who, [&](std::uint32_t user) {
            return view.connected(user, node) && view.connected(node, user);
        });
        if (peer == who.end()) return;
        report(scene, view.name(node) + " does not have the key that " + view.name(*peer) +
                          " encrypts with");
    }
};

}  // namespace

void add_key_invariants(InvariantList& list, Findings& findings) {
    list.push_back(std::make_unique<NoNodeLockedOut>(findings));
}

}  // namespace rollcall::sim

// SPDX-License-Identifier: Apache-2.0
//
// Whoever is there can be understood: what must hold while keys are replaced. Rules K1 to K3 of
// docs/protocol.md.
#include <algorithm>
#include <string>
#include <vector>

#include "sim/scenario/judge/invariant.h"
#include "sim/scenario/judge/who.h"
#include "wire/keyring.h"

namespace rollcall::sim {
namespace {

// Of two processes that run and reach each other, each one's primary key is in the other's keyring.
// Excused is who was given up: whoever rotated the keys did not wait for it, since it failed and
// the operator said so, or since it was no member in the eyes of the operator's own. It is given
// today's keys when it is started again.
class NobodyIsLockedOut final : public Invariant {
public:
    explicit NobodyIsLockedOut(Findings& findings) : Invariant{"nobody-is-locked-out", findings} {}

    void sampled(const Scene& scene) override {
        const ClusterView& view = scene.view;
        std::vector<Speakers> speakers;
        for (std::uint32_t node = 1; node <= view.nodes(); ++node) {
            if (!judged(view, node)) continue;
            const auto keys = view.core(node).keyring().keys();
            if (keys.empty()) continue;
            const auto known = std::ranges::find_if(
                speakers, [&](const Speakers& with) { return same_bytes(with.key, keys.front()); });
            if (known != speakers.end()) {
                known->who.push_back(node);
            } else {
                speakers.push_back({.key = keys.front(), .who = {node}});
            }
        }
        for (std::uint32_t node = 1; node <= view.nodes(); ++node) {
            if (!judged(view, node)) continue;
            const auto keys = view.core(node).keyring().keys();
            for (const auto& [key, who] : speakers) {
                if (!has_key(keys, key)) cannot_read(scene, node, who);
            }
        }
    }

private:
    struct Speakers {
        Bytes key;  // their primary
        Nodes who;
    };
    static bool judged(const ClusterView& view, std::uint32_t node) {
        return view.running(node) && !view.given_up(node);
    }
    void cannot_read(const Scene& scene, std::uint32_t node, const Nodes& who) {
        const ClusterView& view = scene.view;
        const auto heard = std::ranges::find_if(who, [&](std::uint32_t speaker) {
            return view.connected(speaker, node) && view.connected(node, speaker);
        });
        if (heard == who.end()) return;
        broken(scene, view.name(node) + " does not have the key that " + view.name(*heard) +
                          " speaks with");
    }
};

}  // namespace

void add_key_invariants(InvariantList& list, Findings& findings) {
    list.push_back(std::make_unique<NobodyIsLockedOut>(findings));
}

}  // namespace rollcall::sim

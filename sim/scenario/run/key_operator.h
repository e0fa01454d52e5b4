// SPDX-License-Identifier: Apache-2.0
//
// Replaces the keys of the whole cluster through one member, as `rollcall keys rotate` does, but by
// calls to the member instead of its control port. serf::KeyRotation decides the steps (rule K3).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/bytes.h"
#include "membership/node.h"
#include "serf/key_rotation.h"
#include "serf/serf.h"

namespace rollcall::sim {

class KeyOperator {
public:
    explicit KeyOperator(serf::KeyRotationOrder order)
        : without_failed_{order.without_failed}, rotation_{std::move(order)} {}

    // Sends the next key command. Its result comes as an event.
    void proceed(serf::Serf& serf, Time now, serf::Serf::Outbox& out);
    void proceed(membership::Node&, Time, membership::Node::Outbox&) { refused_ = true; }
    // False: not the result of our command.
    bool on_finished(const serf::KeyCommandFinished& finished);

    // Done, stopped, or its member refuses the commands.
    [[nodiscard]] bool over() const {
        return refused_ || rotation_.next() >= serf::KeyRotation::Step::done;
    }
    // The next step locks `name` out if it lacks the new key, and the rotation does not wait for
    // it: the member does not know it, knows that it left, or is not to wait for failed members.
    [[nodiscard]] bool gives_up(std::string_view name) const;
    // It is done, and `name` has only the new key.
    [[nodiscard]] bool reached(std::string_view name) const;
    // For the story.
    [[nodiscard]] std::string status() const;

private:
    bool without_failed_;
    bool refused_ = false;
    serf::KeyRotation rotation_;
    serf::KeyHolders holders_;  // when the last list began
    std::optional<RequestId> asked_;
};

}  // namespace rollcall::sim

// SPDX-License-Identifier: Apache-2.0
//
// An operator at one member who replaces the keys of the whole cluster: what `rollcall keys rotate`
// does, with the member itself where that has its control port. What to do next and when to stop is
// serf::KeyRotation's (rule K3).
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

    // Asks what is to be asked next. The answer comes as an event.
    void go_on(serf::Serf& serf, Time now, serf::Serf::Outbox& out);
    void go_on(membership::Node&, Time, membership::Node::Outbox&) { refused_ = true; }
    // Whether that was the answer.
    bool heard(const serf::KeyCommandFinished& said);

    // Nothing is left to do: done, stopped, or its member does not ask for it any more.
    [[nodiscard]] bool over() const {
        return refused_ || rotation_.next() >= serf::KeyRotation::Step::done;
    }
    // What comes next shuts out whoever has not got the new key, and nobody waits for that one: its
    // member does not know it, knows it to have left, or is told not to wait for who failed.
    [[nodiscard]] bool gives_up(std::string_view name) const;
    // It is done, and that member has the new key alone.
    [[nodiscard]] bool reached(std::string_view name) const;
    // How it stands, in words.
    [[nodiscard]] std::string status() const;

private:
    bool without_failed_;
    bool refused_ = false;
    serf::KeyRotation rotation_;
    serf::KeyHolders holders_;  // as the last look began
    std::optional<RequestId> asked_;
};

}  // namespace rollcall::sim

// SPDX-License-Identifier: Apache-2.0
//
// Descriptions of events as text, for a report: steps of a schedule and the nodes they affect;
// events of a node about itself.
#pragma once

#include <string>

#include "membership/events.h"
#include "sim/scenario/language/scenario.h"

namespace rollcall::sim {

struct StepWords {
    std::string what;  // "n7, n9 crash", "the network splits: n1..n5 | n6..n9"
    Nodes who;         // the stories it belongs to
    bool all = false;  // it belongs to all stories
    // The priority of its label where there is no room for all: 3 splits or joins nodes or
    // networks, 2 disturbs or starts nodes, 1 is traffic.
    int weight = 2;
    // The nodes that it affects: those named, or the smaller side of a partition or cut.
    Nodes victims;
};
[[nodiscard]] StepWords words_of(const Action& action);

// An event of a node about itself, to follow its name: "detects that it did not run for 12.3 s". ""
// for events about others and those that are not part of a story.
[[nodiscard]] std::string words_of(const membership::Event& event);

}  // namespace rollcall::sim

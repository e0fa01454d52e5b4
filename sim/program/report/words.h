// SPDX-License-Identifier: Apache-2.0
//
// What happened in words that a reader of a report understands: steps of a schedule and whom they
// are done to; what a node tells of itself.
#pragma once

#include <string>

#include "membership/events.h"
#include "sim/scenario/language/scenario.h"

namespace rollcall::sim {

struct StepWords {
    std::string what;        // "n7, n9 crash", "the network splits: n1..n5 | n6..n9"
    Nodes who;               // whose story it belongs to
    bool everybody = false;  // it belongs to all stories
    // Which steps are labelled first where there is no room for all: 3 takes nodes or networks
    // apart or puts them together, 2 disturbs or joins, 1 is traffic.
    int weight = 2;
    // The nodes that it is done to: those named, or the smaller side of a split or a cut.
    Nodes victims;
};
[[nodiscard]] StepWords words_of(const Action& action);

// What a node says of itself, to follow its name: "notices that it did not run for 12.3 s". "" for
// events about others and those that are no part of a story.
[[nodiscard]] std::string words_of(const membership::Event& event);

}  // namespace rollcall::sim

// SPDX-License-Identifier: Apache-2.0
#include "sim/papers/recorded.h"

#include <array>

namespace rollcall::sim::papers {
namespace {

constexpr std::array kRecorded = std::to_array<Recorded>({
    {"S1", true, "2026-11-21", ""},
    {"S2", true, "2026-11-21", ""},
    {"S4", true, "2026-11-21", ""},
    {"S5", true, "2026-11-21", ""},
    {"T1", true, "2026-11-21", ""},
});

}  // namespace

const Recorded* recorded(std::string_view row) {
    for (const Recorded& entry : kRecorded) {
        if (entry.id == row) return &entry;
    }
    return nullptr;
}

}  // namespace rollcall::sim::papers

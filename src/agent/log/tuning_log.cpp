// SPDX-License-Identifier: Apache-2.0
#include "agent/log/tuning_log.h"

#include <string>

namespace rollcall::agent {
namespace {

using Tuned = serf::TimingsTuned;

std::string tuning_words(const Tuned& e) {
    const std::string change = "change " + (e.id.empty() ? "?" : e.id) + " of the timings ";
    const std::string by = e.source.empty() ? "" : "; requested by " + e.source;
    switch (e.what) {
        case Tuned::What::prepared:
            return change + "prepared: " + e.changes + by;
        case Tuned::What::applied:
            return change + "in effect, until it is confirmed or undone: " + e.changes + by;
        case Tuned::What::confirmed:
            return change + "confirmed" + by;
        case Tuned::What::reverted:
            return change + "undone: " + e.changes + by;
        case Tuned::What::expired:
            return change + "undone, since nobody confirmed it in time: " + e.changes;
        case Tuned::What::replaced:
            return change + "ended: the configuration was read again";
        case Tuned::What::refused:
            return change + "refused: " + e.reason + by;
    }
    return change;
}

}  // namespace

void TuningLog::write(Log& log, Time now, const Tuned& event) {
    std::uint64_t held = 0;
    const bool refused = event.what == Tuned::What::refused;
    if (refused) {
        const auto passed = refused_.pass(now);
        if (!passed) return;
        held = *passed;
    }
    const bool undone = event.what == Tuned::What::expired || event.what == Tuned::What::replaced;
    log.write(refused || undone ? Level::warn : Level::info, "serf",
              "timings-" + std::string{to_string(event.what)},
              tuning_words(event) + (held == 0 ? "" : " (and " + std::to_string(held) + " more)"),
              {{"tuning", event.id},
               {"changes", event.changes},
               {"from", event.source},
               {"error", event.reason},
               {"held_back", held}});
}

}  // namespace rollcall::agent

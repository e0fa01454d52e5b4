// SPDX-License-Identifier: Apache-2.0
//
// How long may a member be away before it is declared dead? One member of 128 at a time is gone for
// D and comes back; the share of them that any member declared dead meanwhile.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "sim/papers/fast/profiles.h"
#include "sim/papers/frame/experiment.h"

namespace rollcall::sim::papers {

enum class Absence : std::uint8_t {
    stopped,    // the process; its host's kernel takes connections
    frozen,     // the whole host, which answers nothing
    restarted,  // the process is killed, and starts and joins after D
};
inline constexpr std::array kAbsences = {Absence::stopped, Absence::frozen, Absence::restarted};
[[nodiscard]] std::string_view words_for(Absence absence);  // "process stopped", ...

inline constexpr const char* kPausesExperiment = "fast/pauses";
inline constexpr unsigned kPausedOf = 128;           // members
inline constexpr std::size_t kAbsencesOfOneRun = 4;  // 45 s apart

// The lengths that an effort tries.
[[nodiscard]] std::vector<Duration> absence_lengths(const Scale& scale);
[[nodiscard]] unsigned absence_runs(const Scale& scale);  // for each length, kind and profile

struct PauseJob {
    const ComparedProfile* profile = nullptr;
    Absence absence = Absence::stopped;
    Duration length{};
    unsigned repetition = 0;
};
[[nodiscard]] std::vector<PauseJob> pause_jobs(const Scale& scale);

// How many of the kAbsencesOfOneRun members that any other declared dead.
[[nodiscard]] double run_pauses(const PauseJob& job);

}  // namespace rollcall::sim::papers

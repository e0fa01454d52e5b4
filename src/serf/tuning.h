// SPDX-License-Identifier: Apache-2.0
//
// A change of the timings that undoes itself (rule L6): prepared, applied for a while, then either
// confirmed or undone at its deadline. The deadline lives at each member, so that it needs no
// message: a value that cuts all communication comes back. Decides only: what is to apply is
// returned, and its owner applies it. No clock, no I/O.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"
#include "serf/config.h"
#include "serf/tune_messages.h"
#include "serf/tune_values.h"

namespace rollcall::serf {

enum class TuningState : std::uint8_t {
    current,    // the timings are those of the configuration
    tentative,  // a change is in effect until its deadline
    confirmed,  // a change is in effect until it is undone, or the agent ends
};
[[nodiscard]] std::string_view to_string(TuningState state);

// For people and metrics.
struct TuningView {
    TuningState state = TuningState::current;
    std::string id;             // of the change in effect
    std::optional<Time> until;  // tentative: when it is undone
    std::string fingerprint;    // of the timings in effect
};

class Tuning {
public:
    using Timing = membership::TimingSettings;

    // A prepared change that is not applied within this time is dropped.
    static constexpr Duration kPreparedFor = std::chrono::seconds{60};

    struct Decision {
        bool accepted = false;
        std::string reason;           // why not
        std::string note;             // what is doubtful about an accepted change
        std::optional<Timing> apply;  // from now on
        std::vector<TuneChange> changes;
    };

    // `config` is what runs now. A change is checked as a whole with it; a bad one changes nothing,
    // also of what was prepared before.
    [[nodiscard]] Decision handle(Time now, const TuneRequest& request, const Config& config);
    // Undoes a tentative change whose deadline has come. Not accepted: nothing was due.
    [[nodiscard]] Decision handle_timeout(Time now, const Config& config);
    [[nodiscard]] std::optional<Time> next_deadline() const;
    // Other timings came from the configuration: they count, and no change is left to be undone.
    // True: a change ended by it.
    bool configured();

    [[nodiscard]] TuningState state() const { return state_; }
    // Of the change that is in effect; "": none.
    [[nodiscard]] const std::string& id() const { return id_; }
    // Tentative only: until it is undone.
    [[nodiscard]] Duration left(Time now) const;

private:
    struct Prepared {
        std::string id;
        Timing timing;
        Duration revert_after{};
        Time until{};
    };

    [[nodiscard]] Decision prepare(Time now, const TuneRequest& request, const Config& config);
    [[nodiscard]] Decision apply(Time now, const TuneRequest& request, const Config& config);
    [[nodiscard]] Decision confirm(const TuneRequest& request);
    [[nodiscard]] Decision revert(const TuneRequest& request, const Config& config);
    [[nodiscard]] Decision back(const Config& config);

    TuningState state_ = TuningState::current;
    std::string id_;
    std::string undone_;  // the last change that was undone
    std::optional<Prepared> prepared_;
    // Tentative: what was in effect before the change.
    struct Before {
        Timing timing;
        TuningState state = TuningState::current;
        std::string id;
    };
    std::optional<Before> before_;
    std::optional<Timing> configured_;  // unless current: what the configuration says
    std::optional<Time> deadline_;
};

}  // namespace rollcall::serf

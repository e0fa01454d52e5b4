// SPDX-License-Identifier: Apache-2.0
//
// Timings that an operator changes at run time, here or on many agents at once (rule L6). A change
// is prepared, then applied, and undoes itself unless it is confirmed: the agent alone does that,
// so it comes back from a value that cuts it off from all others. Remote changes need the consent
// of the configuration and encrypted gossip.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/time.h"
#include "serf/context.h"
#include "serf/open_queries.h"
#include "serf/outbox.h"
#include "serf/replies.h"
#include "serf/tuning_text.h"

namespace rollcall::serf {

class Tuning {
public:
    // A prepared change that is not applied by then is forgotten.
    static constexpr Duration kPreparedFor = std::chrono::minutes{1};

    Tuning(Context& context, Replies& replies) : context_{context}, replies_{replies} {}

    // The query "tune" of a member, ourselves included. What it asks for is done by carry_out().
    void asked(Time now, Bytes request, const ReturnPath& path, Outbox& out);
    // Other timings came from a file: they stand, and no change waits for its confirmation.
    void replaced(Time now, Outbox& out);

    void handle_timeout(Time now, Outbox& out);
    [[nodiscard]] std::optional<Time> next_deadline() const;

    // The timings that are to be put into effect, once. Not from inside the node's calls.
    [[nodiscard]] std::optional<TimingSettings> take_due();

    struct Tentative {
        TuningId id;
        TimingSettings before;
        Time revert_at{};
        std::string by;  // the asker's name
    };
    // The change that is in effect and not confirmed.
    [[nodiscard]] const std::optional<Tentative>& tentative() const { return tentative_; }

private:
    struct Prepared {
        TuningId id;
        TimingSettings wanted;
        Time until{};
    };
    using Refusal = std::optional<std::string>;

    [[nodiscard]] Refusal not_allowed(const ReturnPath& path) const;
    [[nodiscard]] Refusal prepare(Time now, const TuningRequest& request);
    [[nodiscard]] Refusal apply(Time now, const TuningRequest& request, const std::string& by,
                                Outbox& out);
    [[nodiscard]] Refusal confirm(TuningId id, Outbox& out);
    [[nodiscard]] Refusal revert(TuningId id, Outbox& out);
    [[nodiscard]] Refusal carry_out(Time now, const TuningRequest& request, const std::string& by,
                                    Outbox& out);
    void undo(TuningChanged::Step step, Outbox& out);
    [[nodiscard]] std::string answer_to(Time now, const TuningRequest& request) const;
    // The timings that are in effect, or will be with the next take_due().
    [[nodiscard]] TimingSettings current() const;

    Context& context_;
    Replies& replies_;
    std::optional<Prepared> prepared_;
    std::optional<Tentative> tentative_;
    std::optional<TimingSettings> due_;
    // The change that was confirmed or undone last: asked again, it is not refused, since an
    // answer may be lost.
    struct {
        TuningId id;
        bool confirmed = false;
    } last_;
};

}  // namespace rollcall::serf

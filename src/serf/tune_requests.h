// SPDX-License-Identifier: Apache-2.0
//
// Requests to change our timings (rule L6), by a query of a member or by an operator of this agent:
// who may ask, the answer, what is reported. The change itself is carried out by the router, after
// the call in which it was decided: a query arrives inside a call of the node.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/bytes.h"
#include "base/time.h"
#include "serf/context.h"
#include "serf/open_queries.h"
#include "serf/outbox.h"
#include "serf/replies.h"
#include "serf/tuning.h"

namespace rollcall::serf {

class TuneRequests {
public:
    TuneRequests(Context& context, Replies& replies) : context_{context}, replies_{replies} {}

    // By a query. Of another member only with `allow_tuning`, and only when nobody without a key
    // can have sent it; a query of our own is as a command.
    void asked(Time now, Bytes request, const ReturnPath& path, Outbox& out);
    // By an operator of this agent. Returns the answer.
    [[nodiscard]] std::string command(Time now, std::string_view request, Outbox& out);
    void handle_timeout(Time now, Outbox& out);
    [[nodiscard]] std::optional<Time> next_deadline() const { return tuning_.next_deadline(); }
    // The configuration was read again: it replaces what was tuned.
    void configured(Outbox& out);

    // What is to apply now, once.
    [[nodiscard]] std::optional<membership::TimingSettings> take() {
        return std::exchange(to_apply_, std::nullopt);
    }
    [[nodiscard]] const Tuning& tuning() const { return tuning_; }

private:
    [[nodiscard]] std::string refusal() const;  // of what other members want to change; ""
    struct Asker {
        std::string_view name;
        bool ours = false;
    };
    [[nodiscard]] TuneAnswer answer(Time now, std::string_view text, Asker asker, Outbox& out);
    void report(const TuneRequest& request, const Tuning::Decision& decision,
                std::string_view source, Outbox& out);
    [[nodiscard]] membership::TimingSettings effective() const;

    Context& context_;
    Replies& replies_;
    Tuning tuning_;
    std::optional<membership::TimingSettings> to_apply_;
};

}  // namespace rollcall::serf

// SPDX-License-Identifier: Apache-2.0
#include "serf/tuning.h"

#include <algorithm>
#include <utility>

namespace rollcall::serf {
namespace {

Tuning::Decision no(std::string reason) {
    return {.reason = std::move(reason)};
}

}  // namespace

std::string_view to_string(TuningState state) {
    switch (state) {
        case TuningState::current:
            return "current";
        case TuningState::tentative:
            return "tentative";
        case TuningState::confirmed:
            return "confirmed";
    }
    return "";
}

// Rule L6.
Tuning::Decision Tuning::handle(Time now, const TuneRequest& request, const Config& config) {
    switch (request.verb) {
        case TuneRequest::Verb::show:
            return {.accepted = true};
        case TuneRequest::Verb::prepare:
            return prepare(now, request, config);
        case TuneRequest::Verb::apply:
            return apply(now, request, config);
        case TuneRequest::Verb::confirm:
            return confirm(request);
        case TuneRequest::Verb::revert:
            return revert(request, config);
    }
    return no("the request is unknown");
}

Tuning::Decision Tuning::prepare(Time now, const TuneRequest& request, const Config& config) {
    if (state_ == TuningState::tentative) {
        return no("the change " + id_ + " is not confirmed yet: confirm or revert it first");
    }
    if (prepared_ && prepared_->id != request.id && now < prepared_->until) {
        return no("the change " + prepared_->id + " is being prepared");
    }
    if (request.id == undone_) return no("the change " + undone_ + " was undone");  // a late copy
    const Timing running = Timing::of(config.membership);
    Timing wanted = running;
    for (const auto& [key, value] : request.values) {
        if (const auto bad = set_tune_value(wanted, key, value)) return no(bad->to_string());
    }
    Config changed = config;
    wanted.put_into(changed.membership);
    if (const auto bad = changed.validate()) return no(bad->to_string());
    prepared_ = Prepared{.id = request.id,
                         .timing = wanted,
                         .revert_after = request.revert_after,
                         .until = now + kPreparedFor};
    return {.accepted = true,
            .note = changed.membership.probe_timeout_warning(config.membership).value_or(""),
            .changes = tune_changes(running, wanted)};
}

Tuning::Decision Tuning::apply(Time now, const TuneRequest& request, const Config& config) {
    const Timing running = Timing::of(config.membership);
    if (state_ != TuningState::current && id_ == request.id) {  // asked again: the same answer
        return {.accepted = true,
                .changes = tune_changes(before_ ? before_->timing : running, running)};
    }
    if (!prepared_ || prepared_->id != request.id) {
        return no("the change " + request.id + " was not prepared here");
    }
    const Prepared change = *std::exchange(prepared_, std::nullopt);
    if (now >= change.until) return no("the change " + request.id + " was prepared too long ago");
    before_ = Before{.timing = running, .state = state_, .id = id_};
    if (!configured_) configured_ = running;
    state_ = TuningState::tentative;
    id_ = change.id;
    deadline_ = now + change.revert_after;
    return {
        .accepted = true, .apply = change.timing, .changes = tune_changes(running, change.timing)};
}

Tuning::Decision Tuning::confirm(const TuneRequest& request) {
    if (state_ == TuningState::current) return no("no change is in effect; was it undone already?");
    if (request.id != id_) return no("the change in effect is " + id_);
    state_ = TuningState::confirmed;
    deadline_.reset();
    before_.reset();
    return {.accepted = true};
}

Tuning::Decision Tuning::revert(const TuneRequest& request, const Config& config) {
    if (prepared_ && prepared_->id == request.id) {
        prepared_.reset();
        undone_ = request.id;
        return {.accepted = true};
    }
    if (request.id == undone_) return {.accepted = true};  // asked again, or its time was over
    if (state_ == TuningState::current) return no("no change is in effect");
    if (request.id != id_) return no("the change in effect is " + id_);
    return back(config);
}

// A tentative change gives way to what was before it, a confirmed one to the configuration.
Tuning::Decision Tuning::back(const Config& config) {
    Before to = before_ ? *before_ : Before{.timing = *configured_, .id = {}};
    before_.reset();
    deadline_.reset();
    state_ = to.state;
    undone_ = std::exchange(id_, std::move(to.id));
    if (state_ == TuningState::current) configured_.reset();
    return {.accepted = true,
            .apply = to.timing,
            .changes = tune_changes(Timing::of(config.membership), to.timing)};
}

Tuning::Decision Tuning::handle_timeout(Time now, const Config& config) {
    if (!deadline_ || now < *deadline_) return {};
    return back(config);
}

std::optional<Time> Tuning::next_deadline() const {
    return deadline_;
}

bool Tuning::configured() {
    const bool ended = state_ != TuningState::current;
    *this = Tuning{};
    return ended;
}

Duration Tuning::left(Time now) const {
    return deadline_ ? std::max<Duration>(*deadline_ - now, Duration{}) : Duration{};
}

}  // namespace rollcall::serf

// SPDX-License-Identifier: Apache-2.0
#include "serf/tuning.h"

#include <algorithm>
#include <utility>

#include "base/duration_text.h"

namespace rollcall::serf {
namespace {

std::string number_of(TuningId id) {
    return std::to_string(id.value());
}

std::string lines_of_changes(const TimingSettings& before, const TimingSettings& after) {
    std::string text;
    for (const std::string& change : tuned(before, after)) text += '\n' + change;
    return text;
}

}  // namespace

void Tuning::asked(Time now, Bytes bytes, const ReturnPath& path, Outbox& out) {
    const auto request = parse_tuning_request(bytes);
    Refusal refusal;
    if (!request) {
        refusal = request.error();
    } else if (request->kind != TuningRequest::Kind::show) {
        refusal = not_allowed(path);
        if (!refusal) refusal = carry_out(now, *request, path.node, out);
    }
    const std::string answer = refusal ? "refused " + *refusal : answer_to(now, *request);
    replies_.answer_internally(now, path, as_bytes(answer), out);
}

// What a control client of this agent asks for is its operator's word.
Tuning::Refusal Tuning::not_allowed(const ReturnPath& path) const {
    if (replies_.asked_by_us(path)) return {};
    if (!context_.config.allow_tuning) return "this agent does not allow it (--allow-tuning)";
    if (!context_.node.encrypts() || context_.node.encryption() != wire::Encryption::require) {
        return "only over encrypted gossip, and this agent accepts plain text";
    }
    if (!replies_.asker_is_member(path)) return "the asker is not a member at its address";
    return {};
}

Tuning::Refusal Tuning::carry_out(Time now, const TuningRequest& request, const std::string& by,
                                  Outbox& out) {
    switch (request.kind) {
        case TuningRequest::Kind::show:
            return {};
        case TuningRequest::Kind::prepare:
            return prepare(now, request);
        case TuningRequest::Kind::apply:
            return apply(now, request, by, out);
        case TuningRequest::Kind::confirm:
            return confirm(request.id, out);
        case TuningRequest::Kind::revert:
            return revert(request.id, out);
    }
    return {};
}

Tuning::Refusal Tuning::prepare(Time now, const TuningRequest& request) {
    if (last_.id == request.id) return "that change is over";
    if (tentative_ && tentative_->id != request.id) {
        return "change " + number_of(tentative_->id) + " of " + tentative_->by +
               " is not confirmed yet";
    }
    if (prepared_ && prepared_->id != request.id && now < prepared_->until) {
        return "change " + number_of(prepared_->id) + " is being made";
    }
    if (tentative_) return {};  // the same again: it was applied meanwhile
    TimingSettings wanted = TimingSettings::of(context_.config);
    for (const std::string& change : request.changes) {
        if (auto problem = tune(change, wanted)) return problem;
    }
    Config changed = context_.config;
    wanted.put_into(changed);
    if (const auto mistake = changed.validate()) return mistake->to_string();
    prepared_ = {request.id, wanted, now + kPreparedFor};
    return {};
}

Tuning::Refusal Tuning::apply(Time now, const TuningRequest& request, const std::string& by,
                              Outbox& out) {
    if (tentative_ && tentative_->id == request.id) return {};
    if (!prepared_ || prepared_->id != request.id || now >= prepared_->until) {
        return "change " + number_of(request.id) + " was not prepared here, or too long ago";
    }
    const TimingSettings before = TimingSettings::of(context_.config);
    due_ = prepared_->wanted;
    tentative_ = {request.id, before, now + request.revert_after, by};
    out.notify_serf(TuningChanged{.step = TuningChanged::Step::applied,
                                  .id = request.id.value(),
                                  .changes = tuned(before, prepared_->wanted),
                                  .by = by,
                                  .revert_after = request.revert_after});
    prepared_.reset();
    return {};
}

Tuning::Refusal Tuning::confirm(TuningId id, Outbox& out) {
    if (last_.id == id) {
        if (last_.confirmed) return {};
        return "change " + number_of(id) + " was undone already";
    }
    if (!tentative_ || tentative_->id != id)
        return "change " + number_of(id) + " is not known here";
    out.notify_serf(TuningChanged{.step = TuningChanged::Step::confirmed,
                                  .id = id.value(),
                                  .changes = {},
                                  .by = tentative_->by,
                                  .revert_after = {}});
    tentative_.reset();
    last_ = {id, true};
    return {};
}

Tuning::Refusal Tuning::revert(TuningId id, Outbox& out) {
    if (prepared_ && prepared_->id == id) {
        prepared_.reset();
        return {};
    }
    if (last_.id == id && !last_.confirmed) return {};
    if (!tentative_ || tentative_->id != id)
        return "change " + number_of(id) + " is not known here";
    undo(TuningChanged::Step::reverted, out);
    return {};
}

void Tuning::undo(TuningChanged::Step step, Outbox& out) {
    out.notify_serf(TuningChanged{.step = step,
                                  .id = tentative_->id.value(),
                                  .changes = tuned(current(), tentative_->before),
                                  .by = tentative_->by,
                                  .revert_after = {}});
    due_ = tentative_->before;
    last_ = {tentative_->id, false};
    tentative_.reset();
}

void Tuning::replaced(Time now, Outbox& out) {
    static_cast<void>(now);
    prepared_.reset();
    due_.reset();
    if (!tentative_) return;
    out.notify_serf(TuningChanged{.step = TuningChanged::Step::replaced,
                                  .id = tentative_->id.value(),
                                  .changes = {},
                                  .by = tentative_->by,
                                  .revert_after = {}});
    last_ = {tentative_->id, false};
    tentative_.reset();
}

void Tuning::handle_timeout(Time now, Outbox& out) {
    if (tentative_ && now >= tentative_->revert_at) undo(TuningChanged::Step::expired, out);
}

std::optional<Time> Tuning::next_deadline() const {
    if (!tentative_) return {};
    return tentative_->revert_at;
}

std::optional<TimingSettings> Tuning::take_due() {
    return std::exchange(due_, std::nullopt);
}

TimingSettings Tuning::current() const {
    return due_ ? *due_ : TimingSettings::of(context_.config);
}

std::string Tuning::answer_to(Time now, const TuningRequest& request) const {
    using Kind = TuningRequest::Kind;
    if (request.kind == Kind::prepare && prepared_) {
        return "ok" + lines_of_changes(current(), prepared_->wanted);
    }
    if (request.kind != Kind::show) {
        return tentative_ ? "ok" + lines_of_changes(tentative_->before, current()) : "ok";
    }
    if (!tentative_) return "ok";
    return "tentative " + number_of(tentative_->id) + ' ' +
           duration_text(std::chrono::ceil<std::chrono::seconds>(
               std::max(tentative_->revert_at - now, Duration::zero()))) +
           lines_of_changes(tentative_->before, current());
}

}  // namespace rollcall::serf

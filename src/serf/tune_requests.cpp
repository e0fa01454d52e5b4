// SPDX-License-Identifier: Apache-2.0
#include "serf/tune_requests.h"

#include "serf/messages.h"

namespace rollcall::serf {
namespace {

using TuneVerb = TuneRequest::Verb;

constexpr std::size_t kTunePayloadHead = 5;         // largest length prefix of a payload
constexpr std::size_t kTuneCommandRoom = 64 << 10;  // of an answer that no packet carries

TimingsTuned::What what_of(TuneVerb verb) {
    switch (verb) {
        case TuneVerb::show:
        case TuneVerb::prepare:
            return TimingsTuned::What::prepared;
        case TuneVerb::apply:
            return TimingsTuned::What::applied;
        case TuneVerb::confirm:
            return TimingsTuned::What::confirmed;
        case TuneVerb::revert:
            return TimingsTuned::What::reverted;
    }
    return TimingsTuned::What::prepared;
}

}  // namespace

std::string TuneRequests::refusal() const {
    if (!context_.config.allow_tuning) {
        return "this agent does not allow it: it runs without --allow-tuning";
    }
    const membership::Node& node = context_.node;
    if (node.keyring().empty() || node.encryption() != wire::Encryption::require) {
        return "gossip is not encrypted, so that anyone could have asked";
    }
    return {};
}

membership::TimingSettings TuneRequests::effective() const {
    return to_apply_ ? *to_apply_ : membership::TimingSettings::of(context_.config.membership);
}

void TuneRequests::asked(Time now, Bytes request, const ReturnPath& path, Outbox& out) {
    if (!replies_.admits_answer(now, path)) return;
    const TuneAnswer told =
        answer(now, as_text(request), {.name = path.node, .ours = replies_.asked_by_us(path)}, out);
    const std::size_t around =
        encoded(QueryResponse{.time = path.time, .id = path.id, .from = context_.name()}).size() +
        kTunePayloadHead;
    const std::size_t limit = context_.config.query_response_size_limit;
    const std::string text = encode_tune_answer(told, limit > around ? limit - around : 0);
    if (const auto message = replies_.encode_answer(path, as_bytes(text))) {
        replies_.send_answer(now, path, *message, out);
    }
}

std::string TuneRequests::command(Time now, std::string_view request, Outbox& out) {
    return encode_tune_answer(answer(now, request, {.name = context_.name(), .ours = true}, out),
                              kTuneCommandRoom);
}

TuneAnswer TuneRequests::answer(Time now, std::string_view text, Asker asker, Outbox& out) {
    const auto request = decode_tune_request(text);
    Tuning::Decision decision;
    if (!request) {
        decision.reason = request.error();
    } else if (!asker.ours && request->verb != TuneVerb::show && !refusal().empty()) {
        decision.reason = refusal();
    } else {
        decision = tuning_.handle(now, *request, context_.config);
    }
    if (decision.apply) to_apply_ = decision.apply;
    report(request ? *request : TuneRequest{}, decision, asker.name, out);
    TuneAnswer told{.accepted = decision.accepted,
                    .reason = decision.reason,
                    .note = decision.note,
                    .state = std::string{to_string(tuning_.state())},
                    .id = tuning_.id(),
                    .left = tuning_.left(now),
                    .fingerprint = tune_fingerprint(effective()),
                    .changes = decision.changes,
                    .values = {}};
    if (request && request->verb == TuneVerb::show) told.values = tune_values(effective());
    return told;
}

void TuneRequests::report(const TuneRequest& request, const Tuning::Decision& decision,
                          std::string_view source, Outbox& out) {
    TimingsTuned event{.what = what_of(request.verb),
                       .id = request.id.empty() ? tuning_.id() : request.id,
                       .changes = tune_text(decision.changes),
                       .source = std::string{source},
                       .reason = decision.reason};
    Stats& stats = context_.stats;
    if (!decision.accepted) {
        ++stats.tunings_refused;
        event.what = TimingsTuned::What::refused;
        return out.notify_serf(std::move(event));
    }
    switch (request.verb) {
        case TuneVerb::show:
        case TuneVerb::prepare:
            return;
        case TuneVerb::apply:
            if (!decision.apply) return;  // once more
            ++stats.tunings_applied;
            break;
        case TuneVerb::confirm:
            ++stats.tunings_confirmed;
            break;
        case TuneVerb::revert:
            if (!decision.apply) return;  // only a preparation was dropped
            ++stats.tunings_reverted;
            break;
    }
    out.notify_serf(std::move(event));
}

void TuneRequests::handle_timeout(Time now, Outbox& out) {
    const std::string id = tuning_.id();
    const Tuning::Decision decision = tuning_.handle_timeout(now, context_.config);
    if (!decision.accepted) return;
    to_apply_ = decision.apply;
    ++context_.stats.tunings_expired;
    out.notify_serf(TimingsTuned{.what = TimingsTuned::What::expired,
                                 .id = id,
                                 .changes = tune_text(decision.changes),
                                 .source = {},
                                 .reason = {}});
}

void TuneRequests::configured(Outbox& out) {
    to_apply_.reset();
    const std::string id = tuning_.id();
    if (!tuning_.configured()) return;
    ++context_.stats.tunings_reverted;
    out.notify_serf(TimingsTuned{
        .what = TimingsTuned::What::replaced, .id = id, .changes = {}, .source = {}, .reason = {}});
}

}  // namespace rollcall::serf

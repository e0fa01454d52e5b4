// SPDX-License-Identifier: Apache-2.0
#include "membership/strangers.h"

#include <algorithm>
#include <utility>

namespace rollcall::membership {
namespace {

constexpr std::size_t kLooks = 4096;  // entries of the table for each tick
constexpr std::size_t kTries = 64;    // random draws for one stranger of a sample

}  // namespace

bool Strangers::ack_arrived(Time now, SequenceNumber sequence, Outbox& out) {
    if (sign_ == sequence) {
        sign_.reset();
        return true;
    }
    const auto found = std::ranges::find(asked_, sequence, &Asked::sequence);
    if (found == asked_.end()) return false;
    const Asked asked = std::move(*found);
    *found = std::move(asked_.back());
    asked_.pop_back();
    answered(now, asked, out);
    return true;
}

void Strangers::answered(Time now, const Asked& asked, Outbox& out) {
    if (asked.control) return context_.hearsay.control_looked_at(false);
    if (asked.member) {
        ++context_.stats.strangers_answered;
        context_.hearsay.looked_at(false);
        // Its place in the table may be that of another by now.
        if (context_.table.find(*asked.member)) context_.hearsay.answered(*asked.member);
        in_question_.erase(asked.member->value());
        return;
    }
    context_.hearsay.believe_again(asked.report.name, asked.at);
    if (context_.table.find(asked.report.name)) return;
    // As if it had announced itself.
    beliefs_.alive(now, asked.report.claim(), {.kind = Origin::Kind::datagram, .from = asked.at},
                   out);
}

void Strangers::handle_timeout(Time now, Outbox& out) {
    if (now < next_tick_) return;
    context_.hearsay.measure(context_.table.size(), context_.config.max_members);
    if (!many()) context_.hearsay.calm();
    if (asked_.empty() && !many() && !context_.hearsay.anything_to_ask()) return;
    next_tick_ = now + kTick;
    go_on(now, out);
    ask_more(now, out);
}

std::optional<Time> Strangers::next_deadline() const {
    if (asked_.empty() && !many() && !context_.hearsay.anything_to_ask()) return {};
    return next_tick_;
}

void Strangers::go_on(Time now, Outbox& out) {
    // A verdict removes members, which sends nothing and asks nobody.
    std::vector<Asked> due;
    std::erase_if(asked_, [&](Asked& asked) {
        if (asked.next > now) return false;
        due.push_back(std::move(asked));
        return true;
    });
    for (Asked& asked : due) {
        if (asked.pings < kPings) {
            ping(now, asked, out);
            asked_.push_back(std::move(asked));
        } else if (asked.control) {
            context_.hearsay.control_looked_at(true);
        } else if (asked.member) {
            found_silent(now, asked, out);
        }
    }
}

void Strangers::found_silent(Time now, const Asked& asked, Outbox& out) {
    in_question_.erase(asked.member->value());
    const auto member = context_.table.find(*asked.member);
    if (!member || !context_.hearsay.is_stranger(*asked.member)) return;
    if (!receives(now)) return;
    context_.hearsay.looked_at(true);
    if (!context_.hearsay.overrun()) return;
    ++context_.stats.strangers_silent;
    context_.hearsay.refuted(now, member->name(), member->endpoint());
    beliefs_.forget_stranger(now, *asked.member, out);
}

// While nobody sends to us, silence says nothing.
bool Strangers::receives(Time now) const {
    return context_.gate.received_since(now - 2 * context_.config.probe_interval) > 0;
}

void Strangers::ask_more(Time now, Outbox& out) {
    per_host_.clear();
    if (!receives(now)) return ask_for_a_sign(out);
    ask_reported(now, out);
    if (!many()) return;
    if (context_.hearsay.overrun()) return sweep(now, out);
    if (!context_.hearsay.all_looked_at()) return ask_sample(now, out);
    // Another one later: more may have been reported, or have become few.
    context_.hearsay.next_sample();
    next_tick_ = now + kBetweenSamples;
}

// Forged deaths may leave no live one: then a dead one, which may answer all the same.
std::optional<MemberId> Strangers::next_control() {
    std::optional<MemberId> dead;
    for (std::size_t looks = std::min(kLooks, context_.table.size()); looks > 0; --looks) {
        if (control_cursor_ >= context_.table.size()) control_cursor_ = 0;
        const MemberId id = context_.table.ids()[control_cursor_++];
        if (id == context_.self || context_.hearsay.is_stranger(id)) continue;
        const Member member = *context_.table.find(id);
        if (member.is_live()) return id;
        if (member.state == State::dead) dead = id;
    }
    return dead;
}

// Invented members may have taken all the probes and the gossip of a small cluster: a member that
// answered before is asked for a sign.
void Strangers::ask_for_a_sign(Outbox& out) {
    const auto id = next_control();
    if (!id) return;
    const Member member = *context_.table.find(*id);
    sign_ = SequenceNumber{static_cast<std::uint32_t>(rng_.next())};
    pings_.send_alone(member.endpoint(), member.name(), *sign_, out);
}

void Strangers::ask_control(Time now, Outbox& out) {
    const auto id = next_control();
    if (!id || asked_.size() >= kMostAsked) return;
    Asked& asked = asked_.emplace_back(
        Asked{.sequence = SequenceNumber{static_cast<std::uint32_t>(rng_.next())},
              .member = id,
              .control = true,
              .report = {},
              .at = context_.table.find(*id)->endpoint()});
    ping(now, asked, out);
}

void Strangers::ask_reported(Time now, Outbox& out) {
    for (std::size_t n = 0; n < kReported && asked_.size() < kMostAsked; ++n) {
        auto report = context_.hearsay.pop_to_ask();
        if (!report) return;
        const auto at = report->at();
        const bool known =
            !at || context_.table.find(report->name) ||
            std::ranges::any_of(asked_, [&](const Asked& asked) {
                return !asked.member && asked.at == *at && asked.report.name == report->name;
            });
        if (known) continue;
        Asked& asked = asked_.emplace_back(
            Asked{.sequence = SequenceNumber{static_cast<std::uint32_t>(rng_.next())},
                  .member = {},
                  .report = std::move(*report),
                  .at = *at});
        ping(now, asked, out);
    }
}

void Strangers::ask_sample(Time now, Outbox& out) {
    const auto ids = context_.table.ids();
    for (std::size_t n = 0; n < kSampled; ++n) {
        for (std::size_t tries = 0; tries < kTries; ++tries) {
            if (ask(now, ids[static_cast<std::size_t>(rng_.below(ids.size()))], out)) break;
        }
    }
    ask_control(now, out);
}

void Strangers::sweep(Time now, Outbox& out) {
    const std::size_t most = std::clamp(context_.hearsay.strangers() / kShare, kSwept, kMostSwept);
    std::size_t asked = 0;
    for (std::size_t looks = std::min(kLooks, context_.table.size()); looks > 0 && asked < most;
         --looks) {
        if (cursor_ >= context_.table.size()) cursor_ = 0;
        const MemberId id = context_.table.ids()[cursor_];
        if (context_.hearsay.is_stranger(id) && !context_.table.find(id)->is_live()) {
            beliefs_.forget_stranger(now, id, out);  // another takes its place in the order
            continue;
        }
        ++cursor_;
        if (ask(now, id, out)) ++asked;
    }
}

bool Strangers::ask(Time now, MemberId id, Outbox& out) {
    if (!context_.hearsay.is_stranger(id) || asked_.size() >= kMostAsked) return false;
    const Member member = *context_.table.find(id);
    if (!member.is_live() || in_question_.contains(id.value())) return false;
    Endpoint host = member.endpoint();
    host.port = 0;
    if (std::size_t& there = per_host_[host]; there++ >= kPerHost) return false;
    in_question_.insert(id.value());
    ++context_.stats.strangers_asked;
    Asked& asked = asked_.emplace_back(
        Asked{.sequence = SequenceNumber{static_cast<std::uint32_t>(rng_.next())},
              .member = id,
              .report = {},
              .at = member.endpoint()});
    ping(now, asked, out);
    return true;
}

void Strangers::ping(Time now, Asked& asked, Outbox& out) {
    ++asked.pings;
    asked.next = now + (asked.pings == kPings ? 2 * pause() : pause());
    std::string_view name = asked.report.name;
    if (asked.member) {
        const auto member = context_.table.find(*asked.member);
        if (!member) return;
        name = member->name();
    }
    pings_.send_alone(asked.at, name, asked.sequence, out);
}

// As long as a probe takes to find a member silent (rule F1).
Duration Strangers::pause() const {
    constexpr Duration kAtLeast = std::chrono::milliseconds{300};
    const Duration answer = context_.answer_time_of_any();
    return std::min(context_.config.probe_interval, std::max(4 * answer, kAtLeast)) / (kPings + 1);
}

}  // namespace rollcall::membership

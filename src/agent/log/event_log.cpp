// SPDX-License-Identifier: Apache-2.0
#include "agent/log/event_log.h"

#include <algorithm>
#include <array>
#include <map>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "agent/log/event_words.h"
#include "base/bytes.h"
#include "base/joined.h"

namespace rollcall::agent {
namespace {

constexpr std::string_view kMembership = "membership";
constexpr std::string_view kSerfLayer = "serf";

std::string place_of(const WireAddress& address, std::uint16_t port) {
    const auto endpoint = Endpoint::from_wire(address, port);
    return endpoint ? endpoint->to_string() : "(no address)";
}
std::string place_of(const membership::About& about) {
    return place_of(about.address, about.port);
}
std::int64_t milliseconds_of(Duration duration) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
}
std::string and_more(std::uint64_t held) {
    return held == 0 ? "" : " (and " + std::to_string(held) + " more)";
}

// Who sent the claim; "" for a finding of our own.
std::string peer_of(const membership::ClaimSource& source) {
    return source.kind == membership::ClaimSource::Kind::ourselves ? "" : source.from.to_string();
}

// Who accused; "" for an entry of a member list, which does not say (the core puts our own name).
std::string accuser_of(const std::string& from, const membership::ClaimSource& source) {
    return source.kind == membership::ClaimSource::Kind::push_pull ? "" : from;
}

// " by c", or where the claim was found.
std::string words_for_accuser(const std::string& from, const membership::ClaimSource& source) {
    if (source.kind == membership::ClaimSource::Kind::push_pull) {
        return " in the member list of " + source.from.to_string();
    }
    return from.empty() ? "" : " by " + from;
}

void append_fields(std::vector<LogField>& fields, const membership::ProbeEvidence& evidence) {
    fields.insert(fields.end(), {{"waited_ms", milliseconds_of(evidence.waited)},
                                 {"relays_asked", evidence.relays_asked},
                                 {"relays_unasked", evidence.relays_unasked},
                                 {"nacks", evidence.nacks_received},
                                 {"stream", to_string(evidence.stream)},
                                 {"ping_error", evidence.ping_error},
                                 {"stream_error", evidence.stream_error}});
}

void append_fields(std::vector<LogField>& fields, const membership::VigilEvidence& vigil) {
    fields.insert(fields.end(), {{"ground", to_string(vigil.ground)},
                                 {"looked_ms", milliseconds_of(vigil.took)},
                                 {"pings", vigil.pings},
                                 {"controls_sent", vigil.controls_sent},
                                 {"controls_answered", vigil.controls_answered},
                                 {"witnesses", vigil.witnesses},
                                 {"refusals", vigil.refusals},
                                 {"stalled", vigil.stalled}});
}

std::string_view operation_of(serf::KeyCommand command) {
    switch (command) {
        case serf::KeyCommand::install:
            return "install";
        case serf::KeyCommand::use:
            return "use";
        case serf::KeyCommand::remove:
            return "remove";
        case serf::KeyCommand::list:
            break;
    }
    return "list";
}

}  // namespace

// How the members of one Outbox came and went: the Serf layer's events have no room for it.
class EventLog::Causes {
public:
    struct Cause {
        const membership::ClaimSource* source = nullptr;
        const membership::VigilEvidence* vigil = nullptr;  // this agent has looked at the member
    };

    explicit Causes(std::span<const membership::Event> events) {
        for (const membership::Event& event : events) {
            if (const auto* joined = std::get_if<membership::MemberJoined>(&event)) {
                came_[joined->about.name] = {.source = &joined->source};
            } else if (const auto* left = std::get_if<membership::MemberLeft>(&event)) {
                went_[left->about.name] = {.source = &left->source};
            } else if (const auto* failed = std::get_if<membership::MemberFailed>(&event)) {
                went_[failed->about.name] = {.source = &failed->source,
                                             .vigil = failed->vigil ? &*failed->vigil : nullptr};
            }
        }
    }
    [[nodiscard]] Cause of(const serf::MemberEvent& event) const {
        using enum serf::MemberEventKind;
        if (event.kind == update || event.kind == reap) return {};
        const auto& known = event.kind == join ? came_ : went_;
        const auto found = known.find(event.member.name);
        return found == known.end() ? Cause{} : found->second;
    }

private:
    std::map<std::string_view, Cause> came_, went_;  // names are borrowed
};

struct EventLog::Writer {
    EventLog& owner;
    Log& log;
    Time now;
    const membership::MemberTable& members;
    const Causes& causes;

    void operator()(const membership::MemberJoined& e) const {
        const std::string peer = peer_of(e.source);
        log.write(Level::debug, kMembership, "alive",
                  e.about.name + " is alive at " + place_of(e.about),
                  {{"member", e.about.name},
                   {"address", place_of(e.about)},
                   {"incarnation", e.about.incarnation.value()},
                   {"via", to_string(e.source.kind)},
                   {"peer", peer}});
    }
    void operator()(const membership::MemberUpdated& e) const {
        log.write(Level::debug, kMembership, "updated",
                  e.about.name + " announced new metadata at " + place_of(e.about),
                  {{"member", e.about.name},
                   {"address", place_of(e.about)},
                   {"incarnation", e.about.incarnation.value()}});
    }
    void operator()(const membership::MemberSuspected& e) const {
        const std::string place = place_of(e.about);
        const std::string peer = peer_of(e.source);
        const std::string accuser = accuser_of(e.from, e.source);
        std::vector<LogField> fields{
            {"member", e.about.name},
            {"address", place},
            {"from", accuser},
            {"cause", e.evidence ? to_string(e.evidence->ping) : "accused"},
            {"incarnation", e.about.incarnation.value()},
            {"via", to_string(e.source.kind)},
            {"peer", peer}};
        if (e.evidence) append_fields(fields, *e.evidence);
        write_change(kMembership, "member-suspected",
                     "suspecting " + e.about.name + ": " +
                         (e.evidence ? words_of(*e.evidence)
                                     : "accused" + words_for_accuser(e.from, e.source)),
                     fields);
    }
    void operator()(const membership::SuspicionCleared& e) const {
        const std::string peer = peer_of(e.source);
        const std::vector<LogField> fields{{"member", e.about.name},
                                           {"incarnation", e.about.incarnation.value()},
                                           {"via", to_string(e.source.kind)},
                                           {"peer", peer}};
        write_change(kMembership, "suspicion-cleared",
                     "no longer suspecting " + e.about.name + ": it is alive", fields);
    }
    void operator()(const membership::MemberFailed& e) const {
        const std::string peer = peer_of(e.source);
        log.write(Level::debug, kMembership, "dead",
                  e.about.name + " declared dead by " + e.from +
                      (e.vigil ? ": " + words_of(*e.vigil) : ""),
                  {{"member", e.about.name},
                   {"from", e.from},
                   {"incarnation", e.about.incarnation.value()},
                   {"via", to_string(e.source.kind)},
                   {"peer", peer}});
    }
    void operator()(const membership::MemberLeft& e) const {
        const std::string peer = peer_of(e.source);
        log.write(Level::debug, kMembership, "left", e.about.name + " announced its leave",
                  {{"member", e.about.name},
                   {"incarnation", e.about.incarnation.value()},
                   {"via", to_string(e.source.kind)},
                   {"peer", peer}});
    }
    void operator()(const membership::MemberReaped& e) const {
        log.write(Level::debug, kMembership, "forgotten", e.name + " is no longer gossiped to",
                  {{"member", e.name}});
    }
    void operator()(const membership::NameConflict& e) const {
        const auto held = owner.conflicts_.pass(now);
        if (!held) return;
        const std::string other = place_of(e.other_address, e.other_port);
        log.write(Level::warn, kMembership, "name-conflict",
                  "node at " + other + " has the same name as member " + e.existing.name + " at " +
                      place_of(e.existing) + "; ignored" + and_more(*held),
                  {{"member", e.existing.name},
                   {"address", place_of(e.existing)},
                   {"other", other},
                   {"held_back", *held}});
    }
    void operator()(const membership::Refuted& e) const {
        const auto held = owner.refutations_.pass(now);
        if (!held) return;
        const std::string claim{to_string(e.claim)};
        const std::string accuser = accuser_of(e.from, e.source);
        const std::string peer = peer_of(e.source);
        log.write(Level::warn, kMembership, "refuted",
                  "refuted the claim '" + claim + "' about this member" +
                      words_for_accuser(e.from, e.source) + and_more(*held),
                  {{"member", owner.self_},
                   {"claim", claim},
                   {"from", accuser},
                   {"accused", e.accused.value()},
                   {"incarnation", e.now.value()},
                   {"via", to_string(e.source.kind)},
                   {"peer", peer},
                   {"held_back", *held}});
    }
    void operator()(const membership::ProbeEnded& e) const {
        using membership::ProbeOutcome;
        const bool usual = e.outcome == ProbeOutcome::acked;
        const Level level = usual ? Level::trace : Level::debug;
        if (!log.wants(level)) return;
        const auto member = members.find(e.member);
        const std::string name{member ? member->name() : "(gone)"};
        std::string text = "probe of " + name + ": " + std::string{to_string(e.outcome)} +
                           " after " + std::to_string(milliseconds_of(e.took)) + " ms";
        if (e.relays_asked > 0) {
            text += ", " + std::to_string(e.relays_asked) + " relays asked, " +
                    std::to_string(e.nacks_received) + " of " + std::to_string(e.nacks_expected) +
                    " nacks";
        }
        log.write(level, kMembership, "probe-ended", text,
                  {{"member", name},
                   {"outcome", to_string(e.outcome)},
                   {"took_ms", milliseconds_of(e.took)},
                   {"relays_asked", e.relays_asked},
                   {"nacks_expected", e.nacks_expected},
                   {"nacks_received", e.nacks_received},
                   {"health_score", e.health_score}});
    }
    void operator()(const membership::UdpBlocked& e) const {
        const auto held = owner.udp_blocked_.pass(now);
        if (!held) return;
        const bool from_here = e.ping == membership::DirectPing::no_route ||
                               e.ping == membership::DirectPing::not_sent;
        log.write(
            Level::warn, kMembership, "udp-blocked",
            e.about.name + " at " + place_of(e.about) + " answers by TCP and not by UDP: " +
                (from_here ? "UDP to it cannot be sent from here" + system_error_text(e.ping_error)
                           : "is UDP blocked on the way?") +
                and_more(*held),
            {{"member", e.about.name},
             {"address", place_of(e.about)},
             {"cause", to_string(e.ping)},
             {"held_back", *held}});
    }
    void operator()(const membership::SendsFailing& e) const {
        log.write(Level::warn, kMembership, "sends-failing",
                  "nothing can be sent from here, for " + std::to_string(milliseconds_of(e.since)) +
                      " ms" + system_error_text(e.error) +
                      "; other members will be declared failed",
                  {{"error", e.error}, {"since_ms", milliseconds_of(e.since)}});
    }
    void operator()(const membership::SendsRecovered& e) const {
        log.write(Level::warn, kMembership, "sends-recovered",
                  "sending works again, after " + std::to_string(milliseconds_of(e.lasted)) + " ms",
                  {{"lasted_ms", milliseconds_of(e.lasted)}});
    }
    void operator()(const membership::LinkTested& e) const {
        log.write(Level::info, kMembership, "link-tested",
                  "link to " + e.target.to_string() + ": " + std::to_string(e.acked) + " of " +
                      std::to_string(e.rounds) + " pings acked, stream " +
                      std::string{to_string(e.stream)},
                  {{"peer", e.target.to_string()},
                   {"member", e.name},
                   {"pings", e.rounds},
                   {"acked", e.acked},
                   {"acked_at_advertised", e.acked_at_advertised},
                   {"stream", std::string{to_string(e.stream)}},
                   {"relays_asked", e.relays_asked},
                   {"relays_acked", e.relays_acked},
                   {"packets_from", e.packets_from}});
    }
    void operator()(const membership::JoinAnswered& e) const {
        const std::string peer = e.peer.to_string();
        if (e.error.empty()) {
            log.write(Level::debug, kMembership, "join-answered",
                      (e.ourselves ? "reached this agent itself at " : "joined through ") + peer,
                      {{"peer", peer}});
        } else {
            log.write(Level::debug, kMembership, "join-refused",
                      "could not join through " + peer + ": " + e.error,
                      {{"peer", peer}, {"error", e.error}});
        }
    }
    void operator()(const membership::PauseDetected& e) const {
        log.write(Level::warn, kMembership, "paused",
                  "this process did not run for " + std::to_string(milliseconds_of(e.gap)) +
                      " ms; pending probes and suspicions are discarded",
                  {{"gap_ms", milliseconds_of(e.gap)}});
    }
    void operator()(const membership::MergeRefused& e) const {
        const auto held = owner.merges_refused_.pass(now);
        if (!held) return;
        const std::string peer = e.peer.to_string();
        log.write(Level::warn, kMembership, "merge-refused",
                  "refused the state of " + peer + ": " + e.reason + and_more(*held),
                  {{"peer", peer}, {"reason", e.reason}, {"held_back", *held}});
    }
    void operator()(const membership::Rejected& e) const {
        const auto cause = static_cast<std::size_t>(e.cause);
        const auto held = owner.rejected_[cause + (e.stream ? wire::kDecodeErrors : 0)].pass(now);
        if (!held) return;
        const std::string from = e.from.to_string();
        const std::string_view carrier = e.stream ? "stream" : "packet";
        log.write(Level::warn, kMembership, "rejected",
                  "refused a " + std::string{carrier} + " from " + from + ": " +
                      std::string{to_string(e.cause)},
                  {{"from", from},
                   {"cause", to_string(e.cause)},
                   {"carrier", carrier},
                   {"since_last", e.since_last + *held}});
    }
    // Logged as the Serf layer's events, below.
    void operator()(const membership::JoinFinished&) const {}
    void operator()(const membership::LeaveFinished&) const {}
    void operator()(const membership::UpdateFinished&) const {}

    void operator()(const serf::MemberEvent& e) const {
        const std::string kind{to_string(e.kind)};
        const std::string place = place_of(e.member.address, e.member.port);
        std::string text = kind + ": " + e.member.name + " at " + place;
        if (!e.from.empty()) text += ", declared dead by " + e.from;
        if (!e.accusers.empty()) text += " (" + words_of_accusers(e.accusers) + ")";
        if (e.by_intent) text += ", removed by a leave intent (force-leave), not by its own leave";
        const auto [source, vigil] = causes.of(e);
        if (vigil != nullptr) text += "; " + words_of(*vigil);
        const std::string_view first{e.accusers.empty() ? std::string_view{} : e.accusers.front()};
        const std::string accusers = joined(e.accusers);
        const std::string peer = source == nullptr ? std::string{} : peer_of(*source);
        std::vector<LogField> fields{
            {"member", e.member.name},
            {"address", place},
            {"status", to_string(e.member.status)},
            {"from", e.from},
            {"suspected_by", first},
            {"confirmations", e.accusers.empty() ? 0 : e.accusers.size() - 1},
            {"accusers", accusers},
            {"by_intent", std::string_view{e.by_intent ? "true" : "false"}}};
        if (source != nullptr) {
            fields.emplace_back("via", to_string(source->kind));
            fields.emplace_back("peer", peer);
        }
        if (vigil != nullptr) append_fields(fields, *vigil);
        write_change(kSerfLayer, kind, text, fields);
    }
    // Of a flood the outputs get so many a second, and a number.
    void write_change(std::string_view component, std::string_view event, std::string_view text,
                      std::span<const LogField> fields) const {
        const bool passes = owner.flood_of(event).pass(now);
        log.write(Level::info, component, event, text, fields,
                  passes ? LineTo::all : LineTo::memory);
    }
    void operator()(const serf::JoinFinished& e) const {
        log.write(Level::debug, kSerfLayer, "join-finished",
                  "join finished: " + std::to_string(e.contacted) + " contacted, " +
                      std::to_string(e.failed) + " failed",
                  {{"contacted", e.contacted}, {"failed", e.failed}});
    }
    void operator()(const serf::ForceLeaveFinished& e) const {
        if (!e.timed_out) return;
        log.write(Level::warn, kSerfLayer, "broadcast-timed-out",
                  "a force-leave was not broadcast in time");
    }
    void operator()(const serf::TagsFinished& e) const {
        if (!e.timed_out) return;
        log.write(Level::warn, kSerfLayer, "broadcast-timed-out",
                  "new tags were not broadcast in time");
    }
    void operator()(const serf::LeaveFinished&) const {
        log.write(Level::info, kSerfLayer, "leave-finished", "left the cluster");
    }
    void operator()(const serf::MessageRejected& e) const {
        const auto held = owner.messages_rejected_.pass(now);
        if (!held) return;
        log.write(Level::warn, kSerfLayer, "message-rejected",
                  "refused a message of type " + std::to_string(e.type) + ": " + e.reason +
                      and_more(e.since_last - 1 + *held),
                  {{"type", e.type}, {"reason", e.reason}, {"since_last", e.since_last + *held}});
    }
    void operator()(const serf::UserEventReceived& e) const {
        if (!log.wants(Level::debug)) return;
        log.write(Level::debug, kSerfLayer, "user-event", "user event: " + e.name,
                  {{"name", e.name},
                   {"ltime", e.time.value()},
                   {"coalesce", e.coalesce},
                   {"bytes", e.payload.size()},
                   {"payload", as_text(e.payload)}});
    }
    void operator()(const serf::QueryReceived& e) const {
        if (!log.wants(Level::debug)) return;
        log.write(Level::debug, kSerfLayer, "query", "query: " + e.name + " from " + e.source,
                  {{"query", e.name},
                   {"ltime", e.time.value()},
                   {"from", e.source},
                   {"bytes", e.payload.size()},
                   {"payload", as_text(e.payload)}});
    }
    void operator()(const serf::BuiltInQueryReceived& e) const {
        const auto held = owner.built_in_queries_.pass(now);
        if (!held) return;
        log.write(Level::debug, kSerfLayer, "built-in-query",
                  "built-in query: " + e.name + " from " + e.source + and_more(*held),
                  {{"query", e.name}, {"from", e.source}, {"held_back", *held}});
    }
    // Answers to a control client, not logged.
    void operator()(const serf::QueryAcked&) const {}
    void operator()(const serf::QueryAnswered&) const {}
    void operator()(const serf::QueryFinished&) const {}
    void operator()(const serf::KeyCommandFinished&) const {}
    // Commands without effect are rate limited: without encryption any host can send them.
    void operator()(const serf::KeyCommandHandled& e) const {
        if (e.changed) return write_key_command(e, Level::info, "keyring-changed", 0);
        const bool refused = !e.refused.empty();
        LineGate& gate = refused ? owner.keys_refused_ : owner.keys_unchanged_;
        const auto held = gate.pass(now);
        if (!held) return;
        const bool list = e.command == serf::KeyCommand::list;
        write_key_command(e, refused ? Level::warn : Level::info,
                          refused ? "key-command-refused"
                          : list  ? "keys-listed"
                                  : "keyring-unchanged",
                          *held);
    }
    void write_key_command(const serf::KeyCommandHandled& e, Level level, std::string_view event,
                           std::uint64_t held) const {
        const std::string place = place_of(e.address, e.port);
        const std::string from = e.asked_by_us ? "control client" : e.source;
        const std::string requester =
            e.asked_by_us ? "a control client of this agent" : e.source + " at " + place;
        log.write(level, kSerfLayer, event,
                  words_of(e) + "; requested by " + requester + and_more(held),
                  {{"operation", operation_of(e.command)},
                   {"fingerprint", e.fingerprint},
                   {"from", from},
                   {"address", e.asked_by_us ? std::string{} : place},
                   {"error", e.refused},
                   {"held_back", held}});
    }
    void operator()(const serf::KeyringChanged&) const {}
    void operator()(const serf::TimingsTuned& e) const { owner.tunings_.write(log, now, e); }
    void operator()(const serf::NameConflictDecided& e) const {
        const char* const id = e.outvoted ? "name-outvoted" : e.kept ? "name-kept" : "name-lost";
        const std::string other = place_of(e.other_address, e.other_port);
        log.write(e.kept && !e.outvoted ? Level::warn : Level::err, kSerfLayer, id,
                  words_of(e, other),
                  {{"other", other}, {"for_us", e.for_us}, {"answers", e.answers}});
    }
};

FloodGate& EventLog::flood_of(std::string_view event) {
    const auto known = floods_.find(event);
    if (known != floods_.end()) return known->second;
    return floods_.emplace(event, FloodGate{kChangesPerSecond}).first->second;
}

void EventLog::report_floods(Time now) {
    for (auto& [event, gate] : floods_) {
        const std::uint64_t lines = gate.take_left_out(now);
        if (lines == 0) continue;
        log_.write(Level::info, kSerfLayer, "lines-left-out",
                   "and " + std::to_string(lines) + " more " + event + " lines were left out",
                   {{"kind", event}, {"left_out", lines}});
    }
}

void EventLog::write(Time now, const serf::Serf::Outbox& out,
                     const membership::MemberTable& members) {
    report_floods(now);
    // Most calls report no change of a member, and need no causes.
    const bool changes = std::ranges::any_of(out.serf_events(), [](const serf::Event& event) {
        return std::holds_alternative<serf::MemberEvent>(event);
    });
    const Causes causes{changes ? out.events() : std::span<const membership::Event>{}};
    const Writer writer{*this, log_, now, members, causes};
    for (const membership::Event& event : out.events()) std::visit(writer, event);
    for (const serf::Event& event : out.serf_events()) std::visit(writer, event);
}

}  // namespace rollcall::agent

// SPDX-License-Identifier: Apache-2.0
#include "agent/journal/sightings.h"

#include <utility>

namespace rollcall::agent {

void Sightings::handle(Time now, const membership::Event& event) {
    using membership::ProbeOutcome;
    if (const auto* const probe = std::get_if<membership::ProbeEnded>(&event)) {
        const bool acked = probe->outcome == ProbeOutcome::acked ||
                           probe->outcome == ProbeOutcome::acked_by_relay ||
                           probe->outcome == ProbeOutcome::acked_by_stream;
        if (!acked) return;
        const std::size_t slot = probe->member.slot();
        if (slot >= acks_.size()) acks_.resize(slot + 1);
        acks_[slot] = Slot{probe->member, {now, probe->took}};
    } else if (const auto* const suspected = std::get_if<membership::MemberSuspected>(&event)) {
        changed(now, suspected->about.name, suspected->from);
    } else if (const auto* const failed = std::get_if<membership::MemberFailed>(&event)) {
        changed(now, failed->about.name, failed->from);
    } else if (const auto* const left = std::get_if<membership::MemberLeft>(&event)) {
        changed(now, left->about.name, "");
    } else if (const auto* const cleared = std::get_if<membership::SuspicionCleared>(&event)) {
        changes_.erase(cleared->about.name);
    } else if (const auto* const joined = std::get_if<membership::MemberJoined>(&event)) {
        changes_.erase(joined->about.name);
    }
}

void Sightings::handle(const serf::MemberEvent& event) {
    if (event.kind == serf::MemberEventKind::reap) changes_.erase(event.member.name);
}

std::optional<Sightings::Ack> Sightings::last_ack(MemberId member) const {
    const std::size_t slot = member.slot();
    if (slot >= acks_.size() || !acks_[slot] || acks_[slot]->member != member) return {};
    return acks_[slot]->ack;
}

const Sightings::Change* Sightings::last_change(std::string_view member) const {
    const auto found = changes_.find(member);
    return found == changes_.end() ? nullptr : &found->second;
}

void Sightings::changed(Time now, const std::string& member, std::string by) {
    changes_.insert_or_assign(member, Change{now, std::move(by)});
}

}  // namespace rollcall::agent

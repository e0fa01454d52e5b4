// SPDX-License-Identifier: Apache-2.0
#include "serf/members.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "serf/tags.h"
#include "serf/view_checksum.h"

namespace rollcall::serf {
namespace {

void update(Member& member, const MemberView& view) {
    member.address = view.address;
    member.port = view.port;
    member.meta.assign(view.meta);
    member.versions = view.versions;
}

}  // namespace

MemberRecord Member::record() const {
    return {.name = name,
            .address = address,
            .port = port,
            .tags = decode_tags(as_bytes(meta)),
            .status = status,
            .versions = versions};
}

Effect Members::up(Time now, const MemberView& view, std::optional<Intent> waiting,
                   Duration flap_timeout) {
    if (Member* known = find(view.name)) {
        const bool flapped =
            known->status == Status::failed && now - known->departed < flap_timeout;
        update(*known, view);
        Effect effect = apply(now, *known, StatusInput::up);
        effect.flapped = flapped;
        return effect;
    }
    auto fresh = std::make_unique<Member>();
    fresh->name = view.name;
    fresh->place = static_cast<std::uint32_t>(all_.size());
    update(*fresh, view);
    Member& member = *fresh;
    all_.push_back(std::move(fresh));
    by_name_.emplace(member.name, &member);
    ++counts_[static_cast<std::size_t>(Status::none)];
    set_status(member, Status::alive);
    if (waiting) {
        member.status_time = waiting->time;
        if (waiting->kind == IntentKind::leave) {
            set_status(member, Status::leaving);
            member.leaving_since = now;
        }
    }
    return {.fresh = true, .event = MemberEventKind::join};
}

Effect Members::down(Time now, std::string_view name) {
    Member* member = find(name);
    if (member == nullptr) return {.known = false};
    return apply(now, *member, StatusInput::down);
}

Effect Members::gone(Time now, std::string_view name) {
    Member* member = find(name);
    if (member == nullptr) return {.known = false};
    return apply(now, *member, StatusInput::gone);
}

Effect Members::changed(const MemberView& view) {
    Member* member = find(view.name);
    if (member == nullptr) return {.known = false};
    update(*member, view);
    return apply(Time{}, *member, StatusInput::changed);  // not a departure, so no time is needed
}

Effect Members::apply_intent(Time now, std::string_view name, Intent intent) {
    Member* member = find(name);
    if (member == nullptr) return {.known = false};
    if (intent.time <= member->status_time) return {};
    // The time advances even when the status does not change, or two intents would circulate
    // indefinitely.
    member->status_time = intent.time;
    member->local_leave = false;  // this one came from another member, so others know it
    return apply(
        now, *member,
        intent.kind == IntentKind::join ? StatusInput::join_intent : StatusInput::leave_intent);
}

bool Members::on_probe_answered(Time now, std::string_view name) {
    Member* member = find(name);
    if (member == nullptr) return false;
    member->answered = true;
    if (member->status != Status::leaving) return false;
    if (!member->local_leave && now - member->leaving_since < kLongestLeave) return false;
    set_status(*member, Status::alive);
    return true;
}

// Rule I1.
Effect Members::apply(Time now, Member& member, StatusInput input) {
    const Change change = change_by(member.status, input);
    if (!change.applies) return {};
    if (change.departed) member.departed = now;
    if (change.status == Status::leaving && member.status != Status::leaving) {
        member.leaving_since = now;
    }
    set_status(member, change.status);
    return {.fresh = true, .event = change.event};
}

void Members::set_status(Member& member, Status status) {
    if (member.status == status) return;
    --counts_[static_cast<std::size_t>(member.status)];
    ++counts_[static_cast<std::size_t>(status)];
    if (is_up(member.status) != is_up(status)) {
        view_ += view_share(member.name, status) - view_share(member.name, member.status);
    }
    if (std::vector<Member*>* list = list_of(member.status)) {
        (*list)[member.list_place] = list->back();
        list->back()->list_place = member.list_place;
        list->pop_back();
    }
    member.status = status;
    if (status != Status::leaving) member.local_leave = false;
    if (std::vector<Member*>* list = list_of(status)) {
        member.list_place = static_cast<std::uint32_t>(list->size());
        list->push_back(&member);
    }
}

void Members::forget_times_from(LamportTime time) {
    const LamportTime latest{time.value() > 0 ? time.value() - 1 : 0};
    for (const auto& member : all_) member->status_time = std::min(member->status_time, latest);
}

void Members::erase(std::string_view name) {
    Member* member = find(name);
    ROLLCALL_CHECK(member != nullptr);
    set_status(*member, Status::none);
    --counts_[static_cast<std::size_t>(Status::none)];
    by_name_.erase(member->name);
    const std::uint32_t place = member->place;
    if (place + 1 != all_.size()) {
        std::swap(all_[place], all_.back());
        all_[place]->place = place;
    }
    all_.pop_back();
}

Member* Members::find(std::string_view name) {
    const auto known = by_name_.find(name);
    return known == by_name_.end() ? nullptr : known->second;
}

const Member* Members::find(std::string_view name) const {
    const auto known = by_name_.find(name);
    return known == by_name_.end() ? nullptr : known->second;
}

std::vector<Member*>* Members::list_of(Status status) {
    if (status == Status::failed) return &failed_;
    if (status == Status::left) return &left_;
    return nullptr;
}

}  // namespace rollcall::serf

// SPDX-License-Identifier: Apache-2.0
#include "serf/members.h"

#include <utility>

#include "base/check.h"
#include "serf/tags.h"

namespace rollcall::serf {
namespace {

void take_sighting(Member& member, const Sighting& seen) {
    member.address = seen.address;
    member.port = seen.port;
    member.meta.assign(seen.meta);
    member.versions = seen.versions;
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

Effect Members::up(Time now, const Sighting& seen, std::optional<Intent> waiting,
                   Duration flap_timeout) {
    if (Member* known = find(seen.name)) {
        const bool flapped =
            known->status == Status::failed && now - known->departed < flap_timeout;
        take_sighting(*known, seen);
        Effect effect = apply(now, *known, News::up);
        effect.flapped = flapped;
        return effect;
    }
    auto fresh = std::make_unique<Member>();
    fresh->name = seen.name;
    fresh->place = static_cast<std::uint32_t>(all_.size());
    take_sighting(*fresh, seen);
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
    return apply(now, *member, News::down);
}

Effect Members::gone(Time now, std::string_view name) {
    Member* member = find(name);
    if (member == nullptr) return {.known = false};
    return apply(now, *member, News::gone);
}

Effect Members::changed(const Sighting& seen) {
    Member* member = find(seen.name);
    if (member == nullptr) return {.known = false};
    take_sighting(*member, seen);
    return apply(Time{}, *member, News::changed);  // departs nobody, so no time is needed
}

Effect Members::intend(Time now, std::string_view name, Intent intent) {
    Member* member = find(name);
    if (member == nullptr) return {.known = false};
    if (intent.time <= member->status_time) return {};
    // The time moves even when the status does not, or two intents would chase each other for ever.
    member->status_time = intent.time;
    member->untold_leave = false;  // this one came from somebody, so others know it too
    return apply(now, *member,
                 intent.kind == IntentKind::join ? News::join_intent : News::leave_intent);
}

bool Members::answered(Time now, std::string_view name, Duration longest_leave) {
    Member* member = find(name);
    if (member == nullptr || member->status != Status::leaving) return false;
    if (!member->untold_leave && now - member->leaving_since < longest_leave) return false;
    set_status(*member, Status::alive);
    return true;
}

// Rule I1.
Effect Members::apply(Time now, Member& member, News news) {
    const Change change = change_by(member.status, news);
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
    if (std::vector<Member*>* list = list_of(member.status)) {
        (*list)[member.list_place] = list->back();
        list->back()->list_place = member.list_place;
        list->pop_back();
    }
    member.status = status;
    if (status != Status::leaving) member.untold_leave = false;
    if (std::vector<Member*>* list = list_of(status)) {
        member.list_place = static_cast<std::uint32_t>(list->size());
        list->push_back(&member);
    }
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

// SPDX-License-Identifier: Apache-2.0
#include "sim/papers/fast/illness.h"

#include <span>
#include <string>

#include "base/check.h"
#include "sim/world/latency.h"

namespace rollcall::sim::papers {
namespace {

using namespace std::chrono_literals;

constexpr double kMostOfIt = 0.9;  // what a deaf or a mute member loses
constexpr Duration kFastestWork = 75ms, kSlowestWork = 225ms;

Duration drawn_part(Rng& dice, Duration whole) {
    return Duration{
        static_cast<Duration::rep>(dice.below(static_cast<std::uint64_t>(whole.count())))};
}

}  // namespace

void Ward::afflict(const std::vector<std::size_t>& who, const Illness& illness) {
    if (illness.kind == Illness::Kind::none) return;
    for (const std::size_t one : who) {
        if (illness.well == Duration{}) {
            fall_ill(one, illness.kind);
            continue;
        }
        cluster_.after(drawn_part(dice_, illness.ill + illness.well),
                       [this, one, illness] { take_turns(one, illness, true); });
    }
}

void Ward::take_turns(std::size_t who, const Illness& illness, bool ill) {
    ill ? fall_ill(who, illness.kind) : recover(who, illness.kind);
    cluster_.after(ill ? illness.ill : illness.well,
                   [this, who, illness, ill] { take_turns(who, illness, !ill); });
}

void Ward::fall_ill(std::size_t who, Illness::Kind kind) {
    auto& member = *cluster_.nodes()[who];
    if (!member.running()) return;
    switch (kind) {
        case Illness::Kind::none:
            return;
        case Illness::Kind::stopped:
            return member.pause();
        case Illness::Kind::frozen:
            return member.freeze();
        case Illness::Kind::slow: {
            const auto work = Latency::uniform(kFastestWork, kSlowestWork);
            ROLLCALL_CHECK(static_cast<bool>(work));
            return member.input().set_service_time(*work);
        }
        case Illness::Kind::deaf:
            return cluster_.links().set_host_loss(member.name(), {.ingress = kMostOfIt});
        case Illness::Kind::mute:
            return cluster_.links().set_host_loss(member.name(), {.egress = kMostOfIt});
        case Illness::Kind::isolated:
            return cluster_.links().set_host_loss(member.name(), {.egress = 1, .ingress = 1});
        case Illness::Kind::cut_from_half:
            return cut(who, 0.5, true);
        case Illness::Kind::cut_from_most:
            return cut(who, 0.8, true);
    }
}

void Ward::recover(std::size_t who, Illness::Kind kind) {
    auto& member = *cluster_.nodes()[who];
    switch (kind) {
        case Illness::Kind::none:
            return;
        case Illness::Kind::stopped:
            if (member.paused()) member.resume();
            return;
        case Illness::Kind::frozen:
            if (member.frozen()) member.thaw();
            return;
        case Illness::Kind::slow:
            return member.input().set_service_time({});
        case Illness::Kind::deaf:
        case Illness::Kind::mute:
        case Illness::Kind::isolated:
            return cluster_.links().set_host_loss(member.name(), {});
        case Illness::Kind::cut_from_half:
            return cut(who, 0.5, false);
        case Illness::Kind::cut_from_most:
            return cut(who, 0.8, false);
    }
}

void Ward::cut(std::size_t who, double share, bool cut) {
    std::vector<std::size_t> others;
    for (std::size_t i = 0; i < cluster_.nodes().size(); ++i) {
        if (i != who) others.push_back(i);
    }
    // The same half each time, so that mending ends what the cut began.
    Rng order{who};
    order.shuffle(std::span{others});
    others.resize(static_cast<std::size_t>(share * static_cast<double>(others.size())));
    std::vector<std::string> names;
    names.reserve(others.size());
    for (const std::size_t i : others) names.push_back(cluster_.nodes()[i]->name());
    const std::vector<std::string> me = {cluster_.nodes()[who]->name()};
    cut ? cluster_.links().cut_between(me, names) : cluster_.links().mend_between(me, names);
}

}  // namespace rollcall::sim::papers

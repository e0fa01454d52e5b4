// SPDX-License-Identifier: Apache-2.0
#include "sim/program/report/words.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <variant>

#include "sim/scenario/language/numbers.h"
#include "sim/scenario/language/units.h"

namespace rollcall::sim {
namespace {

std::string percent(double share) {
    return number(std::round(share * 1e4) / 100) + " %";
}
// "n1 crashes", "n1, n2 crash".
std::string verb(const Nodes& who, const std::string& one, const std::string& many) {
    return node_list(who) + " " + (who.size() == 1 ? one : many);
}
Nodes both(const Nodes& a, const Nodes& b) {
    Nodes all;
    std::ranges::set_union(a, b, std::back_inserter(all));
    return all;
}
std::string describe(const LinkQuality& quality) {
    std::string text;
    const auto add = [&](const std::string& part) { text += (text.empty() ? "" : ", ") + part; };
    if (quality.latency) {
        add("a drawn latency");
    } else if (quality.latency_min == quality.latency_max) {
        add("latency " + about(quality.latency_min));
    } else {
        add("latency " + about(quality.latency_min) + " to " + about(quality.latency_max));
    }
    add(quality.loss > 0 ? "loss " + percent(quality.loss) : "no loss");
    if (quality.bursts) add("loss in bursts");
    if (quality.duplication > 0) add("duplication " + percent(quality.duplication));
    if (quality.reordering > 0) add("reordering " + percent(quality.reordering));
    if (quality.mtu != LinkQuality{}.mtu) add("MTU " + std::to_string(quality.mtu));
    return text;
}

struct StepDescriber {
    StepWords operator()(const action::Crash& a) const {
        return {verb(a.who, "crashes", "crash"), a.who};
    }
    StepWords operator()(const action::Kill& a) const {
        return {"the " + std::string{a.who.size() == 1 ? "process" : "processes"} + " of " +
                    verb(a.who, "ends", "end"),
                a.who};
    }
    StepWords operator()(const action::Start& a) const {
        return {verb(a.who, "starts", "start"), a.who};
    }
    StepWords operator()(const action::Restart& a) const {
        std::string how;
        if (a.new_name) how += " under a new name";
        if (a.new_address) how += " at a new address";
        if (a.address_of != 0) how += " at the address of n" + std::to_string(a.address_of);
        return {verb(a.who, "restarts", "restart") + how, a.who};
    }
    StepWords operator()(const action::Readdress& a) const {
        return {verb(a.who, "gets", "get") + " a new address", a.who};
    }
    StepWords operator()(const action::Join& a) const {
        return {verb(a.who, "joins", "join") + " through n" + std::to_string(a.via), a.who};
    }
    StepWords operator()(const action::Leave& a) const {
        return {verb(a.who, "leaves", "leave"), a.who};
    }
    StepWords operator()(const action::Pause& a) const {
        return {verb(a.who, "is paused", "are paused"), a.who};
    }
    StepWords operator()(const action::Resume& a) const {
        return {verb(a.who, "continues", "continue"), a.who};
    }
    StepWords operator()(const action::Freeze& a) const {
        return {verb(a.who, "freezes with its host", "freeze with their hosts"), a.who};
    }
    StepWords operator()(const action::Thaw& a) const {
        return {verb(a.who, "thaws", "thaw"), a.who};
    }
    StepWords operator()(const action::Slow& a) const {
        if (a.service_time == Duration{}) {
            return {verb(a.who, "is no longer slow", "are no longer slow"), a.who};
        }
        return {verb(a.who, "needs ", "need ") + about(a.service_time) + " per packet", a.who};
    }
    StepWords operator()(const action::Block& a) const {
        if (a.blocked == Duration{}) {
            return {verb(a.who, "is no longer blocked", "are no longer blocked"), a.who};
        }
        return {verb(a.who, "is blocked for ", "are blocked for ") + about(a.blocked) +
                    ", then running for " + about(a.running) + ", in turns",
                a.who};
    }
    StepWords operator()(const action::Drift& a) const {
        if (a.parts_per_million == 0) {
            return {"the clock of " + verb(a.who, "keeps", "keep") + " correct time again", a.who};
        }
        return {"the clock of " + verb(a.who, "drifts", "drift") + " by " +
                    number(a.parts_per_million) + " ppm",
                a.who};
    }
    StepWords operator()(const action::ClockJump& a) const {
        return {"the clock of " + verb(a.who, "jumps", "jump") + " forward by " + about(a.forward),
                a.who};
    }
    StepWords operator()(const action::Partition& a) const {
        std::string groups;
        for (const Nodes& group : a.groups) {
            groups += (groups.empty() ? "" : " | ") + node_list(group);
        }
        return {"the network splits: " + groups, {}, true};
    }
    StepWords operator()(const action::Cut& a) const {
        if (a.because) {
            return {node_list(a.from) + " cannot send to " + node_list(a.to), both(a.from, a.to)};
        }
        return {"the link from " + node_list(a.from) + " to " + node_list(a.to) + " is cut",
                both(a.from, a.to)};
    }
    StepWords operator()(const action::Mend& a) const {
        return {"the link from " + node_list(a.from) + " to " + node_list(a.to) + " is restored",
                both(a.from, a.to)};
    }
    StepWords operator()(const action::SetLinks& a) const {
        return {"all links: " + describe(a.quality), {}, true};
    }
    StepWords operator()(const action::SetLink& a) const {
        return {"links from " + node_list(a.from) + " to " + node_list(a.to) + ": " +
                    describe(a.quality),
                both(a.from, a.to)};
    }
    StepWords operator()(const action::HostLoss& a) const {
        if (a.ingress == 0 && a.egress == 0) {
            return {verb(a.who, "recovers: it no longer loses", "recover: they no longer lose") +
                        " packets",
                    a.who};
        }
        std::string lost;
        if (a.ingress > 0) lost = percent(a.ingress) + " of received packets";
        if (a.egress > 0) {
            lost += (lost.empty() ? "" : " and ") + percent(a.egress) + " of sent packets";
        }
        return {verb(a.who, "loses ", "lose ") + lost, a.who};
    }
    StepWords operator()(const action::Narrow& a) const {
        const auto [in, out] = std::pair{a.bandwidth.ingress, a.bandwidth.egress};
        if (in == 0 && out == 0) {
            return {verb(a.who, "has", "have") + " full bandwidth again", a.who};
        }
        std::string limit;
        if (in > 0) limit = "receive at most " + rate_text(in);
        if (out > 0) limit += (in > 0 ? " and send at most " : "send at most ") + rate_text(out);
        return {verb(a.who, "can ", "can ") + limit, a.who};
    }
    StepWords operator()(const action::Heal&) const { return {"all network faults end", {}, true}; }
    StepWords operator()(const action::UpdateMeta& a) const {
        return {verb(a.who, "announces", "announce") + " new metadata", a.who};
    }
    StepWords operator()(const action::SendEvent& a) const {
        return {verb(a.who, "sends", "send") + " a user event", a.who};
    }
    StepWords operator()(const action::SendQuery& a) const {
        return {verb(a.who, "sends", "send") + " a query", a.who};
    }
    StepWords operator()(const action::RotateKeys& a) const {
        return {verb(a.who, "replaces", "replace") + " all keys with key " + std::to_string(a.key),
                a.who};
    }
    StepWords operator()(const action::Tune& a) const {
        std::string values;
        for (const std::string& value : a.values) values += " " + value;
        return {verb(a.who, "is", "are") + " to take" + values + " for " + about(a.revert_after),
                a.who};
    }
    StepWords operator()(const action::Attack& a) const {
        return {"the adversary begins: " + attack_text(a.kind) + " on " + node_list(a.who) + ", " +
                    std::to_string(a.rate) + " a second",
                a.who};
    }
    StepWords operator()(const action::Retreat& a) const {
        return {"the adversary ends: " + (a.kind ? attack_text(*a.kind) : "all attacks"), {}, true};
    }
};

int weight_of(const Action& action) {
    struct {
        int operator()(const action::Crash&) const { return 3; }
        int operator()(const action::Kill&) const { return 3; }
        int operator()(const action::Leave&) const { return 3; }
        int operator()(const action::Partition&) const { return 3; }
        int operator()(const action::Cut&) const { return 3; }
        int operator()(const action::Mend&) const { return 3; }
        int operator()(const action::Heal&) const { return 3; }
        int operator()(const action::Drift&) const { return 1; }
        int operator()(const action::UpdateMeta&) const { return 1; }
        int operator()(const action::SendEvent&) const { return 1; }
        int operator()(const action::SendQuery&) const { return 1; }
        int operator()(const Action&) const { return 2; }
    } weight;
    return std::visit([&](const auto& one) { return weight(one); }, action);
}

// Events of a node about itself; "" for events about others.
struct OwnEventDescriber {
    std::string operator()(const membership::Refuted& e) const {
        const std::string accused = std::to_string(e.accused.value());
        std::string claim;
        switch (e.claim) {
            case membership::ClaimKind::alive:
                claim = "refutes an alive claim that is not its own";
                break;
            case membership::ClaimKind::suspect:
                claim = "refutes a suspicion by " + e.from;
                break;
            case membership::ClaimKind::dead:
            case membership::ClaimKind::leave:
                claim = "refutes its death, declared by " + e.from;
                break;
        }
        return claim + " (incarnation " + accused + "): it is alive, incarnation " +
               std::to_string(e.now.value());
    }
    std::string operator()(const membership::PauseDetected& e) const {
        return "detects that it did not run for " + about(e.gap);
    }
    std::string operator()(const membership::JoinAnswered& e) const {
        return e.error.empty() ? "joins through " + e.peer.to_string()
                               : "cannot join " + e.peer.to_string() + ": " + e.error;
    }
    std::string operator()(const membership::LeaveFinished& e) const {
        return e.timed_out ? "has left, but the broadcast timed out" : "has left";
    }
    std::string operator()(const membership::UpdateFinished& e) const {
        return e.timed_out ? "has announced its metadata, but the broadcast timed out"
                           : "has announced its metadata";
    }
    std::string operator()(const membership::MergeRefused& e) const {
        return "refuses the state of " + e.peer.to_string() + ": " + e.reason;
    }
    std::string operator()(const membership::Rejected& e) const {
        return "rejects bytes from " + e.from.to_string() + ": " +
               std::string{wire::to_string(e.cause)};
    }
    template <class Other>
    std::string operator()(const Other&) const {
        return {};
    }
};

}  // namespace

StepWords words_of(const Action& action) {
    StepWords words = std::visit(StepDescriber{}, action);
    words.weight = weight_of(action);
    words.victims = words.who;
    if (const auto* split = std::get_if<action::Partition>(&action); split != nullptr) {
        // Of equal sides the last: schedules usually name the main side first.
        for (const Nodes& group : split->groups) {
            const bool smaller = words.victims.empty() || group.size() <= words.victims.size();
            if (!group.empty() && smaller) words.victims = group;
        }
    } else if (const auto* cut = std::get_if<action::Cut>(&action); cut != nullptr) {
        words.victims = cut->to.size() <= cut->from.size() ? cut->to : cut->from;
    }
    return words;
}

std::string words_of(const membership::Event& event) {
    return std::visit(OwnEventDescriber{}, event);
}

}  // namespace rollcall::sim

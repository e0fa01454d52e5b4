// SPDX-License-Identifier: Apache-2.0
#include "sim/scenario/language/write.h"

#include <charconv>
#include <cstdint>
#include <cstdio>
#include <utility>
#include <variant>

#include "sim/scenario/language/numbers.h"
#include "sim/scenario/language/settings.h"
#include "sim/scenario/language/units.h"

namespace rollcall::sim {
namespace {

// The shortest text that is parsed as the same number.
std::string share_text(double value) {
    char text[32];
    const auto [end, error] = std::to_chars(text, text + sizeof text, value);
    (void)error;  // 32 are enough for any double
    return {text, end};
}

std::string latency_text(const LinkQuality& links) {
    if (links.latency) return links.latency->words();
    if (links.latency_min == links.latency_max) return "constant " + exact(links.latency_min);
    return "uniform " + exact(links.latency_min) + ".." + exact(links.latency_max);
}

std::string bursts_text(const std::optional<Bursts>& bursts) {
    if (!bursts) return "off";
    return "good " + exact(bursts->good) + " bad " + exact(bursts->bad) + " loss " +
           share_text(bursts->loss_bad) + " else " + share_text(bursts->loss_good);
}

// The differences from `usual`; always the latency, so that the text is not empty.
std::string links_text(const LinkQuality& links, const LinkQuality& usual) {
    std::string text = "latency " + latency_text(links);
    if (links.loss != usual.loss) text += ", loss " + share_text(links.loss);
    if (const std::string bursts = bursts_text(links.bursts); bursts != bursts_text(usual.bursts)) {
        text += ", bursts " + bursts;
    }
    if (links.duplication != usual.duplication) {
        text += ", duplication " + share_text(links.duplication);
    }
    if (links.reordering != usual.reordering || links.reordering_delay != usual.reordering_delay) {
        text +=
            ", reordering " + share_text(links.reordering) + " by " + exact(links.reordering_delay);
    }
    if (links.mtu != usual.mtu) text += ", mtu " + std::to_string(links.mtu);
    return text;
}

struct ActionText {
    const LinkQuality& usual;

    std::string operator()(const action::Crash& a) const { return "crash " + node_list(a.who); }
    std::string operator()(const action::Kill& a) const { return "kill " + node_list(a.who); }
    std::string operator()(const action::Start& a) const { return "start " + node_list(a.who); }
    std::string operator()(const action::Restart& a) const {
        std::string text = "restart " + node_list(a.who);
        if (a.new_address) text += " at a new address";
        if (a.new_name) text += " under a new name";
        if (a.address_of != 0) text += " at the address of n" + std::to_string(a.address_of);
        return text;
    }
    std::string operator()(const action::Readdress& a) const {
        return "readdress " + node_list(a.who);
    }
    std::string operator()(const action::Join& a) const {
        return "join " + node_list(a.who) + " via n" + std::to_string(a.via);
    }
    std::string operator()(const action::Leave& a) const { return "leave " + node_list(a.who); }
    std::string operator()(const action::Pause& a) const { return "pause " + node_list(a.who); }
    std::string operator()(const action::Resume& a) const { return "resume " + node_list(a.who); }
    std::string operator()(const action::Freeze& a) const { return "freeze " + node_list(a.who); }
    std::string operator()(const action::Thaw& a) const { return "thaw " + node_list(a.who); }
    std::string operator()(const action::Slow& a) const {
        return "slow " + node_list(a.who) + " by " + exact(a.service_time);
    }
    std::string operator()(const action::Block& a) const {
        if (a.blocked == Duration{}) return "unblock " + node_list(a.who);
        std::string text = "block " + node_list(a.who) + " in turns of " + exact(a.blocked);
        if (a.running > Duration{}) text += ", running " + exact(a.running);
        return text;
    }
    std::string operator()(const action::Drift& a) const {
        return "drift " + node_list(a.who) + " by " +
               std::to_string(static_cast<long>(a.parts_per_million)) + "ppm";
    }
    std::string operator()(const action::ClockJump& a) const {
        return "jump " + node_list(a.who) + " by " + exact(a.forward);
    }
    std::string operator()(const action::Partition& a) const {
        std::string text = "partition";
        for (const Nodes& group : a.groups) {
            if (group.empty()) continue;
            text += text == "partition" ? " " : " | ";
            text += node_list(group);
        }
        return text;
    }
    std::string operator()(const action::Cut& a) const {
        if (a.because) {
            return "unsendable " + node_list(a.from) + " -> " + node_list(a.to) + " because " +
                   (*a.because == membership::SendError::local ? "local" : "no-route");
        }
        return "cut " + node_list(a.from) + " -> " + node_list(a.to);
    }
    std::string operator()(const action::Mend& a) const {
        return "mend " + node_list(a.from) + " -> " + node_list(a.to);
    }
    std::string operator()(const action::SetLinks& a) const {
        return "links " + links_text(a.quality, usual);
    }
    std::string operator()(const action::SetLink& a) const {
        return "link " + node_list(a.from) + " -> " + node_list(a.to) + " " +
               links_text(a.quality, usual);
    }
    std::string operator()(const action::HostLoss& a) const {
        return "loss " + node_list(a.who) + " in " + share_text(a.ingress) + ", out " +
               share_text(a.egress);
    }
    std::string operator()(const action::Narrow& a) const {
        return "bandwidth " + node_list(a.who) + " in " + rate_text(a.bandwidth.ingress) +
               ", out " + rate_text(a.bandwidth.egress) + ", queue " +
               std::to_string(a.bandwidth.queue);
    }
    std::string operator()(const action::Heal&) const { return "heal"; }
    std::string operator()(const action::SendEvent& a) const { return "event " + node_list(a.who); }
    std::string operator()(const action::SendQuery& a) const { return "query " + node_list(a.who); }
    std::string operator()(const action::RotateKeys& a) const {
        return "rotate " + node_list(a.who) + " to key " + std::to_string(a.key) +
               (a.without_failed ? " without failed" : "");
    }
    std::string operator()(const action::Tune& a) const {
        std::string text = "tune " + node_list(a.who) + " to ";
        for (const std::string& value : a.values) {
            text += (&value == &a.values.front() ? "" : ", ") + value;
        }
        return text + " undone after " + exact(a.revert_after);
    }
    std::string operator()(const action::UpdateMeta& a) const {
        return "update " + node_list(a.who);
    }
    std::string operator()(const action::Attack& a) const {
        return attack_text(a.kind) + " on " + node_list(a.who) + " at " + std::to_string(a.rate) +
               "/s";
    }
    std::string operator()(const action::Retreat& a) const {
        return a.kind ? "retreat from " + attack_text(*a.kind) : "retreat";
    }
};

// The profile that needs the fewest changed settings, and those settings.
std::string settings_text(const Scenario& scenario) {
    const std::pair<const char*, membership::Config> profiles[] = {
        {"lan", membership::Config::lan()},
        {"wan", membership::Config::wan()},
        {"local", membership::Config::local()},
        {"fast", membership::Config::fast()},
        {"fast-wan", membership::Config::fast_wan()}};
    std::string best;
    std::size_t fewest = SIZE_MAX;
    for (const auto& [name, config] : profiles) {
        Scenario usual;
        usual.profile = config;
        std::string text = "profile " + std::string{name} + "\n";
        std::size_t count = 0;
        for (const Setting& setting : settings()) {
            if (setting.serf && !scenario.serf) continue;
            const std::string value = value_of(scenario, setting);
            if (value == value_of(usual, setting)) continue;
            text += "set " + std::string{setting.name} + " " + value + "\n";
            ++count;
        }
        if (count < fewest) fewest = count, best = std::move(text);
    }
    return best;
}

std::string powers_text(const AdversaryPowers& powers) {
    std::string text;
    const auto add = [&](bool has, const char* word) {
        if (has) text += (text.empty() ? "" : ", ") + std::string{word};
    };
    add(powers.key, "key");
    add(powers.path, "path");
    add(powers.member, "member");
    return text.empty() ? "outside" : text;
}

std::string why_text(std::string_view why) {
    std::string text = "# SPDX-License-Identifier: Apache-2.0\n#\n";
    while (!why.empty()) {
        const std::size_t end = why.find('\n');
        text += "# " + std::string{why.substr(0, end)} + "\n";
        why.remove_prefix(end == std::string_view::npos ? why.size() : end + 1);
        if (!why.empty()) text += "#\n";
    }
    return text;
}

}  // namespace

std::string write_scenario(const Scenario& scenario) {
    std::string text = why_text(scenario.why);
    text += "nodes " + std::to_string(scenario.nodes) + "\n";
    if (scenario.serf) text += "core serf\n";
    text += settings_text(scenario);
    if (!scenario.published.empty()) text += "published " + node_list(scenario.published) + "\n";
    if (scenario.beginning == Beginning::alone) text += "begin alone\n";
    if (scenario.beginning == Beginning::stopped) text += "begin stopped\n";
    if (scenario.encrypted) text += "encryption on\n";
    if (scenario.adversary.present) text += "adversary " + powers_text(scenario.adversary) + "\n";
    text += "links " + links_text(scenario.links, LinkQuality{}) + "\n";
    if (scenario.wake_delay > Duration{}) text += "wake_delay " + exact(scenario.wake_delay) + "\n";
    text += "run " + exact(scenario.length) + "\n";
    if (scenario.healing > Duration{}) text += "healing " + exact(scenario.healing) + "\n";
    for (std::size_t i = 0; i < scenario.metrics.size(); ++i) {
        text += (i == 0 ? "figures " : ", ") + scenario.metrics[i];
    }
    if (!scenario.metrics.empty()) text += "\n";
    if (scenario.seed) text += "seed " + std::to_string(*scenario.seed) + "\n";
    if (scenario.hash) {
        char hash[32];
        std::snprintf(hash, sizeof hash, "hash 0x%016llx\n",
                      static_cast<unsigned long long>(*scenario.hash));
        text += hash;
    }
    if (!scenario.steps.empty()) text += "\n";
    for (const Step& step : scenario.steps) {
        text +=
            "at " + exact(step.at) + " " + std::visit(ActionText{scenario.links}, step.what) + "\n";
    }
    if (!scenario.expectations.empty()) text += "\n";
    for (const Expectation& e : scenario.expectations) text += "expect " + e.text + "\n";
    return text;
}

}  // namespace rollcall::sim

// SPDX-License-Identifier: Apache-2.0
#include "sim/cluster/named_links.h"

#include <cmath>
#include <utility>

#include "base/check.h"

namespace rollcall::sim {
namespace {

std::string listed(const std::vector<std::string>& names) {
    std::string text;
    for (const std::string& name : names) text += " " + name;
    return text;
}
std::string percent(double share) {
    return std::to_string(std::lround(share * 100)) + " %";
}

}  // namespace

void NamedLinks::partition(const std::vector<Names>& groups) {
    std::string text = "partition";
    std::vector<std::vector<HostId>> hosts;
    for (const Names& group : groups) {
        text += " |";
        auto& members = hosts.emplace_back();
        for (const std::string& name : group) {
            members.push_back(host_of(name));
            text += ' ' + name;
        }
    }
    note(std::move(text));
    network_.links().partition(hosts);
}

void NamedLinks::cut_one_way(std::string_view from, std::string_view to) {
    note("cut " + std::string{from} + " -> " + std::string{to});
    network_.links().cut_one_way(host_of(from), host_of(to));
}

void NamedLinks::mend_one_way(std::string_view from, std::string_view to) {
    note("mend " + std::string{from} + " -> " + std::string{to});
    network_.links().mend_one_way(host_of(from), host_of(to));
}

void NamedLinks::cut(std::string_view a, std::string_view b) {
    cut_between({std::string{a}}, {std::string{b}});
}

void NamedLinks::mend(std::string_view a, std::string_view b) {
    end_flapping(host_of(a), host_of(b));
    mend_between({std::string{a}}, {std::string{b}});
}

void NamedLinks::cut_groups_one_way(const Names& from, const Names& to, Links::Reason because) {
    note((because ? "unsendable" : "cut") + listed(from) + " ->" + listed(to));
    network_.links().cut_one_way(hosts_of(from), hosts_of(to), because);
}

void NamedLinks::mend_groups_one_way(const Names& from, const Names& to) {
    note("mend" + listed(from) + " ->" + listed(to));
    network_.links().mend_one_way(hosts_of(from), hosts_of(to));
}

void NamedLinks::cut_between(const Names& a, const Names& b) {
    note("cut" + listed(a) + " |" + listed(b));
    network_.links().cut_one_way(hosts_of(a), hosts_of(b));
    network_.links().cut_one_way(hosts_of(b), hosts_of(a));
}

void NamedLinks::mend_between(const Names& a, const Names& b) {
    note("mend" + listed(a) + " |" + listed(b));
    network_.links().mend_one_way(hosts_of(a), hosts_of(b));
    network_.links().mend_one_way(hosts_of(b), hosts_of(a));
}

void NamedLinks::flap(std::string_view a, std::string_view b, Duration down, Duration up) {
    ROLLCALL_CHECK(down > Duration{} && up > Duration{});
    note("flapping " + std::string{a} + " | " + std::string{b});
    flaps_.push_back(std::make_shared<Flap>(Flap{host_of(a), host_of(b), down, up}));
    toggle(flaps_.back(), true);
}

// Periodic, so it is not noted each time.
void NamedLinks::toggle(const std::shared_ptr<Flap>& flap, bool down) {
    if (flap->ended) return;
    Links& links = network_.links();
    for (const auto& [from, to] : {std::pair{flap->a, flap->b}, {flap->b, flap->a}}) {
        down ? links.cut_one_way(from, to) : links.mend_one_way(from, to);
    }
    timetable_.at(world_.now() + (down ? flap->down : flap->up),
                  [this, flap, down] { toggle(flap, !down); });
}

void NamedLinks::end_flapping(HostId a, HostId b) {
    std::erase_if(flaps_, [&](const std::shared_ptr<Flap>& flap) {
        if (!((flap->a == a && flap->b == b) || (flap->a == b && flap->b == a))) return false;
        return flap->ended = true;
    });
}

std::vector<HostId> NamedLinks::hosts_of(const Names& names) const {
    std::vector<HostId> hosts;
    hosts.reserve(names.size());
    for (const std::string& name : names) hosts.push_back(host_of(name));
    return hosts;
}

void NamedLinks::set_host_loss(std::string_view name, const HostLoss& loss) {
    ROLLCALL_CHECK(loss.problem().empty());
    note("host of " + std::string{name} + " loses " + percent(loss.egress) + " out, " +
         percent(loss.ingress) + " in");
    network_.links().set_host_loss(host_of(name), loss);
}

void NamedLinks::set_bandwidth(std::string_view name, const Bandwidth& bandwidth) {
    ROLLCALL_CHECK(bandwidth.problem().empty());
    note("bandwidth of " + std::string{name} + " is " + std::to_string(bandwidth.egress) +
         " out, " + std::to_string(bandwidth.ingress) + " in");
    network_.set_bandwidth(host_of(name), bandwidth);
}

void NamedLinks::set_links(const LinkQuality& everywhere) {
    ROLLCALL_CHECK(everywhere.problem().empty());
    note("links change");
    network_.links().set_quality(everywhere);
}

void NamedLinks::set_link(std::string_view from, std::string_view to, const LinkQuality& quality) {
    ROLLCALL_CHECK(quality.problem().empty());
    note("link changes " + std::string{from} + " -> " + std::string{to});
    network_.links().set_quality(host_of(from), host_of(to), quality);
}

void NamedLinks::heal() {
    note("heal");
    for (const auto& flap : flaps_) flap->ended = true;
    flaps_.clear();
    network_.links().heal();
}

void NamedLinks::note(std::string text) {
    chronicle_.note(world_.now(), Chronicle::kWorld, std::move(text));
}

}  // namespace rollcall::sim

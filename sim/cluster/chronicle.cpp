// SPDX-License-Identifier: Apache-2.0
#include "sim/cluster/chronicle.h"

#include <cstdio>
#include <cstring>

#include "sim/cluster/describe.h"

namespace rollcall::sim {

void Chronicle::mix(std::uint64_t word) {
    hash_ = (hash_ ^ word) * 0xbf58476d1ce4e5b9u;
    hash_ ^= hash_ >> 29;
}

void Chronicle::mix(Bytes bytes) {
    mix(bytes.size());
    while (!bytes.empty()) {
        std::uint64_t word = 0;
        const std::size_t size = std::min<std::size_t>(bytes.size(), 8);
        std::memcpy(&word, bytes.data(), size);
        mix(word);
        bytes = bytes.subspan(size);
    }
}

void Chronicle::note(Time at, std::uint32_t node, std::string text) {
    mix(static_cast<std::uint64_t>(at.time_since_epoch().count()));
    mix(node);
    mix(as_bytes(text));
    ++revision_;
    if (keeps_) entries_.push_back({at, node, std::move(text)});
}

void Chronicle::note(Time at, std::uint32_t node, const membership::Event& event) {
    mix(static_cast<std::uint64_t>(at.time_since_epoch().count()));
    mix(node);
    mix(event.index());
    ++revision_;
    if (const auto* probe = std::get_if<membership::ProbeEnded>(&event)) {
        mix(probe->member.value());
        mix(static_cast<std::uint64_t>(probe->took.count()));
        mix(static_cast<std::uint64_t>(probe->outcome));
        if (probe->outcome == membership::ProbeOutcome::acked) return;
    } else {
        mix(as_bytes(describe(event)));
    }
    if (keeps_) entries_.push_back({at, node, event});
    if (const auto seen = sighted_in(event)) {
        sighted({at, node, std::string{seen->name}, kLayerOf<membership::State>,
                 static_cast<std::uint8_t>(seen->state)});
    }
}

void Chronicle::delivered(Time at, std::uint32_t node, Bytes bytes) {
    mix(static_cast<std::uint64_t>(at.time_since_epoch().count()));
    mix(node);
    mix(bytes);
}

void Chronicle::put(Lasts& lasts, const Sighting& sighting) {
    for (Last& last : lasts) {
        if (last.layer != sighting.layer || last.state != sighting.state) continue;
        last.at = sighting.at;
        return;
    }
    lasts.push_back({sighting.layer, sighting.state, sighting.at});
}

std::optional<Time> Chronicle::get(const Lasts& lasts, std::uint8_t layer, std::uint8_t state) {
    for (const Last& last : lasts) {
        if (last.layer == layer && last.state == state) return last.at;
    }
    return {};
}

void Chronicle::sighted(Sighting sighting) {
    auto found = last_.find(std::string_view{sighting.about});
    if (found == last_.end()) found = last_.emplace(sighting.about, Lasts{}).first;
    put(found->second, sighting);
    put(last_of_all_, sighting);
    if (keeps_) sightings_.push_back(std::move(sighting));
}

std::optional<Time> Chronicle::last_sighted(std::string_view about, std::uint8_t layer,
                                            std::uint8_t state) const {
    const auto found = last_.find(about);
    if (found == last_.end()) return {};
    return get(found->second, layer, state);
}

std::optional<Time> Chronicle::last_sighted(std::uint8_t layer, std::uint8_t state) const {
    return get(last_of_all_, layer, state);
}

std::string Chronicle::story(std::span<const std::string> names) const {
    std::string text;
    for (const Entry& entry : entries_) {
        const double seconds = std::chrono::duration<double>(entry.at.time_since_epoch()).count();
        char head[64];
        std::snprintf(head, sizeof head, "%10.3f  %-6s  ", seconds,
                      entry.node == kWorld ? "*" : names[entry.node].c_str());
        text += head;
        if (const auto* line = std::get_if<std::string>(&entry.what)) {
            text += *line;
        } else {
            text += describe(std::get<membership::Event>(entry.what));
        }
        text += '\n';
    }
    return text;
}

}  // namespace rollcall::sim

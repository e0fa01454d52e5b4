// SPDX-License-Identifier: Apache-2.0
#include "serf/snapshot.h"

#include <algorithm>
#include <array>
#include <utility>

#include "serf/snapshot_line.h"
#include "wire/crc32.h"

namespace rollcall::serf {
namespace {

using Kind = SnapshotLine::Kind;

constexpr std::size_t kSmallFile = std::size_t{128} << 10;
constexpr std::size_t kBytesPerMember = 128;

std::uint32_t sum_of(std::string_view text) {
    return wire::checksum_of(std::as_bytes(std::span{text.data(), text.size()}));
}

// The checksum line follows the lines that it covers.
std::string sealed(std::string lines) {
    if (lines.empty()) return lines;
    lines += SnapshotLine{.kind = Kind::sum, .sum = sum_of(lines)}.to_text();
    return lines;
}

struct ClockLine {
    Kind kind;
    LamportTime LastSeen::*time;
};
constexpr std::array kClockLines = {ClockLine{Kind::clock, &LastSeen::intent},
                                    ClockLine{Kind::event_clock, &LastSeen::event},
                                    ClockLine{Kind::query_clock, &LastSeen::query}};

}  // namespace

// Lines are applied once they are known to be complete: at their checksum, or at the end of a file
// without one (Serf's have none).
struct Snapshot::SnapshotReader {
    Snapshot& into;
    Replayed& replayed;
    std::vector<SnapshotLine> waiting = {};

    void count(bool whole) {
        if (!whole) {
            replayed.damaged += waiting.size();
        } else {
            replayed.lines += waiting.size();
            for (const SnapshotLine& line : waiting) apply(line);
        }
        waiting.clear();
    }
    void apply(const SnapshotLine& line) {
        switch (line.kind) {
            case Kind::alive:
            case Kind::failed:
                into.alive(line.name, line.endpoint);
                if (line.kind == Kind::failed) into.failed(line.name);
                break;
            case Kind::gone:
                into.gone(line.name);
                break;
            case Kind::leave:
                if (!into.options_.rejoin_after_leave) into.forget_all();
                break;
            case Kind::sum:
            case Kind::nothing:
                break;
            case Kind::clock:
            case Kind::event_clock:
            case Kind::query_clock:
                into.last_.*std::ranges::find(kClockLines, line.kind, &ClockLine::kind)->time =
                    line.time;
                break;
        }
    }
};

Snapshot::Replayed Snapshot::replay(std::string_view text) {
    Replayed replayed;
    SnapshotReader reader{.into = *this, .replayed = replayed};
    std::string_view block = text;  // from the last checksum on
    while (!text.empty()) {
        const std::size_t end = text.find('\n');
        if (end == text.npos) {
            replayed.torn = true;
            break;
        }
        const auto line = SnapshotLine::parse(text.substr(0, end));
        if (line && line->kind == Kind::sum) {
            const auto length = static_cast<std::size_t>(text.data() - block.data());
            reader.count(line->sum == sum_of(block.substr(0, length)));
            block = text.substr(end + 1);
        } else if (line) {
            reader.waiting.push_back(*line);
        } else {
            ++replayed.skipped;
        }
        text.remove_prefix(end + 1);
    }
    reader.count(true);
    lines_.clear();  // they are in the file
    return replayed;
}

void Snapshot::alive(std::string_view name, const Endpoint& endpoint) {
    if (left_ || !fits_a_line(name)) return;
    const auto known = members_.find(name);
    if (known == members_.end()) {
        if (members_.size() >= options_.max_members) return;
        members_.emplace(name, Entry{.endpoint = endpoint});
    } else {
        Entry& entry = known->second;
        if (entry.endpoint == endpoint && entry.standing == Standing::alive) return;
        entry = {.endpoint = endpoint};
    }
    lines_ += SnapshotLine{.kind = Kind::alive, .name = name, .endpoint = endpoint}.to_text();
}

void Snapshot::failed(std::string_view name) {
    const auto known = members_.find(name);
    if (left_ || known == members_.end() || known->second.standing == Standing::failed) return;
    known->second.standing = Standing::failed;
    lines_ += SnapshotLine{.kind = Kind::gone, .name = name}.to_text();
    lines_ += SnapshotLine{.kind = Kind::failed, .name = name, .endpoint = known->second.endpoint}
                  .to_text();
}

void Snapshot::gone(std::string_view name) {
    const auto known = members_.find(name);
    if (left_ || known == members_.end()) return;
    lines_ += SnapshotLine{.kind = Kind::gone, .name = name}.to_text();
    members_.erase(known);
}

void Snapshot::seen(const LastSeen& last) {
    if (left_) return;
    for (const auto& [kind, time] : kClockLines) {
        if (last.*time <= last_.*time) continue;
        last_.*time = last.*time;
        lines_ += SnapshotLine{.kind = kind, .time = last.*time}.to_text();
    }
}

void Snapshot::left() {
    if (std::exchange(left_, true)) return;
    lines_ += SnapshotLine{.kind = Kind::leave}.to_text();
}

std::string Snapshot::take_lines() {
    return sealed(std::exchange(lines_, {}));
}

std::string Snapshot::take_whole() {
    lines_.clear();
    std::string text;
    for (const auto& [name, entry] : members_) {
        const Kind kind = entry.standing == Standing::alive ? Kind::alive : Kind::failed;
        text += SnapshotLine{.kind = kind, .name = name, .endpoint = entry.endpoint}.to_text();
    }
    for (const auto& [kind, time] : kClockLines) {
        text += SnapshotLine{.kind = kind, .time = last_.*time}.to_text();
    }
    if (left_) text += SnapshotLine{.kind = Kind::leave}.to_text();
    return sealed(std::move(text));
}

std::size_t Snapshot::compact_above() const {
    return std::max(kSmallFile, 2 * kBytesPerMember * members_.size());
}

std::vector<Snapshot::Remembered> Snapshot::alive() const {
    return all_of(Standing::alive);
}
std::vector<Snapshot::Remembered> Snapshot::failed() const {
    return all_of(Standing::failed);
}
std::vector<Snapshot::Remembered> Snapshot::all_of(Standing standing) const {
    std::vector<Remembered> found;
    for (const auto& [name, entry] : members_) {
        if (entry.standing == standing) found.push_back({.name = name, .endpoint = entry.endpoint});
    }
    return found;
}

void Snapshot::forget_all() {
    members_.clear();
    last_ = {};
}

}  // namespace rollcall::serf

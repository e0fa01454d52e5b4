// SPDX-License-Identifier: Apache-2.0
//
// RunningAgent's memory over restarts: the snapshot is read before anything is heard, and kept from
// then on.
#include <algorithm>
#include <string>
#include <utility>

#include "agent/running_agent.h"

namespace rollcall::agent {
namespace {

constexpr std::string_view kMemoryComponent = "snapshot";

void log_replay(Log& log, const std::string& path, const serf::Snapshot::Replayed& replayed) {
    const bool whole = replayed.skipped == 0 && replayed.damaged == 0 && !replayed.torn;
    log.write(whole ? Level::info : Level::warn, kMemoryComponent, "snapshot-read",
              path + ": " + std::to_string(replayed.lines) + " lines" +
                  (whole ? "" : "; what was torn, damaged or not understood was left out"),
              {{"path", path},
               {"lines", replayed.lines},
               {"skipped", replayed.skipped},
               {"damaged", replayed.damaged},
               {"torn", replayed.torn ? 1 : 0}});
}

}  // namespace

// Before the core starts.
std::optional<std::string> RunningAgent::remember() {
    const std::string& path = settings_.snapshot;
    if (path.empty()) return {};
    const auto text = SnapshotFile::read(path);
    if (!text) return "snapshot: " + text.error().why;
    serf::Snapshot snapshot{{.rejoin_after_leave = settings_.rejoin_after_leave,
                             .max_members = settings_.serf.membership.max_members}};
    log_replay(*log_, path, snapshot.replay(*text));
    core_->restore(snapshot.last_seen());

    auto alive = snapshot.alive();
    auto failed = snapshot.failed();
    const auto is_self = [this](const serf::Snapshot::Remembered& member) {
        return member.name == settings_.serf.membership.name;
    };
    std::erase_if(alive, is_self);
    std::erase_if(failed, is_self);
    rejoiner_ = std::make_unique<Rejoiner>(
        Rejoiner::Parts{
            .loop = loop_,
            .core = *driver_,
            .log = *log_,
            .alone = [this] { return core_->node().alive_count() <= 1; },
            .out_of_reach = [this](const Endpoint& at) { return address_->out_of_reach(at); }},
        Rejoin{std::move(alive), std::move(failed), settings_.retry_interval, entropy_.seed()});
    snapshot_ = std::make_unique<SnapshotFile>(
        SnapshotFile::Parts{
            .loop = loop_, .log = *log_, .path = path, .last_seen = [this] { return last_seen(); }},
        std::move(snapshot));
    return {};
}

// Once the core runs: a libuv error, or 0.
int RunningAgent::begin_to_remember() {
    if (!snapshot_) return 0;
    if (const int error = snapshot_->begin(); error != 0) return error;
    return rejoiner_->begin();
}

// The core's clocks stand at what comes next.
serf::LastSeen RunningAgent::last_seen() const {
    const auto before = [](LamportTime next) {
        return LamportTime{next.value() == 0 ? 0 : next.value() - 1};
    };
    const serf::Stats stats = core_->stats();
    return {.intent = before(stats.member_time),
            .event = before(stats.event_time),
            .query = before(stats.query_time)};
}

void RunningAgent::keep_in_mind(const serf::Serf::Outbox& out) {
    if (!snapshot_) return;
    rejoiner_->tell(out);
    // Whoever leaves means to: what happens from here on is no business of the next life.
    if (core_->life() != serf::LifeState::alive) return snapshot_->left();
    for (const serf::Event& event : out.serf_events()) {
        if (const auto* member = std::get_if<serf::MemberEvent>(&event)) snapshot_->tell(*member);
    }
}

}  // namespace rollcall::agent

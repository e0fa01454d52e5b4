// SPDX-License-Identifier: Apache-2.0
#include "agent/files/persistence.h"

#include <string_view>
#include <utility>
#include <variant>

#include "agent/files/keyring_file.h"
#include "agent/files/tags_file.h"
#include "base/ids.h"

namespace rollcall::agent {
namespace {

void log_replay(Log& log, const std::string& path, const serf::Snapshot::Replayed& replayed) {
    const bool whole = replayed.skipped == 0 && replayed.damaged == 0 && !replayed.torn;
    log.write(whole ? Level::info : Level::warn, "snapshot", "snapshot-read",
              path + ": " + std::to_string(replayed.lines) + " lines" +
                  (whole ? "" : "; torn, damaged or unknown lines were skipped"),
              {{"path", path},
               {"lines", replayed.lines},
               {"skipped", replayed.skipped},
               {"damaged", replayed.damaged},
               {"torn", replayed.torn ? 1 : 0}});
}

}  // namespace

Persistence::Persistence(Parts parts)
    : parts_{std::move(parts)}, files_{{.loop = parts_.loop, .log = parts_.log}} {}

Result<Persistence::Members, std::string> Persistence::read_snapshot(
    const SnapshotSettings& settings) {
    const auto text = SnapshotFile::read(settings.path);
    if (!text) return "snapshot: " + text.error().why;
    serf::Snapshot snapshot{settings.options};
    log_replay(parts_.log, settings.path, snapshot.replay(*text));
    parts_.core.restore(snapshot.last_seen());

    Members members{.alive = snapshot.alive(), .failed = snapshot.failed()};
    const auto is_self = [&](const serf::Snapshot::Remembered& member) {
        return member.name == settings.self;
    };
    std::erase_if(members.alive, is_self);
    std::erase_if(members.failed, is_self);
    snapshot_ = std::make_unique<SnapshotFile>(
        SnapshotFile::Parts{.loop = parts_.loop,
                            .log = parts_.log,
                            .path = settings.path,
                            .last_seen = [this] { return last_seen(); }},
        std::move(snapshot));
    return members;
}

// The core's clocks hold the next time to use.
serf::LastSeen Persistence::last_seen() const {
    const auto before = [](LamportTime next) {
        return LamportTime{next.value() == 0 ? 0 : next.value() - 1};
    };
    const serf::Stats stats = parts_.core.stats();
    return {.intent = before(stats.member_time),
            .event = before(stats.event_time),
            .query = before(stats.query_time)};
}

void Persistence::record(const serf::Serf::Outbox& out) {
    if (!snapshot_) return;
    // After a leave the agent must not rejoin: later changes are not recorded.
    if (parts_.core.life() != serf::LifeState::alive) return snapshot_->left();
    for (const serf::Event& event : out.serf_events()) {
        if (const auto* member = std::get_if<serf::MemberEvent>(&event)) snapshot_->record(*member);
    }
}

void Persistence::save_keyring(std::uint64_t change) {
    if (parts_.keyring_file.empty() || closing_) return;
    files_.write(parts_.keyring_file, keyring_text(parts_.core.keyring()),
                 [this, change](const std::string& error) { keyring_written(change, error); });
}

void Persistence::keyring_written(std::uint64_t change, const std::string& error) {
    if (closing_) return;  // no client waits any more
    if (!error.empty()) {
        parts_.log.write(Level::err, "agent", "keyring-not-saved",
                         "the keyring changed, but its file could not be written: " + error,
                         {{"file", parts_.keyring_file}, {"error", error}});
    }
    parts_.keyring_saved(change, error);
}

void Persistence::save_tags(Done done) {
    files_.write(parts_.tags_file, tags_as_json(parts_.core.tags()), std::move(done));
}

void Persistence::close(Duration limit, const std::function<void()>& closed) {
    closing_ = true;
    const auto one_closed = [open = std::make_shared<int>(snapshot_ ? 2 : 1), closed] {
        if (--*open == 0) closed();
    };
    files_.close(limit, one_closed);
    if (snapshot_) snapshot_->close(limit, one_closed);
}

}  // namespace rollcall::agent

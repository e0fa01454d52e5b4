// SPDX-License-Identifier: Apache-2.0
//
// The agent's state across restarts: the snapshot of members and clocks, the keyring file and the
// tags file, each if configured. Reads the snapshot before the core starts, and writes all of them
// while the agent runs. The loop's thread.
#pragma once

#include <uv.h>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/files/file_writer.h"
#include "agent/files/snapshot_file.h"
#include "agent/log/logging.h"
#include "base/result.h"
#include "base/time.h"
#include "serf/serf.h"
#include "serf/snapshot.h"

namespace rollcall::agent {

class Persistence {
public:
    using Done = FileWriter::Done;
    struct Parts {
        uv_loop_t& loop;
        Log& log;
        serf::Serf& core;
        std::string tags_file, keyring_file;  // "": not kept
        // The write of this keyring change is done; an empty error is success. Not after close().
        std::function<void(std::uint64_t change, const std::string& error)> keyring_saved;
    };
    explicit Persistence(Parts parts);

    // The members in the snapshot, without this agent itself.
    struct Members {
        std::vector<serf::Snapshot::Remembered> alive, failed;
    };
    struct SnapshotSettings {
        std::string path;  // not empty
        serf::Snapshot::Options options;
        std::string self;  // this agent's name
    };
    // Before the core starts: reads the snapshot, and restores the core's clocks from it. Blocks on
    // the disk. The error is text for the operator.
    [[nodiscard]] Result<Members, std::string> read_snapshot(const SnapshotSettings& settings);

    // begin() enables writing files; begin_snapshot() writing the snapshot, once the core has
    // started.
    void begin() { files_.begin(); }
    void begin_snapshot() {
        if (snapshot_) snapshot_->begin();
    }

    // Updates the snapshot from the core's output.
    void record(const serf::Serf::Outbox& out);
    // Writes the core's keyring, if it has a file, and reports that to `keyring_saved`.
    void save_keyring(std::uint64_t change);
    [[nodiscard]] bool keeps_tags() const { return !parts_.tags_file.empty(); }
    // Writes the core's tags. Only if keeps_tags().
    void save_tags(Done done);
    // Finishes pending writes, for at most `limit`.
    void close(Duration limit, const std::function<void()>& closed);

    [[nodiscard]] const FileWriter::Stats& stats() const { return files_.stats(); }
    // How long the longest write that has not ended takes so far: beyond seconds its disk hangs.
    [[nodiscard]] Duration writing_for() const {
        return std::max(files_.writing_for(), snapshot_ ? snapshot_->writing_for() : Duration{});
    }
    [[nodiscard]] std::uint64_t snapshot_lines_given_up() const {
        return snapshot_ ? snapshot_->lines_given_up() : 0;
    }
    // The last write of the snapshot failed, and it is tried again.
    [[nodiscard]] bool snapshot_failing() const { return snapshot_ && snapshot_->failing(); }

private:
    void keyring_written(std::uint64_t change, const std::string& error);
    [[nodiscard]] serf::LastSeen last_seen() const;

    Parts parts_;
    FileWriter files_;
    std::unique_ptr<SnapshotFile> snapshot_;  // null: no snapshot
    bool closing_ = false;
};

}  // namespace rollcall::agent

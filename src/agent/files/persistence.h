// SPDX-License-Identifier: Apache-2.0
//
// What an agent remembers over restarts: the snapshot of members and clocks, the keyring's file and
// the tags' file; whichever of them the operator named. Reads the snapshot before the core starts,
// and writes all of them while the agent runs. The loop's thread.
#pragma once

#include <uv.h>

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
        // The file has this change of the keyring ("" is success). Not after close().
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
    // Before the core starts: reads the snapshot, and restores the core's clocks from it. Waits for
    // the disk. The error is text for the operator.
    [[nodiscard]] Result<Members, std::string> read_snapshot(const SnapshotSettings& settings);

    // Each a libuv error, or 0. Files are written after the first, the snapshot after the second:
    // once the core has started.
    void begin() { files_.begin(); }
    void begin_snapshot() {
        if (snapshot_) snapshot_->begin();
    }

    // What the core reported goes to the snapshot.
    void record(const serf::Serf::Outbox& out);
    // Writes the core's keyring, if it has a file, and reports that to `keyring_saved`.
    void save_keyring(std::uint64_t change);
    [[nodiscard]] bool keeps_tags() const { return !parts_.tags_file.empty(); }
    // Writes the core's tags. Only if keeps_tags().
    void save_tags(Done done);
    // Writes what is left, but for no longer than `limit`.
    void close(Duration limit, const std::function<void()>& closed);

    [[nodiscard]] const FileWriter::Stats& stats() const { return files_.stats(); }

private:
    void keyring_written(std::uint64_t change, const std::string& error);
    [[nodiscard]] serf::LastSeen last_seen() const;

    Parts parts_;
    FileWriter files_;
    std::unique_ptr<SnapshotFile> snapshot_;  // null: none is kept
    bool closing_ = false;
};

}  // namespace rollcall::agent

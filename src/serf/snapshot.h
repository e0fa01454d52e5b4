// SPDX-License-Identifier: Apache-2.0
//
// The snapshot that an agent restores after a restart (rules H1 to H3): live members, failed
// members, and the three clocks. Text in, text out: lines to append, or the whole text; the owner
// of the file writes them. Serf reads our files and we read Serf's.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/endpoint.h"
#include "base/ids.h"

namespace rollcall::serf {

// The latest times that were used by any member, as far as we know; 0: none.
struct LastSeen {
    LamportTime intent, event, query;
    friend bool operator==(const LastSeen&, const LastSeen&) = default;
};

class Snapshot {
public:
    struct Options {
        bool rejoin_after_leave = false;     // a leave does not clear the snapshot
        std::size_t max_members = 1u << 20;  // further ones are not recorded
    };
    struct Replayed {
        std::size_t lines = 0;    // applied
        std::size_t skipped = 0;  // not understood
        std::size_t damaged = 0;  // with a wrong checksum: ignored
        bool torn = false;        // the last line was incomplete, and ignored
        friend bool operator==(const Replayed&, const Replayed&) = default;
    };
    struct Remembered {
        std::string name;
        Endpoint endpoint;
        friend bool operator==(const Remembered&, const Remembered&) = default;
    };

    Snapshot() : Snapshot{Options{}} {}
    explicit Snapshot(Options options) : options_{options} {}

    // Rule H2. Once, before anything else.
    Replayed replay(std::string_view text);

    // --- inputs: each adds lines if it changes something -----------------------------------------
    // Not recorded: a name that does not fit into a line, and members beyond max_members.
    void alive(std::string_view name, const Endpoint& endpoint);
    void failed(std::string_view name);  // ignored unless it was alive
    void gone(std::string_view name);
    void seen(const LastSeen& last);  // backward steps are ignored
    void left();                      // no lines are added after this

    // --- what to write ---------------------------------------------------------------------------
    // The lines added since the last call to either, followed by a checksum; "" for none.
    [[nodiscard]] std::string take_lines();
    [[nodiscard]] bool has_lines() const { return !lines_.empty(); }
    [[nodiscard]] std::size_t bytes_of_lines() const { return lines_.size(); }
    // The whole snapshot with a checksum; it includes the lines above.
    [[nodiscard]] std::string take_whole();
    // Rule H3: a file longer than this (bytes) should be compacted.
    [[nodiscard]] std::size_t compact_above() const;

    // --- content ---------------------------------------------------------------------------------
    [[nodiscard]] std::vector<Remembered> alive() const;   // by name
    [[nodiscard]] std::vector<Remembered> failed() const;  // by name
    [[nodiscard]] const LastSeen& last_seen() const { return last_; }

private:
    enum class Standing : bool { alive, failed };
    struct Entry {
        Endpoint endpoint;
        Standing standing = Standing::alive;
    };
    struct SnapshotReader;
    [[nodiscard]] std::vector<Remembered> all_of(Standing standing) const;
    void forget_all();

    Options options_;
    std::map<std::string, Entry, std::less<>> members_;
    LastSeen last_;
    std::string lines_;
    bool left_ = false;
};

}  // namespace rollcall::serf

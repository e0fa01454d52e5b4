// SPDX-License-Identifier: Apache-2.0
//
// What an agent remembers over a restart (rules H1 to H3): who was here, who had failed, and how
// far the three clocks were. Text in, text out: lines to append, or the whole anew; whoever owns
// the file writes them. Serf reads what we write and we read what Serf writes.
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

// The latest times that anybody used, as far as we know; 0: none.
struct LastSeen {
    LamportTime intent, event, query;
    friend bool operator==(const LastSeen&, const LastSeen&) = default;
};

class Snapshot {
public:
    struct Options {
        bool rejoin_after_leave = false;     // a leave does not end what is remembered
        std::size_t max_members = 1u << 20;  // further ones are not remembered
    };
    struct Replayed {
        std::size_t lines = 0;    // that counted
        std::size_t skipped = 0;  // not understood
        std::size_t damaged = 0;  // with a checksum that does not fit them: left out
        bool torn = false;        // the last line had no end, and was left out
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

    // --- what happens: each asks for lines if it changes something -------------------------------
    // A name that no line can hold is not remembered, and nobody beyond max_members.
    void alive(std::string_view name, const Endpoint& endpoint);
    void failed(std::string_view name);  // of somebody alive; else nothing
    void gone(std::string_view name);
    void seen(const LastSeen& last);  // backward steps are nothing
    void left();                      // nothing after this asks for lines any more

    // --- what to write ---------------------------------------------------------------------------
    // The lines asked for since the last call to either, sealed with a checksum; "" for none.
    [[nodiscard]] std::string take_lines();
    [[nodiscard]] bool has_lines() const { return !lines_.empty(); }
    // All that is remembered, sealed; the lines above are in it.
    [[nodiscard]] std::string take_whole();
    // Rule H3: a file longer than this (bytes) should be written anew.
    [[nodiscard]] std::size_t compact_above() const;

    // --- what is remembered ----------------------------------------------------------------------
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

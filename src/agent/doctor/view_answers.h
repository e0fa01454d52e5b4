// SPDX-License-Identifier: Apache-2.0
//
// Answers the built-in query "view" (docs/protocol.md, E8): how this agent sees the cluster, in one
// packet. A few words ask for it:
//
//   ""                   counts by status, the checksum of who is up, version, key, timings,
//                        and which change of `rollcall tune` is in effect
//   "timings"            the same, with the values of the timings
//   "parts BITS PREFIX"  the members that are up whose hash begins so, as 16 parts: checksum,
//   number "names BITS PREFIX"  their names, as many as fit
//
// With "parts" an asker finds the members in which two views differ, without the lists. Any member
// may ask, so what an answer costs does not depend on the size of the cluster: the list of hashes
// is made at most once a second, and not for more than kMostMembers. One thread.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "agent/doctor/timings.h"
#include "base/bytes.h"
#include "base/time.h"
#include "serf/serf.h"

namespace rollcall::agent {

class ViewAnswers {
public:
    struct Parts {
        const serf::Serf& core;
        std::function<Time()> now;
        std::string profile;
        std::size_t longest = 1024;  // bytes of an encoded answer, with its envelope
    };
    explicit ViewAnswers(Parts parts) : parts_{std::move(parts)} {}

    // nullopt: not a question of this version.
    [[nodiscard]] std::optional<std::string> answer(Bytes question);

    // Of members by their hash, in the part that begins with `prefix` of `bits` bits.
    static constexpr unsigned kPartBits = 4;
    static constexpr unsigned kMostBits = 32;
    // Above, "parts" and "names" have no answer: making the list would keep the loop for long.
    static constexpr std::size_t kMostMembers = 20'000;

private:
    struct Entry {
        std::uint64_t hash = 0;
        std::string name;
    };
    using Entries = std::vector<Entry>;
    [[nodiscard]] std::string summary(bool with_timings) const;
    [[nodiscard]] std::string parts_of(unsigned bits, std::uint64_t prefix);
    [[nodiscard]] std::string names_of(unsigned bits, std::uint64_t prefix);
    [[nodiscard]] std::pair<Entries::const_iterator, Entries::const_iterator> range(
        unsigned bits, std::uint64_t prefix) const;
    void refresh();
    [[nodiscard]] std::size_t room() const;

    Parts parts_;
    Entries entries_;             // of members that are up, by hash
    std::uint64_t checksum_ = 0;  // of the entries
    std::optional<Time> made_;
};

}  // namespace rollcall::agent

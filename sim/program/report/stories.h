// SPDX-License-Identifier: Apache-2.0
//
// The stories of the members, for a report: what was done to each, what others came to hold of it
// and by whose word, what it said itself. What many say at one time is one passage: its first
// voices, its last, and how many there were. Passages are bounded for each member and in all; what
// found no room is counted.
#pragma once

#include <array>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/time.h"

namespace rollcall::sim {

enum class Deed : std::uint8_t {
    // What a node came to hold of a member.
    knows,
    updated,
    suspects,
    clears,
    failed,
    left,
    forgets,
    conflict,
    no_udp,
    // What a member says of itself, in words.
    speaks,
};
inline constexpr std::size_t kDeeds = 10;

class Stories {
public:
    static constexpr std::size_t kMostPassages = 12'000;
    static constexpr std::size_t kMostVoices = 6;  // told one by one, of each passage
    // Words further apart than this are another passage.
    static constexpr Duration kSilence = std::chrono::seconds{2};

    // Each member's share of the passages, from the number of members that there will be.
    explicit Stories(std::size_t members);

    // `speaker` came to hold `about` so, as `source` told it ("": as it found itself). Both are
    // members; the passage goes into both stories.
    void said(Duration now, Deed deed, std::uint32_t about, std::uint32_t speaker,
              std::string_view source);
    // `member` tells something of itself.
    void spoke(Duration now, std::uint32_t member, std::string_view words);
    // The step of that number was done to `member`: what was going on is another passage after it.
    void stepped(Duration now, std::uint32_t member, std::size_t step);
    // Something was done to the whole cluster: likewise, and told by whoever shows the steps.
    void all_stepped();

    // {"texts": [...], "members": [[passage...]...], "left_out": [per member]}. A passage is
    // [first s, deed, own, count, [[s, member or text, source]...], [last s, last member]]; a step
    // is [s, -1, step]. `own` 1: the member is the speaker and the voices name whom it spoke of.
    // Sources and words are places in `texts`, -1 for none.
    [[nodiscard]] nlohmann::json told() const;

private:
    struct Voice {
        Duration at{};
        std::uint32_t other = 0;
        std::int32_t text = -1;
    };
    struct Passage {
        Duration first{}, last{};
        std::int32_t step = -1;
        Deed deed = Deed::knows;
        bool own = false;
        std::uint64_t count = 0;
        std::uint32_t last_other = 0;
        std::vector<Voice> voices;
    };
    struct Story {
        std::vector<Passage> passages;                           // by their beginning
        std::array<std::array<std::int32_t, kDeeds>, 2> open{};  // own; place + 1, 0: none
        std::uint64_t left_out = 0;
    };
    Story& story(std::uint32_t member);
    void add(Duration now, std::uint32_t member, Deed deed, bool own, std::uint32_t other,
             std::int32_t text);
    [[nodiscard]] std::int32_t text(std::string_view words);

    std::size_t most_each_;
    std::size_t passages_ = 0;
    std::vector<Story> stories_;
    std::vector<std::string> texts_;
    std::unordered_map<std::string, std::int32_t> places_;  // looked up, never walked
};

}  // namespace rollcall::sim

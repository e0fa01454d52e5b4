// SPDX-License-Identifier: Apache-2.0
//
// The stories of the members, for a report: the steps that affect each, in which state others saw
// it and by whose claim, and its own events. Equal events close in time are one passage: its first
// entries, its last, and their number. Passages are bounded for each member and in all; what is
// left out is counted.
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

enum class StoryKind : std::uint8_t {
    // What a node learned about a member.
    joined,
    updated,
    suspects,
    clears,
    failed,
    left,
    forgets,
    conflict,
    no_udp,
    // An event about the member itself, as text.
    own,
};
inline constexpr std::size_t kStoryKinds = 10;

class Stories {
public:
    static constexpr std::size_t kMostPassages = 12'000;
    static constexpr std::size_t kMostEntries = 6;  // shown of each passage
    // After a longer gap a new passage begins.
    static constexpr Duration kGap = std::chrono::seconds{2};

    // The passages are shared out evenly among `members`.
    explicit Stories(std::size_t members);

    // `observer` learned this about `about` from `source` ("": by itself). Both are members; the
    // passage is added to both stories.
    void observed(Duration now, StoryKind kind, std::uint32_t about, std::uint32_t observer,
                  std::string_view source);
    // An event of `member` about itself.
    void own_event(Duration now, std::uint32_t member, std::string_view words);
    // The step of that number affects `member`. Later events begin a new passage.
    void stepped(Duration now, std::uint32_t member, std::size_t step);
    // A step affects the whole cluster: the same for all members. The page itself shows the step.
    void all_stepped();

    // {"texts": [...], "members": [[passage...]...], "left_out": [per member]}. A passage is
    // [first s, kind, own, count, [[s, member or text, source]...], [last s, last member]]; a step
    // is [s, -1, step]. `own` 1: the member is the observer and the entries name the other member.
    // Sources and words are indices into `texts`, -1 for none.
    [[nodiscard]] nlohmann::json to_json() const;

private:
    struct Entry {
        Duration at{};
        std::uint32_t other = 0;
        std::int32_t text = -1;
    };
    struct Passage {
        Duration first{}, last{};
        std::int32_t step = -1;
        StoryKind kind = StoryKind::joined;
        bool own = false;
        std::uint64_t count = 0;
        std::uint32_t last_other = 0;
        std::vector<Entry> entries;
    };
    struct Story {
        std::vector<Passage> passages;                                // by their start
        std::array<std::array<std::int32_t, kStoryKinds>, 2> open{};  // by own; index + 1, 0: none
        std::uint64_t left_out = 0;
    };
    Story& story(std::uint32_t member);
    void add(Duration now, std::uint32_t member, StoryKind kind, bool own, std::uint32_t other,
             std::int32_t text);
    [[nodiscard]] std::int32_t text(std::string_view words);

    std::size_t most_each_;
    std::size_t passages_ = 0;
    std::vector<Story> stories_;
    std::vector<std::string> texts_;
    std::unordered_map<std::string, std::int32_t> places_;  // looked up, never walked
};

}  // namespace rollcall::sim

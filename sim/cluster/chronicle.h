// SPDX-License-Identifier: Apache-2.0
//
// The record of a run: every event of every node, every action on them, and one hash over all of it
// and all delivered bytes. Runs with equal hashes are equal.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/ids.h"
#include "base/time.h"
#include "membership/events.h"
#include "membership/member_table.h"

namespace rollcall::sim {

// The layer that defines a state, as the chronicle stores it.
template <class State>
inline constexpr std::uint8_t kLayerOf = 0xff;
template <>
inline constexpr std::uint8_t kLayerOf<membership::State> = 0;

class Chronicle {
public:
    static constexpr std::uint32_t kWorld = ~std::uint32_t{0};  // instead of a node's number
    // Text for actions and for layers above the core; the core's events as they are.
    using What = std::variant<std::string, membership::Event>;
    struct Entry {
        Time at;
        std::uint32_t node = kWorld;
        What what;
    };
    // A node began to see `about` in `state`, a state of one layer.
    struct Sighting {
        Time at;
        std::uint32_t node = 0;
        std::string about;
        std::uint8_t layer = 0;
        std::uint8_t state = 0;
    };

    // `keeps` false: only the hash, the revision and the last sighting of each state, nothing that
    // grows with the length of the run.
    explicit Chronicle(bool keeps = true) : keeps_{keeps} {}
    [[nodiscard]] bool keeps() const { return keeps_; }

    void note(Time at, std::uint32_t node, std::string text);
    // Also records its sighting. Answered probes are hashed and not kept: there is one per second
    // and node.
    void note(Time at, std::uint32_t node, const membership::Event& event);
    void sighted(Sighting sighting);
    // Input of a node: hashed only.
    void delivered(Time at, std::uint32_t node, Bytes bytes);

    [[nodiscard]] std::span<const Entry> entries() const { return entries_; }
    [[nodiscard]] std::span<const Sighting> sightings() const { return sightings_; }
    // When a node last began to see `about` in that state.
    [[nodiscard]] std::optional<Time> last_sighted(std::string_view about, std::uint8_t layer,
                                                   std::uint8_t state) const;
    // The same for all members.
    [[nodiscard]] std::optional<Time> last_sighted(std::uint8_t layer, std::uint8_t state) const;
    [[nodiscard]] std::uint64_t hash() const { return hash_; }
    // Rises with every note: a condition may hold now that did not before.
    [[nodiscard]] std::uint64_t revision() const { return revision_; }
    // One line per entry: seconds, node, what. `names` by node number.
    [[nodiscard]] std::string story(std::span<const std::string> names) const;

private:
    void mix(std::uint64_t word);
    void mix(Bytes bytes);

    struct Last {
        std::uint8_t layer = 0;
        std::uint8_t state = 0;
        Time at;
    };
    using Lasts = std::vector<Last>;  // a handful
    static void put(Lasts& lasts, const Sighting& sighting);
    [[nodiscard]] static std::optional<Time> get(const Lasts& lasts, std::uint8_t layer,
                                                 std::uint8_t state);

    bool keeps_;
    std::unordered_map<std::string, Lasts, NameHash, std::equal_to<>> last_;  // never walked
    Lasts last_of_all_;
    std::vector<Entry> entries_;
    std::vector<Sighting> sightings_;
    std::uint64_t hash_ = 0x9e3779b97f4a7c15u;
    std::uint64_t revision_ = 0;
};

}  // namespace rollcall::sim

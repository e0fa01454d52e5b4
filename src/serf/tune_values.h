// SPDX-License-Identifier: Apache-2.0
//
// The timings that `rollcall tune` can change, by name: their values as text, the differences of
// two sets, and a fingerprint of a whole set. The names are those of the agent's flags. Ranges and
// ratios are not checked here but by Config::mistakes(). Pure functions.
//
// Times after which members are forgotten are not among them: what was forgotten does not come back
// with the old value.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "membership/config.h"

namespace rollcall::serf {

// A key and its value, both as an operator writes them: {"probe-interval", "500ms"}.
using TuneValue = std::pair<std::string, std::string>;

// "probe-interval, probe-timeout, ...": all keys, in a fixed order.
[[nodiscard]] std::string tune_keys();
// All of them, in that order, with their values.
[[nodiscard]] std::vector<TuneValue> tune_values(const membership::TimingSettings& timing);

// Sets one of them. The error: an unknown key, or a text that is no value of it; then nothing
// changed. A field of an error has underscores, as all of Config's.
[[nodiscard]] std::optional<membership::ConfigError> set_tune_value(
    membership::TimingSettings& timing, std::string_view key, std::string_view value);

struct TuneChange {
    std::string key, before, after;
    friend bool operator==(const TuneChange&, const TuneChange&) = default;
};
[[nodiscard]] std::vector<TuneChange> tune_changes(const membership::TimingSettings& before,
                                                   const membership::TimingSettings& after);
// "probe-interval 1s -> 500ms, gossip-nodes 3 -> 4"; "nothing" for none.
[[nodiscard]] std::string tune_text(const std::vector<TuneChange>& changes);

// Eight hexadecimal digits. Equal timings have equal fingerprints, on every host and in every
// version that has the same keys. Not a secret, and no protection against people.
[[nodiscard]] std::string tune_fingerprint(const membership::TimingSettings& timing);
// The same as a number, for metrics.
[[nodiscard]] std::uint32_t tune_hash(const membership::TimingSettings& timing);

}  // namespace rollcall::serf

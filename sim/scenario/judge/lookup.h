// SPDX-License-Identifier: Apache-2.0
//
// Lookups in a cluster: node numbers by name, running nodes, keys and reachability.
#pragma once

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/bytes.h"
#include "sim/scenario/judge/observer.h"
#include "wire/keyring.h"

namespace rollcall::sim {

// The node that has this name now; 0: none.
[[nodiscard]] inline std::uint32_t number_of(const ClusterView& view, std::string_view name) {
    std::uint32_t n = 0;
    if (name.empty() || name.front() != 'n') return 0;
    const auto [_, error] = std::from_chars(name.data() + 1, name.data() + name.size(), n);
    if (error != std::errc{} || n < 1 || n > view.nodes() || view.name(n) != name) return 0;
    return n;
}

[[nodiscard]] inline bool awake(const ClusterView& view, std::uint32_t node) {
    return view.running(node) && !view.paused(node);
}

[[nodiscard]] inline bool has_key(std::span<const wire::Keyring::Key> keys, Bytes key) {
    return std::ranges::any_of(keys, [&](Bytes one) { return same_bytes(one, key); });
}

// Whether anything gets through, in both directions.
[[nodiscard]] inline bool in_reach(const ClusterView& view, std::uint32_t a, std::uint32_t b) {
    const Links& links = view.network().links();
    return !links.silent(view.host(a), view.host(b)) && !links.silent(view.host(b), view.host(a));
}

}  // namespace rollcall::sim

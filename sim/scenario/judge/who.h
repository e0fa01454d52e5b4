// SPDX-License-Identifier: Apache-2.0
//
// From names to numbers of nodes, who can be asked, and who has a key.
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

// The node that is called so now; 0: nobody.
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

// Whether anything at all gets through, both ways.
[[nodiscard]] inline bool in_reach(const ClusterView& view, std::uint32_t a, std::uint32_t b) {
    const Links& links = view.network().links();
    return !links.silent(view.host(a), view.host(b)) && !links.silent(view.host(b), view.host(a));
}

}  // namespace rollcall::sim

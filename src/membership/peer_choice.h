// SPDX-License-Identifier: Apache-2.0
//
// Random selection of members (rule G3): k different ones that pass a test, each as likely as any
// other; no candidate is missed. Pure except for the random numbers.
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

#include "base/ids.h"
#include "base/rng.h"
#include "membership/member_table.h"

namespace rollcall::membership {

class PeerChoice {
public:
    // Fills chosen() with up to k members for which eligible(id, member) holds.
    template <class Eligible>
    const std::vector<MemberId>& choose(const MemberTable& table, Rng& rng, std::size_t k,
                                        Eligible&& eligible) {
        chosen_.clear();
        const auto ids = table.ids();
        const std::size_t n = ids.size();
        const auto passes = [&](MemberId id) { return eligible(id, *table.find(id)); };
        if (n < 3 * k) {
            order_.assign(ids.begin(), ids.end());
            for (std::size_t i = 0; i < n && chosen_.size() < k; ++i) {
                const MemberId id = rng.draw(std::span{order_}, i);
                if (passes(id)) chosen_.push_back(id);
            }
            return chosen_;
        }
        const auto look_at = [&](std::size_t place) {
            const MemberId id = ids[place];
            if (std::ranges::find(chosen_, id) == chosen_.end() && passes(id)) {
                chosen_.push_back(id);
            }
        };
        std::size_t last = 0;
        for (std::size_t draw = 0; draw < 3 * n && chosen_.size() < k; ++draw) {
            last = static_cast<std::size_t>(rng.below(n));
            look_at(last);
        }
        // Few pass, and those that were not drawn are found one after the other.
        for (std::size_t i = 1; i < n && chosen_.size() < k; ++i) look_at((last + i) % n);
        return chosen_;
    }

private:
    std::vector<MemberId> chosen_;
    std::vector<MemberId> order_;
};

}  // namespace rollcall::membership

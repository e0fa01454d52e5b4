// SPDX-License-Identifier: Apache-2.0
//
// How many bytes of states each source may get (rule Y5): a burst, then a rate. By address without
// port: that of a stream cannot be forged. Pure: the caller passes the time.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <unordered_map>

#include "base/endpoint.h"
#include "base/time.h"

namespace rollcall::membership {

class SourceBytes {
public:
    static constexpr std::size_t kBurst = 64u << 20;
    static constexpr std::size_t kPerSecond = 4u << 20;
    static constexpr std::size_t kMostSources = 1024;

    // Whether it may get more. What it then gets may go beyond the limit, and is paid for later.
    [[nodiscard]] bool admits(Time now, const Endpoint& source) const {
        const auto found = filled_from_.find(key_of(source));
        return found == filled_from_.end() || found->second < now;
    }
    void spend(Time now, const Endpoint& source, std::size_t bytes) {
        const Endpoint key = key_of(source);
        if (!filled_from_.contains(key)) make_room(now);
        Time& from = filled_from_.try_emplace(key, now - kToFill).first->second;
        from = std::max(from, now - kToFill) + time_for(bytes);
    }
    [[nodiscard]] std::size_t size() const { return filled_from_.size(); }

private:
    static constexpr std::chrono::seconds kToFill{kBurst / kPerSecond};

    [[nodiscard]] static Endpoint key_of(Endpoint source) {
        source.port = 0;
        return source;
    }
    [[nodiscard]] static Duration time_for(std::size_t bytes) {
        const Duration second = std::chrono::seconds{1};
        return second * static_cast<Duration::rep>(bytes) / static_cast<Duration::rep>(kPerSecond);
    }
    // Sources that may get everything again need no entry; if all had something lately, the one
    // that had least is forgotten.
    void make_room(Time now) {
        if (filled_from_.size() < kMostSources) return;
        std::erase_if(filled_from_, [&](const auto& e) { return e.second <= now - kToFill; });
        if (filled_from_.size() < kMostSources) return;
        filled_from_.erase(std::ranges::min_element(
            filled_from_, {}, [](const auto& entry) { return entry.second; }));
    }

    // As in a TokenBucket: the bytes are those added since that time.
    std::unordered_map<Endpoint, Time, EndpointHash> filled_from_;
};

}  // namespace rollcall::membership

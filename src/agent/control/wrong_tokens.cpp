// SPDX-License-Identifier: Apache-2.0
#include "agent/control/wrong_tokens.h"

#include <algorithm>

namespace rollcall::agent {
namespace {

constexpr std::size_t kNetworkBytes = 8;  // of an IPv6 address: one host has as many as it wants

std::string key_of(const std::optional<Endpoint>& source) {
    if (!source) return {};
    const WireAddress address = source->to_wire();
    const Bytes bytes = address.bytes();
    const std::size_t size = bytes.size() > 4 ? kNetworkBytes : bytes.size();
    return {reinterpret_cast<const char*>(bytes.data()), size};
}

}  // namespace

Duration WrongTokens::add(Time now, const std::optional<Endpoint>& source) {
    const std::string key = key_of(source);
    auto found = sources_.find(key);
    if (found == sources_.end()) {
        make_room();
        found = sources_.emplace(key, Source{.delay = kFirst, .last = now}).first;
        return kFirst;
    }
    Source& known = found->second;
    known.delay = now - known.last >= kForgiven ? kFirst : std::min(2 * known.delay, kLongest);
    known.last = now;
    return known.delay;
}

void WrongTokens::make_room() {
    if (sources_.size() < kMostSources) return;
    sources_.erase(std::ranges::min_element(sources_, {},
                                            [](const auto& entry) { return entry.second.last; }));
}

}  // namespace rollcall::agent

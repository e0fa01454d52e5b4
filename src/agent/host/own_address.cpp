// SPDX-License-Identifier: Apache-2.0
#include "agent/host/own_address.h"

#include <algorithm>
#include <utility>

namespace rollcall::agent {

OwnAddress::OwnAddress(const Endpoint& bound, const std::optional<Endpoint>& configured,
                       std::vector<HostAddress> host)
    : bound_{bound},
      configured_{configured},
      host_{std::move(host)},
      advertised_{choose_advertised(bound_, configured_, host_)} {}

OwnAddress::Change OwnAddress::look(std::vector<HostAddress> host) {
    host_ = std::move(host);
    if (configured_) return Change::none;
    const bool here = has(advertised_.endpoint) || is_loopback(advertised_.endpoint);
    if (bound_.is_unspecified()) {
        Advertised best = choose_advertised(bound_, configured_, host_);
        const bool good = !is_loopback(best.endpoint) && !is_link_local(best.endpoint);
        const bool poor = is_loopback(advertised_.endpoint) || is_link_local(advertised_.endpoint);
        if (good && (poor || !here)) {
            lost_ = false;
            advertised_ = std::move(best);
            return Change::moved;
        }
    }
    if (here != lost_) return Change::none;
    lost_ = !here;
    return lost_ ? Change::lost : Change::back;
}

bool OwnAddress::is_own(const Endpoint& endpoint) const {
    Endpoint asked = endpoint;
    asked.scope = 0;
    if (asked == advertised_.endpoint) return true;
    if (asked.port != bound_.port) return false;
    Endpoint bound = bound_;
    bound.scope = 0;
    if (asked == bound) return true;
    // Connecting to the any-address connects to this host.
    if (!bound_.is_unspecified()) return asked.is_unspecified() && is_loopback(bound_);
    if (bound_.is_v4() && !asked.is_v4()) return false;
    return asked.is_unspecified() || is_loopback(asked) || has(asked);
}

bool OwnAddress::out_of_reach(const Endpoint& endpoint) const {
    return !configured_ && bound_.is_unspecified() && is_loopback(advertised_.endpoint) &&
           !is_loopback(endpoint);
}

bool OwnAddress::has(const Endpoint& address) const {
    return std::ranges::any_of(
        host_, [&](const HostAddress& each) { return each.address.ip == address.ip; });
}

}  // namespace rollcall::agent

// SPDX-License-Identifier: Apache-2.0
//
// The address that others are told, while the host's addresses come and go. What the operator said
// stays. A choice of ours is looked at again: it stays while this host has the address, unless it
// was loopback or link-local and there is a better one; it moves when the address is gone and there
// is another; and with none but loopback or link-local ones left, what was told is kept, since
// these are no way to reach us for those who knew us elsewhere. Loopback is told to nobody who is
// not on loopback: until there is another address, all others are out of reach. Pure: the list of
// addresses is the caller's (agent/host/advertise.h).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "agent/host/advertise.h"
#include "base/endpoint.h"

namespace rollcall::agent {

class OwnAddress {
public:
    enum class Change : std::uint8_t {
        none,
        moved,
        lost,  // this host has not the address that we tell, and no other to tell
        back,  // it has it again
    };

    // `bound` has the real port.
    OwnAddress(const Endpoint& bound, const std::optional<Endpoint>& configured,
               std::vector<HostAddress> host);

    Change look(std::vector<HostAddress> host);
    [[nodiscard]] const Advertised& told() const { return told_; }
    // An address at which this agent listens, in any of its forms.
    [[nodiscard]] bool is_own(const Endpoint& endpoint) const;
    // We tell loopback for want of anything else, and this is somewhere else.
    [[nodiscard]] bool out_of_reach(const Endpoint& endpoint) const;

private:
    [[nodiscard]] bool has(const Endpoint& address) const;

    Endpoint bound_;
    std::optional<Endpoint> configured_;
    std::vector<HostAddress> host_;
    Advertised told_;
    bool lost_ = false;
};

}  // namespace rollcall::agent

// SPDX-License-Identifier: Apache-2.0
//
// RunningAgent while the addresses of its host come and go (rule S8): what it tells the others, and
// whom it can join.
#include <string>
#include <utility>

#include "agent/running_agent.h"

namespace rollcall::agent {

void RunningAgent::host_changed() {
    if (stopping_) return;
    const Endpoint before = address_->told().endpoint;
    switch (address_->look(host_addresses())) {
        case OwnAddress::Change::none:
            return;
        case OwnAddress::Change::moved:
            return address_moved(before);
        case OwnAddress::Change::lost:
            return address_lost();
        case OwnAddress::Change::back:
            log_->write(Level::info, "agent", "address-back",
                        "this host has " + before.address_to_string() + " again",
                        {{"address", before.to_string()}});
            return;
    }
}

void RunningAgent::address_moved(const Endpoint& before) {
    const Advertised& told = address_->told();
    settings_.serf.membership.address = told.endpoint.to_wire();
    settings_.serf.membership.port = told.endpoint.port;
    log_->write(Level::warn, "agent", "address-changed",
                "this host's addresses changed: others are told to reach us at " +
                    told.endpoint.to_string() + " (" + told.why + "), no longer at " +
                    before.to_string() + "; --advertise would settle it",
                {{"address", told.endpoint.to_string()},
                 {"before", before.to_string()},
                 {"why", told.why}});
    driver_->command([&](serf::Serf& core, Time now, serf::Serf::Outbox& out) {
        return core.set_address(now, told.endpoint, out);
    });
    seeds_->address_changed();
    if (rejoiner_) rejoiner_->address_changed();
}

void RunningAgent::address_lost() {
    const Endpoint& told = address_->told().endpoint;
    const bool free = bound_.is_unspecified();
    log_->write(Level::warn, "agent", "address-lost",
                "this host no longer has " + told.address_to_string() +
                    ", at which others are told to reach us; " +
                    (free ? "waiting for another address"
                          : "this agent is bound to it: if it does not come back, start the "
                            "agent anew"),
                {{"address", told.to_string()}});
}

// Of the peers that a client wants us to join.
Joiner::Chosen RunningAgent::peers_to_ask(const Joiner::Resolved& peer) const {
    Joiner::Chosen chosen;
    for (const Endpoint& endpoint : peer.endpoints) {
        if (!address_->out_of_reach(endpoint)) {
            chosen.contact.push_back(endpoint);
        } else if (chosen.errors.empty()) {
            chosen.errors.push_back(
                {.seed = to_text(peer.seed),
                 .address = endpoint,
                 .cause = "this host has no address but loopback, at which it could not answer"});
        }
    }
    return chosen;
}

}  // namespace rollcall::agent

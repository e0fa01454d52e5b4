// SPDX-License-Identifier: Apache-2.0
#include "agent/join/choice.h"

#include <unordered_set>

#include "agent/join/seeds.h"

namespace rollcall::agent {

std::vector<Endpoint> strangers_of(const Joiner::Resolved& seed,
                                   const membership::MemberTable& members) {
    if (!seed.seed.name.empty()) {
        const auto named = members.find(seed.seed.name);
        return named && named->is_live() ? std::vector<Endpoint>{} : seed.endpoints;
    }
    std::unordered_set<Endpoint, EndpointHash> live;
    for (const MemberId id : members.ids()) {
        const membership::Member member = *members.find(id);
        if (member.is_live()) live.insert(member.endpoint());
    }
    return strangers_among(seed.endpoints, [&](Endpoint address) {
        address.scope = 0;
        return live.contains(address);
    });
}

Joiner::Chosen peers_to_ask(const Joiner::Resolved& peer,
                            const std::function<bool(const Endpoint&)>& out_of_reach) {
    Joiner::Chosen chosen;
    for (const Endpoint& endpoint : peer.endpoints) {
        if (!out_of_reach(endpoint)) {
            chosen.contact.push_back(endpoint);
        } else if (chosen.errors.empty()) {
            chosen.errors.push_back(
                {.seed = to_text(peer.seed),
                 .address = endpoint,
                 .cause = "this host has only loopback addresses, so the peer could not answer"});
        }
    }
    return chosen;
}

}  // namespace rollcall::agent

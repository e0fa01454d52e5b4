// SPDX-License-Identifier: Apache-2.0
#include "membership/admission.h"

#include <algorithm>

#include "membership/claims.h"
#include "membership/versions.h"

namespace rollcall::membership {
namespace {

// Bounds on what the network may put into our table. Peers accept and gossip more metadata than the
// contract's 512 bytes, so we do too, up to what a packet carries.
constexpr std::size_t kMaxName = 512;
constexpr std::size_t kMaxForeignMeta = 2048;

}  // namespace

std::optional<MemberId> Admission::admit(const wire::Alive& claim, std::uint16_t port) {
    if (claim.incarnation == Incarnation{0}) {  // rule S6: peers would store it as a dead member
        ++context_.stats.claims_invalid;
        return {};
    }
    if (!beatable(ClaimKind::alive, claim.incarnation)) {
        ++context_.stats.claims_unbeatable;
        return {};
    }
    if (!in_allowed_network(claim.address)) return {};
    const auto id = context_.table.insert(announced(claim, port));
    if (!id) {
        ++context_.stats.members_refused;
        return {};
    }
    // A random place in the ring: a new member is probed as soon as any other.
    context_.table.swap(context_.table.size() - 1,
                        static_cast<std::size_t>(context_.rng.below(context_.table.size())));
    return id;
}

bool Admission::may_be_reported(Time now, const wire::Alive& claim, std::uint16_t port,
                                const Hearsay::Source& source) {
    const auto at = Endpoint::from_wire(claim.address, port);
    if (!source.introduced && at) {
        const bool silent = context_.hearsay.is_refuted(now, claim.node, *at);
        const bool crowded = is_full() && context_.hearsay.strangers() > 0;
        if (silent || crowded) {
            ++(silent ? context_.stats.strangers_repeated : context_.stats.members_refused);
            context_.hearsay.ask_first(KeptClaim::of(claim, port));
            return false;
        }
    }
    const bool good = context_.hearsay.may_report(source, context_.config.max_members);
    if (!good) ++context_.stats.strangers_refused;
    return good;
}

std::optional<MemberId> Admission::giving_way(Time now, const Hearsay::Source& source) {
    if (!is_full() || !source.introduced) return {};
    if (now >= second_ + std::chrono::seconds{1}) {
        second_ = now;
        displaced_ = {};
    }
    const std::uint8_t most = context_.hearsay.most_reported();
    if (most == 0 || !displaced_.take(context_.hearsay.bucket_of(source.from))) return {};
    const auto ids = context_.table.ids();
    for (std::size_t looks = ids.size(); looks > 0; --looks) {
        if (cursor_ >= ids.size()) cursor_ = 0;
        const MemberId id = ids[cursor_++];
        if (context_.hearsay.was_reported_by(id, most)) return id;
    }
    return {};
}

bool Admission::is_full() const {
    return context_.table.size() >= context_.config.max_members;
}

// Rule S6: claims that may not enter the table.
bool Admission::acceptable(const wire::Alive& claim) {
    const bool good =
        !claim.node.empty() && claim.node.size() <= kMaxName && !claim.address.empty() &&
        claim.versions && (!claim.meta || claim.meta->size() <= kMaxForeignMeta) &&
        judge_versions(context_.config.versions, *claim.versions) == VersionFault::none;
    if (!good) ++context_.stats.claims_invalid;
    return good;
}

bool Admission::acceptable(const wire::Accusation& claim) {
    const bool good = claim.from.size() <= kMaxName;
    if (!good) ++context_.stats.claims_invalid;
    return good;
}

bool Admission::in_allowed_network(const WireAddress& address) {
    const auto& networks = context_.config.allowed_networks;
    const bool allowed =
        networks.empty() || std::ranges::any_of(networks, [&](const Network& network) {
            return network.contains(address);
        });
    if (!allowed) ++context_.stats.claims_outside_networks;
    return allowed;
}

}  // namespace rollcall::membership

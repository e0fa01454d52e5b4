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
constexpr std::size_t kLooksForDead = 4096;  // entries of the table, for a dead stranger

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
    if (!source.introduced && at && context_.hearsay.is_refuted(now, claim.node, *at)) {
        ++context_.stats.strangers_repeated;
        return false;
    }
    const bool good = context_.hearsay.may_report(source, context_.config.max_members);
    if (!good) ++context_.stats.strangers_refused;
    return good;
}

std::optional<MemberId> Admission::giving_way(Time now, const Hearsay::Source& source) {
    const std::size_t members = context_.table.size();
    if (members < context_.config.max_members) return {};
    if (now >= second_ + std::chrono::seconds{1}) {
        second_ = now;
        by_introduced_ = by_hearsay_ = {};
    }
    const std::uint8_t most = context_.hearsay.most_reported();
    const std::uint8_t bucket = context_.hearsay.bucket_of(source.from);
    if (source.introduced) {
        if (most == 0 || !by_introduced_.take(bucket)) return {};
        return next_stranger(
            members, [&](MemberId id) { return context_.hearsay.was_reported_by(id, most); });
    }
    if (context_.hearsay.strangers() == 0 || !by_hearsay_.take(bucket)) return {};
    return next_stranger(std::min(members, kLooksForDead), [&](MemberId id) {
        return context_.hearsay.is_stranger(id) && !context_.table.find(id)->is_live();
    });
}

template <class Test>
std::optional<MemberId> Admission::next_stranger(std::size_t looks, Test&& test) {
    const auto ids = context_.table.ids();
    for (; looks > 0; --looks) {
        if (cursor_ >= ids.size()) cursor_ = 0;
        const MemberId id = ids[cursor_++];
        if (test(id)) return id;
    }
    return {};
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

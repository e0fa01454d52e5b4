// SPDX-License-Identifier: Apache-2.0
//
// An alive claim that is not applied yet, with its own bytes: a wire::Alive borrows those of a
// packet.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/endpoint.h"
#include "base/ids.h"
#include "base/time.h"
#include "wire/messages.h"

namespace rollcall::membership {

struct KeptClaim {
    std::string name;
    Incarnation incarnation;
    WireAddress address;
    std::uint16_t port = 0;  // the claim's, or ours if it has none
    std::vector<std::byte> meta;
    wire::Versions versions{};

    // The claim must have versions.
    [[nodiscard]] static KeptClaim of(const wire::Alive& claim, std::uint16_t port) {
        const Bytes meta = claim.meta.value_or(Bytes{});
        return {.name = std::string{claim.node},
                .incarnation = claim.incarnation,
                .address = claim.address,
                .port = port,
                .meta = {meta.begin(), meta.end()},
                .versions = *claim.versions};
    }
    // Borrowed from this.
    [[nodiscard]] wire::Alive claim() const {
        return {.node = name,
                .incarnation = incarnation,
                .address = address,
                .port = port,
                .meta = meta.empty() ? std::nullopt : std::optional{Bytes{meta}},
                .versions = versions};
    }
    [[nodiscard]] std::optional<Endpoint> at() const { return Endpoint::from_wire(address, port); }
};

}  // namespace rollcall::membership

// SPDX-License-Identifier: Apache-2.0
//
// Fills datagrams (rule G2): a message that must be sent now, plus as many waiting broadcasts as
// fit; or a packet of gossip only. Writes into the Outbox in place; once warm it allocates nothing.
#pragma once

#include <algorithm>
#include <memory>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "base/endpoint.h"
#include "membership/application.h"
#include "membership/context.h"
#include "membership/outbox.h"

namespace rollcall::membership {

class Packets final : private BroadcastSink {
public:
    explicit Packets(Context& context);

    // One message with piggybacked broadcasts.
    void send_with_gossip(Endpoint to, Bytes message, const Recipient& recipient, Outbox& out);
    // These messages only.
    void send_bare(Endpoint to, std::span<const Bytes> messages, bool checksum, Outbox& out);
    // Broadcasts only. False when there were none.
    bool gossip(MemberId to, Outbox& out);

    // A message of at most one packet, encoded into scratch room that lives until the next call.
    template <class Encode>
    [[nodiscard]] Bytes encode(Encode&& encode) {
        ByteWriter writer{{message_room_.get(), wire::kMaxDatagram}};
        encode(writer);
        return writer.failed() ? Bytes{} : writer.written();
    }

private:
    void add(Bytes message) override;
    [[nodiscard]] std::size_t messages_left() const override {
        return wire::kMaxCompoundParts - parts_.size();
    }
    void take_broadcasts(std::size_t budget, const Recipient& recipient);
    void send_parts(Endpoint to, bool checksum, Outbox& out);

    // The checksum and the first part's length are not counted in a budget, and must still fit.
    [[nodiscard]] std::size_t packet_size() const {
        return std::min(context_.config.packet_size, wire::kMaxDatagram - 8);
    }

    Context& context_;
    // Not initialised: only the pages that messages reach take memory.
    std::unique_ptr<std::byte[]> message_room_;
    std::vector<std::byte> application_room_;  // application messages with their type byte
    std::size_t application_used_ = 0;
    std::size_t application_budget_ = 0;
    std::vector<Bytes> parts_;
};

// Whether the member understands checksummed packets (docs/wire.md, "Versions").
[[nodiscard]] inline bool takes_checksum(const Member& member) {
    return member.versions().pmax >= 5;
}

}  // namespace rollcall::membership

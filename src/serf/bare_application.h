// SPDX-License-Identifier: Apache-2.0
//
// The application of a member without the Serf layer (rule M2): it sends nothing and reads nothing.
// Metadata, messages and states belong to an unknown application, so they are counted and never
// decoded. Metadata is counted in Presence.
#pragma once

#include "membership/application.h"
#include "serf/stats.h"

namespace rollcall::serf {

class BareApplication final : public membership::Application {
public:
    explicit BareApplication(Foreign& got) : got_{got} {}

    void ack_received(Time, MemberId, Duration, Bytes payload, membership::Outbox&) override {
        if (!payload.empty()) ++got_.ack_payloads;
    }
    void user_message(Time, Bytes, membership::Outbox&) override { ++got_.messages; }
    void merge_state(Time, Bytes, bool, membership::Outbox&) override { ++got_.states; }

private:
    Foreign& got_;
};

}  // namespace rollcall::serf

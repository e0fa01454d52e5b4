// SPDX-License-Identifier: Apache-2.0
//
// A reply that is a list of members, by name. The list's length comes first in it, so all members
// are encoded before the first is sent: a slice of them at a time, walked from name to name, while
// the loop goes on. One that is gone when its turn comes is left out. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

#include "agent/session/commands.h"

namespace rollcall::agent {

struct MemberReply {
    std::size_t per_slice = 1;
    void (*append_head)(std::string& to, std::uint32_t count) = nullptr;
    // Appends the member; false, without effect, if it is not in the list.
    std::function<bool(const MemberDetail& member, std::string& to)> append;
};
void send_members(const RpcCall& call, MemberReply reply);

}  // namespace rollcall::agent

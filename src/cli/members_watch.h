// SPDX-License-Identifier: Apache-2.0
//
// `rollcall members --watch`: the list again after every change. On a terminal a view that fits its
// screen and can be scrolled, elsewhere lists that follow each other, with --format json one
// document per line. One thread.
#pragma once

#include <functional>
#include <string>

#include "base/result.h"
#include "cli/context.h"
#include "cli/rpc_client.h"

namespace rollcall::cli {

struct MembersWatch {
    rpc::MembersFilteredRequest filter;
    bool json = false;
    bool suspicions = false;  // the list again also when a suspicion begins or ends
    // The list as text or JSON, for a file or a pipe.
    std::function<Result<std::string, Failure>()> render;
};

// Until Ctrl-C, or q on a terminal. Returns the exit code.
[[nodiscard]] int watch_members(const Context& context, RpcClient& client,
                                const MembersWatch& watch);

}  // namespace rollcall::cli

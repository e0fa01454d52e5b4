// SPDX-License-Identifier: Apache-2.0
//
// Changes of our keyring requested by a member, ourselves included (rule K1). The answer waits
// until the changed keyring is saved, if the configuration says so.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/time.h"
#include "serf/context.h"
#include "serf/keys.h"
#include "serf/open_queries.h"
#include "serf/outbox.h"
#include "serf/replies.h"

namespace rollcall::serf {

class KeyChanges {
public:
    KeyChanges(Context& context, Replies& replies) : context_{context}, replies_{replies} {}

    void asked(Time now, KeyCommand command, Bytes request, const ReturnPath& path, Outbox& out);
    // The keyring of that change is on disk, or the reason why not.
    void saved(Time now, std::uint64_t change, std::string_view error, Outbox& out);

private:
    struct Unsaved {
        std::uint64_t change = 0;
        ReturnPath path;
        KeyAnswer answer;
    };

    void reply(Time now, const KeyAnswer& answer, const ReturnPath& path, Outbox& out);

    Context& context_;
    Replies& replies_;
    std::vector<Unsaved> unsaved_;
    std::uint64_t last_change_ = 0;
};

}  // namespace rollcall::serf

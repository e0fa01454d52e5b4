// SPDX-License-Identifier: Apache-2.0
//
// Tests the way back to a member that asks for it by the built-in query "doctor" (docs/protocol.md,
// E8), and answers with the result. Sends only to the address at which the asker is a member here,
// so that no stranger can aim it, a few at once, and to one asker once in a while. The loop's
// thread.
#pragma once

#include <functional>
#include <string>
#include <unordered_map>

#include "agent/join/joiner.h"
#include "base/ids.h"
#include "base/time.h"
#include "membership/events.h"
#include "serf/events.h"

namespace rollcall::agent {

class BackTests {
public:
    using Reply = std::function<void(const std::string& answer)>;
    static constexpr std::size_t kAtOnce = 4;
    static constexpr Duration kPause = std::chrono::seconds{2};  // for one asker
    static constexpr Duration kLasts = std::chrono::milliseconds{1200};

    BackTests(CoreDriver& driver, const serf::Serf& core) : driver_{driver}, core_{core} {}

    void asked(const serf::BuiltInQueryReceived& query, Reply reply);
    // True when the result is that of a test of ours; its asker was answered.
    bool handle(const membership::LinkTested& result);

private:
    CoreDriver& driver_;
    const serf::Serf& core_;
    std::unordered_map<RequestId, Reply> running_;
    std::unordered_map<std::string, Time> again_at_;  // of askers, while they have to wait
};

}  // namespace rollcall::agent

// SPDX-License-Identifier: Apache-2.0
//
// Questions that the system may not answer for a long time (name servers), each on a thread of its
// own, so that no other work waits behind one. The work runs on the thread; what it returns runs on
// the loop. A thread cannot be stopped: after the owner is gone it ends in its own time, and
// nothing is heard of it. It does not keep the loop alive. Its one lock is held for the hand-over
// of a result, never while work runs.
#pragma once

#include <uv.h>

#include <cstddef>
#include <functional>
#include <memory>

namespace rollcall::transport {

class LookupThreads {
public:
    using Then = std::function<void()>;  // on the loop; may destroy this object
    using Work = std::function<Then()>;  // on the thread: refers to nothing of the loop's

    explicit LookupThreads(uv_loop_t& loop);
    ~LookupThreads();
    LookupThreads(const LookupThreads&) = delete;
    LookupThreads& operator=(const LookupThreads&) = delete;

    // False: the system gives no thread, and nothing will be heard.
    [[nodiscard]] bool run(Work work);

private:
    struct Mailbox;
    static void hear(uv_async_t* wake);

    std::shared_ptr<Mailbox> mailbox_;  // shared with the threads
};

}  // namespace rollcall::transport

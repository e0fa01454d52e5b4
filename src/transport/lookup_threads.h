// SPDX-License-Identifier: Apache-2.0
//
// Threads for blocking look-ups (name servers), one per look-up, so that no other work waits behind
// one. The work runs on the thread; the function that it returns runs on the loop. A thread cannot
// be stopped: after the owner is destroyed it runs to its end, and its result is dropped. It does
// not keep the loop alive. The only lock is held while a result is passed over, never while work
// runs.
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

    // False: the thread cannot be started; nothing runs.
    [[nodiscard]] bool run(Work work);

private:
    struct Mailbox;
    static void on_wake(uv_async_t* wake);

    std::shared_ptr<Mailbox> mailbox_;  // shared with the threads
};

}  // namespace rollcall::transport

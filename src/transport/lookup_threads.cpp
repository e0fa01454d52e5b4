// SPDX-License-Identifier: Apache-2.0
#include "transport/lookup_threads.h"

#include <mutex>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "transport/uv_handle.h"

namespace rollcall::transport {

struct LookupThreads::Mailbox {
    std::mutex mutex;
    std::vector<Then> results;
    bool open = false;
    UvHandle<uv_async_t, Mailbox> wake;  // the loop's, but for uv_async_send while it is open
};

LookupThreads::LookupThreads(uv_loop_t& loop) : mailbox_{std::make_shared<Mailbox>()} {
    const int error = mailbox_->wake.init(
        *mailbox_, [&](uv_async_t* wake) { return uv_async_init(&loop, wake, on_wake); });
    if (error != 0) return;  // run() returns false
    uv_unref(reinterpret_cast<uv_handle_t*>(mailbox_->wake.get()));
    mailbox_->open = true;
}

LookupThreads::~LookupThreads() {
    std::vector<Then> dropped;
    {
        const std::lock_guard lock{mailbox_->mutex};
        mailbox_->open = false;
        dropped.swap(mailbox_->results);
    }
    mailbox_->wake.close();
}

bool LookupThreads::run(Work work) {
    if (!mailbox_->open) return false;
    try {
        std::thread{[mailbox = mailbox_, work = std::move(work)]() mutable {
            Then then = work();
            work = {};
            const std::lock_guard lock{mailbox->mutex};
            if (!mailbox->open) return;
            mailbox->results.push_back(std::move(then));
            uv_async_send(mailbox->wake.get());
        }}.detach();
    } catch (const std::system_error&) {
        return false;
    }
    return true;
}

void LookupThreads::on_wake(uv_async_t* wake) {
    Mailbox* const owner = UvHandle<uv_async_t, Mailbox>::owner_of(wake);
    if (owner == nullptr) return;
    std::vector<Then> results;
    {
        const std::lock_guard lock{owner->mutex};
        results.swap(owner->results);
    }
    for (const Then& then : results) {
        if (UvHandle<uv_async_t, Mailbox>::owner_of(wake) == nullptr) return;
        then();
    }
}

}  // namespace rollcall::transport

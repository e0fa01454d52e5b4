// SPDX-License-Identifier: Apache-2.0
//
// Reports when this host's addresses may have changed: at once by rtnetlink, and periodically in
// case the kernel does not notify. Several changes in a row count as one. Does not say what
// changed: the caller reads the addresses (agent/host/advertise.h). The loop's thread.
#pragma once

#include <uv.h>

#include <functional>
#include <utility>

#include "agent/host/owned_fd.h"
#include "base/time.h"
#include "transport/uv_handle.h"
#include "transport/uv_timer.h"

namespace rollcall::agent {

class HostWatch {
public:
    HostWatch(uv_loop_t& loop, std::function<void()> changed)
        : loop_{loop}, changed_{std::move(changed)} {}

    void begin();
    void close(const std::function<void()>& closed);

private:
    void listen();
    void on_netlink();
    void look();
    [[nodiscard]] Duration period() const;
    void look_within(Duration wait);

    uv_loop_t& loop_;
    std::function<void()> changed_;
    OwnedFd kernel_{-1};
    transport::UvHandle<uv_poll_t, HostWatch> poll_;
    transport::Timer<HostWatch> timer_;
    bool soon_ = false;
    bool closed_ = false;
};

}  // namespace rollcall::agent

// SPDX-License-Identifier: Apache-2.0
//
// The side of a TlsFront that works on its own thread: a loop that accepts clients, and their
// passages. What it has for the agent goes into a mailbox. Bounds: so many clients, and of those so
// many in the handshake; a newcomer takes the place of the one that is longest in it.
#pragma once

#include <uv.h>

#include <list>
#include <memory>
#include <string>

#include "agent/tls_front/mailbox.h"
#include "agent/tls_front/passage.h"
#include "base/time.h"
#include "transport/uv_handle.h"
#include "transport/uv_timer.h"

namespace rollcall::agent {

// Clients that wait to be accepted.
inline constexpr int kFrontBacklog = 128;

class FrontLoop {
public:
    FrontLoop(FrontMailbox& mailbox, FrontLimits limits);
    ~FrontLoop();
    FrontLoop(const FrontLoop&) = delete;
    FrontLoop& operator=(const FrontLoop&) = delete;

    // --- before run() ---
    // Accepts clients of this socket, for `service`. A libuv error, or 0.
    [[nodiscard]] int add(Service service, OwnedFd listening);

    // The thread's work, until the mailbox says that it ends.
    void run();
    // From another thread, once: there are orders to end.
    void wake() { uv_async_send(wake_.get()); }

private:
    struct Listener {
        FrontLoop* owner = nullptr;
        Service service{};
        transport::UvHandle<uv_tcp_t, Listener> handle;
    };
    struct Client {
        Service service{};
        std::unique_ptr<Passage> passage;
    };
    using Clients = std::list<Client>;  // in the order of their arrival

    void client_waits(Listener& listener, int status);
    void entered(Service service, Passage& passage, Passage::Entry entry, OwnedFd socket,
                 const std::string& why);
    [[nodiscard]] bool make_room();
    void look();
    void time_is_up();
    void leave_if_empty();

    FrontMailbox& mailbox_;
    FrontLimits limits_;
    uv_loop_t loop_{};
    transport::UvHandle<uv_async_t, FrontLoop> wake_;
    transport::Timer<FrontLoop> timer_;
    std::list<Listener> listeners_;
    Clients clients_;
    bool ending_ = false;
};

}  // namespace rollcall::agent

// SPDX-License-Identifier: Apache-2.0
//
// TLS in front of the control port and of HTTP. Its clients get through the handshake on a thread
// of its own, with less of the processor than the detector, so that no number of strangers delays
// a probe; the agent then serves one end of a pair of sockets like any client's. One thread, the
// agent's loop.
#pragma once

#include <uv.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "agent/host/loop_waker.h"
#include "agent/log/logging.h"
#include "agent/tls_front/front_loop.h"
#include "agent/tls_front/mailbox.h"
#include "base/result.h"

namespace rollcall::agent {

class TlsFront {
public:
    struct Parts {
        uv_loop_t& loop;
        Log& log;
        std::shared_ptr<const tls::Credentials> credentials;
        FrontLimits limits;
        // A client got through the handshake.
        std::function<void(FrontMailbox::Arrived)> arrived;
    };
    explicit TlsFront(Parts parts);
    ~TlsFront();
    TlsFront(const TlsFront&) = delete;
    TlsFront& operator=(const TlsFront&) = delete;

    // Before begin(). Returns the real port, or an error that names the address. Clients wait until
    // begin().
    [[nodiscard]] Result<Endpoint, std::string> listen(Service service, const Endpoint& at);
    // Starts the thread. An error is text for the operator.
    [[nodiscard]] std::optional<std::string> begin();
    // For clients that come from now on.
    void use(std::shared_ptr<const tls::Credentials> credentials);
    // Accepts no more; clients have `limit` to receive what the agent sent them. `closed` is called
    // by the loop.
    void close(Duration limit, std::function<void()> closed);

    [[nodiscard]] const FrontStats& stats() const { return mailbox_->stats; }
    [[nodiscard]] const tls::Credentials& credentials() const { return *parts_.credentials; }

private:
    void look();
    void end_thread(Duration limit);

    Parts parts_;
    LoopWaker waker_;
    std::unique_ptr<FrontMailbox> mailbox_;
    std::unique_ptr<FrontLoop> front_;
    std::thread thread_;
    LineGate complaints_{std::chrono::seconds{1}};
    std::uint64_t refusals_held_ = 0;
    bool ending_ = false;
    std::function<void()> closed_;
};

}  // namespace rollcall::agent

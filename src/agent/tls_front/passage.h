// SPDX-License-Identifier: Apache-2.0
//
// One TLS client: its socket on one side, on the other one end of a pair of sockets that the agent
// serves like any client's. Unseals in one direction, seals in the other, and reads no faster than
// the other side takes. The agent's side decides when it ends; here ends what does not get through
// the handshake in time, and what breaks TLS. One thread, that of its loop.
#pragma once

#include <uv.h>

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "agent/host/owned_fd.h"
#include "agent/tls_front/stream_end.h"
#include "base/endpoint.h"
#include "base/time.h"
#include "tls/credentials.h"
#include "tls/session.h"
#include "transport/uv_timer.h"

namespace rollcall::agent {

class Passage {
public:
    // How a client got through the handshake, or why not.
    enum class Entry : std::uint8_t { admitted, refused, timed_out, cut };

    struct Parts {
        uv_loop_t& loop;
        std::shared_ptr<const tls::Credentials> credentials;
        Duration handshake_limit{};
        // Once, unless it is closed before: with the end for the agent if admitted, else with the
        // reason; the passage closes itself then.
        std::function<void(Passage&, Entry, OwnedFd, const std::string& why)> entered;
        // All handles are closed; the callee may destroy the passage.
        std::function<void(Passage&)> closed;
    };
    explicit Passage(Parts parts);
    Passage(const Passage&) = delete;
    Passage& operator=(const Passage&) = delete;

    // Takes the waiting client. A libuv error, or 0; on an error it closes itself.
    [[nodiscard]] int accept(uv_stream_t& listener);
    void close();

    [[nodiscard]] bool shaking_hands() const { return open_ && !entered_; }
    [[nodiscard]] const Endpoint& from() const { return from_; }
    [[nodiscard]] const Endpoint& local() const { return local_; }

private:
    void sealed_arrived(Bytes sealed);
    void plain_arrived(Bytes plain);
    void client_ended(int error);
    void agent_ended();
    void move();
    void unseal();
    void admit();
    void refuse(Entry entry, const std::string& why);
    void time_is_up();
    void leave_if_done();

    Parts parts_;
    tls::Session session_;
    StreamEnd client_, agent_;
    transport::Timer<Passage> timer_;
    Endpoint from_, local_;
    bool open_ = false;
    bool entered_ = false;     // the handshake is over
    bool agent_done_ = false;  // the agent sends no more
    int handles_open_ = 3;
};

}  // namespace rollcall::agent

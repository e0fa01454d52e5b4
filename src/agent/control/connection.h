// SPDX-License-Identifier: Apache-2.0
//
// One client's socket: passes bytes between it and its RpcSession, and enforces the limits of time
// and of queued bytes. Reads only when the session can use more, which slows down a client that
// does not read its replies. Works in its turns (agent/host/turns.h). Closing is final; `closed`
// is called once, by the loop. The loop's thread.
#pragma once

#include <uv.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "agent/control/wrong_tokens.h"
#include "agent/host/owned_fd.h"
#include "agent/host/turns.h"
#include "agent/session/session.h"
#include "base/time.h"
#include "transport/uv_handle.h"
#include "transport/uv_timer.h"

namespace rollcall::agent {

class RpcConnection final : private Turns::Client {
public:
    struct Parts {
        uv_loop_t& loop;
        Control& control;
        Log& log;
        const RpcLimits& limits;
        const std::string& token;
        RpcStats& stats;
        Turns& turns;
        WrongTokens& wrong_tokens;
        std::function<void(std::string_view event, const std::string& text)> complain;
        // All handles are closed; the callee may destroy the connection.
        std::function<void(RpcConnection&)> closed;
    };
    explicit RpcConnection(Parts parts);
    ~RpcConnection();
    RpcConnection(const RpcConnection&) = delete;
    RpcConnection& operator=(const RpcConnection&) = delete;

    // Accepts the waiting client. A libuv error, or 0; on an error it closes itself.
    [[nodiscard]] int accept(uv_stream_t& listener);
    // The same for a client at `from` that another part of the agent accepted: `socket` is a Unix
    // socket.
    [[nodiscard]] int adopt(OwnedFd socket, const Endpoint& from);
    void deliver(std::string_view event, std::string_view name, const Record& record);
    void deliver(const serf::QueryReceived& query);
    // Sends queued bytes, for at most `limit`, then closes. Executes no more commands.
    void finish(Duration limit);
    void close();

    [[nodiscard]] bool open() const { return open_; }
    [[nodiscard]] bool trusted() const { return session_->trusted(); }
    // Has no pending command, stream or query, so it can be evicted.
    [[nodiscard]] bool idle() const {
        return !session_->busy() && !session_->watches() && queued_ == 0;
    }
    [[nodiscard]] Time last_active() const { return last_active_; }

private:
    struct Write;
    void begin();
    [[nodiscard]] int ready(int error);
    void received(ssize_t count, const uv_buf_t& buffer);
    void pump();
    void pump_soon();
    void pump_later();
    [[nodiscard]] bool take_turn(Time end) override;
    void refuse_token(std::function<void()> refuse);
    void refusal_due();
    void send(std::string bytes);
    void sent(std::size_t bytes, int status);
    void update_reading();
    void check_deadline();
    void arm();
    [[nodiscard]] std::optional<Time> deadline() const;

    Parts parts_;
    std::unique_ptr<RpcSession> session_;
    using Socket = transport::UvHandle<uv_any_handle, RpcConnection>;  // TCP or a pipe
    Socket socket_;
    transport::Timer<RpcConnection> timer_;
    transport::Timer<RpcConnection> soon_;  // a burst of journal records is sent at once
    bool due_soon_ = false;
    transport::Timer<RpcConnection> refusal_;
    std::function<void()> refuse_;  // at refusal_
    std::optional<Endpoint> from_;
    std::string peer_ = "a client";  // clients of a Unix socket have no address
    std::string out_;
    bool open_ = false;
    bool reading_ = false;
    bool pumping_ = false;
    bool again_ = false;                               // woken while pumping
    bool waiting_ = false;                             // for its next turn
    bool finishing_ = false;                           // only sends queued bytes
    bool ended_ = false;                               // the client sent its last byte
    std::uint64_t queued_total_ = 0, sent_total_ = 0;  // bytes since the start
    std::uint64_t owed_until_ = 0;                     // end of the last reply
    std::size_t queued_ = 0;                           // bytes passed to libuv, not yet sent
    std::size_t waiting_seen_ = 0;                     // of those, at the last check
    Time accepted_{}, last_active_{}, last_sent_{}, finish_by_{};
    std::optional<Time> request_since_;
    std::shared_ptr<int> alive_ = std::make_shared<int>();
};

}  // namespace rollcall::agent

// SPDX-License-Identifier: Apache-2.0
//
// One client's socket: carries bytes between it and its RpcSession, and keeps the limits of time
// and of bytes on the way. Reads only when the session can use more, so a client that asks and
// never reads waits for itself. Closing is final and told once, by the loop. The loop's thread.
#pragma once

#include <uv.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "agent/control/session.h"
#include "base/time.h"
#include "transport/uv_handle.h"
#include "transport/uv_timer.h"

namespace rollcall::agent {

class RpcConnection {
public:
    struct Parts {
        uv_loop_t& loop;
        Control& control;
        Log& log;
        const RpcLimits& limits;
        const std::string& token;
        RpcStats& stats;
        std::function<void(std::string_view event, const std::string& text)> complain;
        // Its handles are gone; it may be destroyed in this call.
        std::function<void(RpcConnection&)> closed;
    };
    explicit RpcConnection(Parts parts);
    ~RpcConnection();
    RpcConnection(const RpcConnection&) = delete;
    RpcConnection& operator=(const RpcConnection&) = delete;

    // Takes the waiting client from the listening socket. A libuv error, or 0; after an error it
    // closes itself.
    [[nodiscard]] int accept(uv_stream_t& listener);
    void deliver(std::string_view event, std::string_view name, const Record& record);
    void deliver(const serf::QueryReceived& query);
    // Sends what is on its way, but no longer than `limit`, then closes. No command is begun.
    void finish(Duration limit);
    void close();

    [[nodiscard]] bool open() const { return open_; }
    [[nodiscard]] bool trusted() const { return session_->trusted(); }
    // True: nothing of its is asked for or watched, so it can be given up for another.
    [[nodiscard]] bool idle() const {
        return !session_->busy() && !session_->watches() && queued_ == 0;
    }
    [[nodiscard]] Time last_active() const { return last_active_; }

private:
    struct Write;
    void received(ssize_t count, const uv_buf_t& buffer);
    void pump();
    void send(std::string bytes);
    void sent(std::size_t bytes, int status);
    void read_or_not();
    void check_deadline();
    void arm();
    [[nodiscard]] std::optional<Time> deadline() const;

    Parts parts_;
    std::unique_ptr<RpcSession> session_;
    using Socket = transport::UvHandle<uv_any_handle, RpcConnection>;  // TCP or a pipe
    Socket socket_;
    transport::Timer<RpcConnection> timer_;
    std::string peer_ = "a client";  // of a Unix socket: they have no address
    std::string out_;
    bool open_ = false;
    bool reading_ = false;
    bool pumping_ = false;
    bool again_ = false;                               // woken while pumping
    bool finishing_ = false;                           // sends what is queued, and no more
    bool ended_ = false;                               // the client sent its last byte
    std::uint64_t queued_total_ = 0, sent_total_ = 0;  // bytes since the start
    std::uint64_t owed_until_ = 0;                     // replies lie before this one
    std::size_t queued_ = 0;                           // bytes given to libuv, not yet sent
    std::size_t waiting_seen_ = 0;                     // of those, at the last look
    Time accepted_{}, last_active_{}, last_sent_{}, finish_by_{};
    std::optional<Time> request_since_;
    std::shared_ptr<int> alive_ = std::make_shared<int>();
};

}  // namespace rollcall::agent

// SPDX-License-Identifier: Apache-2.0
//
// One of the two sockets of a passage: reads when it is told to, writes whole texts, and reports
// what happens to it. One thread, that of its loop.
#pragma once

#include <uv.h>

#include <cstddef>
#include <functional>
#include <string>

#include "base/bytes.h"
#include "transport/uv_handle.h"

namespace rollcall::agent {

class StreamEnd {
public:
    struct Events {
        std::function<void(Bytes)> received;  // up to kMostRead bytes
        // It sends no more: `error` is 0 at the regular end, else libuv's.
        std::function<void(int error)> ended;
        std::function<void()> written;  // some of what was written has left
    };
    static constexpr std::size_t kMostRead = std::size_t{16} << 10;

    explicit StreamEnd(Events events) : events_{std::move(events)} {}
    StreamEnd(const StreamEnd&) = delete;
    StreamEnd& operator=(const StreamEnd&) = delete;

    // Each returns a libuv error, or 0. Call one of them once.
    [[nodiscard]] int accept(uv_stream_t& listener);      // a waiting client, TCP
    [[nodiscard]] int open(uv_loop_t& loop, int socket);  // a Unix socket; owned from then on

    void read(bool on);
    void write(std::string bytes);
    // The peer is told that no more comes, after what was written.
    void finish_writing();
    // Bytes that were written and have not left yet.
    [[nodiscard]] std::size_t queued() const;
    // What has not left is lost. `closed` is called by the loop, or at once if it was not open.
    void close(const std::function<void()>& closed) { handle_.close(closed); }
    [[nodiscard]] const uv_tcp_t& tcp() const { return handle_.get()->tcp; }

private:
    using Handle = transport::UvHandle<uv_any_handle, StreamEnd>;
    struct Write;
    void arrived(ssize_t count, const char* bytes);

    Events events_;
    Handle handle_;
    bool reading_ = false;
    bool finished_ = false;
};

}  // namespace rollcall::agent

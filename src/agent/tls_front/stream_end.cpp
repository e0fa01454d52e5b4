// SPDX-License-Identifier: Apache-2.0
#include "agent/tls_front/stream_end.h"

#include <array>
#include <memory>
#include <utility>

namespace rollcall::agent {
namespace {

// Seconds. A client whose machine vanished would keep its place otherwise.
constexpr unsigned kFrontKeepalive = 60;

}  // namespace

// libuv uses the bytes until its callback, which may come after the end of the owner.
struct StreamEnd::Write {
    uv_write_t request{};
    std::string bytes;
};

int StreamEnd::accept(uv_stream_t& listener) {
    int error = handle_.init(
        *this, [&](uv_any_handle* any) { return uv_tcp_init(listener.loop, &any->tcp); });
    if (error == 0) error = uv_accept(&listener, &handle_.get()->stream);
    if (error != 0) return error;
    uv_tcp_nodelay(&handle_.get()->tcp, 1);
    uv_tcp_keepalive(&handle_.get()->tcp, 1, kFrontKeepalive);
    return 0;
}

int StreamEnd::open(uv_loop_t& loop, int socket) {
    const int error =
        handle_.init(*this, [&](uv_any_handle* any) { return uv_pipe_init(&loop, &any->pipe, 0); });
    return error != 0 ? error : uv_pipe_open(&handle_.get()->pipe, socket);
}

void StreamEnd::read(bool on) {
    if (!handle_ || on == reading_) return;
    reading_ = on;
    uv_stream_t* const stream = &handle_.get()->stream;
    if (!on) {
        uv_read_stop(stream);
        return;
    }
    // One read at a time in a thread: all its streams share the buffer.
    static thread_local std::array<char, kMostRead> shared;
    uv_read_start(
        stream,
        [](uv_handle_t*, std::size_t, uv_buf_t* buffer) {
            *buffer = uv_buf_init(shared.data(), static_cast<unsigned>(shared.size()));
        },
        [](uv_stream_t* from, ssize_t count, const uv_buf_t* buffer) {
            if (StreamEnd* owner = Handle::owner_of_base(from)) owner->arrived(count, buffer->base);
        });
}

void StreamEnd::arrived(ssize_t count, const char* bytes) {
    if (count > 0) {
        events_.received(as_bytes({bytes, static_cast<std::size_t>(count)}));
    } else if (count < 0) {
        read(false);
        events_.ended(count == UV_EOF ? 0 : static_cast<int>(count));
    }
}

void StreamEnd::write(std::string bytes) {
    if (!handle_ || finished_ || bytes.empty()) return;
    auto write = std::make_unique<Write>();
    write->bytes = std::move(bytes);
    write->request.data = write.get();
    const uv_buf_t buffer =
        uv_buf_init(write->bytes.data(), static_cast<unsigned>(write->bytes.size()));
    const int error = uv_write(
        &write->request, &handle_.get()->stream, &buffer, 1, [](uv_write_t* request, int status) {
            const std::unique_ptr<Write> done{static_cast<Write*>(request->data)};
            StreamEnd* const owner = Handle::owner_of_base(request->handle);
            if (owner == nullptr) return;
            status == 0 ? owner->events_.written() : owner->events_.ended(status);
        });
    if (error != 0) return events_.ended(error);
    static_cast<void>(write.release());  // the callback's
}

void StreamEnd::finish_writing() {
    if (!handle_ || std::exchange(finished_, true)) return;
    auto request = std::make_unique<uv_shutdown_t>();
    const int error =
        uv_shutdown(request.get(), &handle_.get()->stream, [](uv_shutdown_t* done, int /*status*/) {
            const std::unique_ptr<uv_shutdown_t> freed{done};
            if (StreamEnd* owner = Handle::owner_of_base(done->handle)) owner->events_.written();
        });
    if (error == 0) static_cast<void>(request.release());  // the callback's
}

std::size_t StreamEnd::queued() const {
    return handle_ ? uv_stream_get_write_queue_size(&handle_.get()->stream) : 0;
}

}  // namespace rollcall::agent

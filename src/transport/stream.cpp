// SPDX-License-Identifier: Apache-2.0
#include "transport/stream.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "transport/clock.h"
#include "transport/uv_error.h"

namespace rollcall::transport {

using membership::StreamEnd;

namespace {

// The part of a write that the system did not accept at once.
struct QueuedWrite {
    uv_write_t request{};
    SharedBytes owner;
    std::size_t size = 0;
};

}  // namespace

StreamEnd end_of_error(int uv_error) {
    const int number = system_number(uv_error);
    switch (uv_error) {
        case UV_EOF:
            return StreamEnd::finished;
        case UV_ECONNREFUSED:
            return {StreamEnd::refused, number};
        case UV_ECONNRESET:
        case UV_ECONNABORTED:
        case UV_EPIPE:
            return {StreamEnd::reset, number};
        case UV_ETIMEDOUT:
        case UV_EHOSTUNREACH:  // no host answered for that address: the peer is silent, not a
                               // local failure
        case UV_EHOSTDOWN:
            return {StreamEnd::timed_out, number};
        default:
            return {StreamEnd::local, number};
    }
}

Stream::~Stream() {
    if (tcp_) --stats_.now_open;
}

int Stream::init(unsigned family) {
    timer_.init(*this, loop_);
    const int error =
        tcp_.init(*this, [&](uv_tcp_t* t) { return uv_tcp_init_ex(&loop_, t, family); });
    if (error == 0) ++stats_.now_open;
    return error;
}

void Stream::connect(const Endpoint& to, Time deadline, std::uint32_t default_scope) {
    const Family family = family_of(to);
    const int unready = init(family == Family::v4 ? AF_INET : AF_INET6);
    if (unready != 0) {
        if (timer_) return fail_later(StreamEnd::local);
        return;  // cannot happen: libuv's timers need no resource
    }
    uv_tcp_nodelay(tcp_.get(), 1);
    const auto address = to_socket_address(to, family, default_scope);
    auto request = std::make_unique<uv_connect_t>();
    const int error = uv_tcp_connect(request.get(), tcp_.get(), &address->any,
                                     [](uv_connect_t* raw_request, int status) {
                                         const std::unique_ptr<uv_connect_t> freed{raw_request};
                                         auto* stream = Tcp::owner_of_base(freed->handle);
                                         if (stream != nullptr) stream->connect_done(status);
                                     });
    if (error != 0) return fail_later(end_of_error(error));
    static_cast<void>(request.release());  // the callback's from here
    state_ = State::connecting;
    expire_at(deadline);
}

void Stream::connect_done(int status) {
    if (state_ != State::connecting) return;
    int error = status;
    if (error == 0) error = start_reading();
    if (error != 0) {
        state_ = State::failing;
        return owner_.ended(*this, end_of_error(error));
    }
    state_ = State::open;
    expire_at(clock_now() + limits_.idle_timeout);
    owner_.connected(*this);
}

Result<Endpoint, int> Stream::accept(uv_stream_t* listener) {
    int error = init(AF_UNSPEC);
    if (error != 0) return error;
    if (error = uv_accept(listener, raw()); error != 0) return error;
    sockaddr_storage name{};
    int size = sizeof name;
    error = uv_tcp_getpeername(tcp_.get(), reinterpret_cast<sockaddr*>(&name), &size);
    if (error != 0) return error;
    const auto from = to_endpoint(reinterpret_cast<const sockaddr&>(name));
    if (!from) return int{UV_EAFNOSUPPORT};
    uv_tcp_nodelay(tcp_.get(), 1);
    if (error = start_reading(); error != 0) return error;
    state_ = State::open;
    expire_at(clock_now() + limits_.idle_timeout);
    return *from;
}

int Stream::start_reading() {
    return uv_read_start(
        raw(),
        [](uv_handle_t* handle, std::size_t, uv_buf_t* buffer) {
            auto* stream = Tcp::owner_of_base(handle);
            *buffer = uv_buf_init(nullptr, 0);
            if (stream == nullptr) return;
            const MutableBytes room = stream->owner_.read_buffer();
            *buffer = uv_buf_init(reinterpret_cast<char*>(room.data()),
                                  static_cast<unsigned>(room.size()));
        },
        [](uv_stream_t* handle, ssize_t count, const uv_buf_t* buffer) {
            auto* stream = Tcp::owner_of_base(handle);
            if (stream != nullptr) stream->read_done(count, *buffer);
        });
}

void Stream::read_done(ssize_t count, const uv_buf_t& buffer) {
    if (count == 0) return;  // libuv: nothing was there after all
    if (count > 0) {
        const auto size = static_cast<std::size_t>(count);
        stats_.received_bytes += size;
        if (state_ == State::open) {
            if (!broken_) deadline_ = clock_now() + limits_.idle_timeout;
            return owner_.data(*this, {reinterpret_cast<const std::byte*>(buffer.base), size});
        }
        discarded_ += size;
        if (state_ == State::closing && discarded_ > limits_.max_linger_bytes) {
            ++stats_.cut;
            owner_.gone(*this);
        }
        return;
    }
    uv_read_stop(raw());
    if (count == UV_EOF) peer_finished_ = true;
    if (state_ == State::closing) {
        // All sent and the peer has ended its side, or the connection is broken.
        if (count != UV_EOF || shut_) owner_.gone(*this);
        return;
    }
    if (state_ != State::open) return;
    const StreamEnd end = end_of_error(static_cast<int>(count));
    owner_.ended(*this, broken_ && end == StreamEnd::finished ? StreamEnd::reset : end);
}

void Stream::write(Bytes bytes, const SharedBytes& owner) {
    if (state_ != State::open || broken_ || bytes.empty()) return;
    std::size_t taken = 0;
    const std::size_t queued = uv_stream_get_write_queue_size(raw());
    if (queued == 0) {
        // libuv takes a mutable pointer and does not write through it.
        const uv_buf_t now =
            uv_buf_init(const_cast<char*>(reinterpret_cast<const char*>(bytes.data())),
                        static_cast<unsigned>(bytes.size()));
        const int result = uv_try_write(raw(), &now, 1);
        if (result < 0 && result != UV_EAGAIN) return write_failed(result);
        taken = static_cast<std::size_t>(std::max(result, 0));
        stats_.sent_bytes += taken;
    }
    const Bytes rest = bytes.subspan(taken);
    if (rest.empty()) {
        deadline_ = clock_now() + limits_.idle_timeout;
        return;
    }
    if (queued + rest.size() > limits_.max_write_queue) {
        ++stats_.write_overflows;
        return fail_later(StreamEnd::timed_out);  // the peer does not read
    }
    auto write = std::make_unique<QueuedWrite>();
    write->owner = owner;
    Bytes kept = rest;
    if (!owner) {
        write->owner = std::make_shared<const std::vector<std::byte>>(rest.begin(), rest.end());
        kept = *write->owner;
    }
    write->size = kept.size();
    write->request.data = write.get();
    const uv_buf_t later =
        uv_buf_init(const_cast<char*>(reinterpret_cast<const char*>(kept.data())),
                    static_cast<unsigned>(kept.size()));
    const int error =
        uv_write(&write->request, raw(), &later, 1, [](uv_write_t* request, int status) {
            const std::unique_ptr<QueuedWrite> done{static_cast<QueuedWrite*>(request->data)};
            auto* stream = Tcp::owner_of_base(request->handle);
            if (stream == nullptr) return;
            if (status == 0) stream->stats_.sent_bytes += done->size;
            stream->write_done(status);
        });
    if (error != 0) return write_failed(error);
    static_cast<void>(write.release());  // the callback's from here
}

void Stream::write_done(int status) {
    if (status == 0) {
        if (state_ == State::open) deadline_ = clock_now() + limits_.idle_timeout;
        return;
    }
    if (state_ == State::closing) return owner_.gone(*this);
    if (state_ == State::open) write_failed(status);
}

// The peer closed while we were writing. Its last bytes are still unread, and often contain the
// reason ("too large"): the read side ends the stream soon.
void Stream::write_failed(int error) {
    const StreamEnd end = end_of_error(error);
    if (end != StreamEnd::reset) return fail_later(end);
    if (std::exchange(broken_, true)) return;
    expire_at(clock_now() + limits_.linger_timeout);
}

void Stream::close() {
    if (state_ == State::closing) return;
    const bool was_open = state_ == State::open;
    state_ = State::closing;
    if (!was_open) return owner_.gone(*this);
    auto request = std::make_unique<uv_shutdown_t>();
    const int error = uv_shutdown(request.get(), raw(), [](uv_shutdown_t* raw_request, int status) {
        const std::unique_ptr<uv_shutdown_t> freed{raw_request};
        auto* stream = Tcp::owner_of_base(freed->handle);
        if (stream == nullptr) return;
        if (status != 0) return stream->owner_.gone(*stream);
        stream->shutdown_done();
    });
    if (error != 0) return owner_.gone(*this);
    static_cast<void>(request.release());  // the callback's from here
    last_queue_ = uv_stream_get_write_queue_size(raw());
    expire_at(clock_now() + limits_.flush_timeout);
}

void Stream::shutdown_done() {
    shut_ = true;
    if (peer_finished_) return owner_.gone(*this);
    expire_at(clock_now() + limits_.linger_timeout);
}

void Stream::fail_later(StreamEnd end) {
    if (state_ == State::closing || state_ == State::failing) return;
    state_ = State::failing;
    failure_ = end;
    if (tcp_) uv_read_stop(raw());
    arm(Time{});
}

// Resets the deadline. Within a state it only moves later, so setting deadline_ is enough: the
// timer checks it when it fires.
void Stream::expire_at(Time deadline) {
    deadline_ = deadline;
    arm(deadline);
}

void Stream::arm(Time deadline) {
    timer_.start<&Stream::timer_fired>(deadline - clock_now());
}

void Stream::timer_fired() {
    if (state_ == State::failing) return owner_.ended(*this, failure_);
    if (clock_now() < deadline_) return arm(deadline_);
    if (state_ != State::closing) {
        state_ = State::failing;
        return owner_.ended(*this, StreamEnd::timed_out);
    }
    const std::size_t queue = uv_stream_get_write_queue_size(raw());
    if (!shut_ && queue < last_queue_) {
        last_queue_ = queue;
        return expire_at(clock_now() + limits_.flush_timeout);
    }
    if (!shut_) ++stats_.cut;
    owner_.gone(*this);
}

void Stream::abandon(const std::function<void()>& closed) {
    if (tcp_) --stats_.now_open;
    tcp_.close(closed);
    timer_.close(closed);
    state_ = State::closing;
}

}  // namespace rollcall::transport

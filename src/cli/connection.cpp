// SPDX-License-Identifier: Apache-2.0
#include "cli/connection.h"

#include <algorithm>
#include <csignal>
#include <memory>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/check.h"

namespace rollcall::cli {

namespace {

constexpr const char* kInterrupted = "interrupted";

template <class Handle>
uv_handle_t* as_handle(Handle* handle) {
    return reinterpret_cast<uv_handle_t*>(handle);
}

std::string limit_text(std::chrono::milliseconds limit) {
    const auto ms = limit.count();
    return ms % 1000 == 0 ? std::to_string(ms / 1000) + " s" : std::to_string(ms) + " ms";
}

// Never freed: a thread still uses the loops.
std::vector<std::unique_ptr<uv_loop_t>>& loops_left_behind() {
    static auto* const loops = new std::vector<std::unique_ptr<uv_loop_t>>;
    return *loops;
}

std::string error_text(int status) {
    return uv_strerror(status);
}

}  // namespace

// libuv owns a request until its callback ran, even if the caller no longer waits: so each is on
// the heap and freed by the callback.
struct Connection::ConnectAttempt {
    uv_connect_t request{};
    std::shared_ptr<std::optional<int>> status;
};
struct Connection::Way {  // each returns a libuv error, or 0
    std::function<int(uv_any_handle&)> make;
    std::function<int(uv_connect_t&, uv_connect_cb)> start;
};
struct Connection::PendingWrite {
    uv_write_t request{};
    std::string bytes;
    std::shared_ptr<std::optional<int>> status;
};

Connection::Connection(std::function<void(std::string_view)> on_bytes)
    : on_bytes_{std::move(on_bytes)} {
    ROLLCALL_CHECK(uv_loop_init(loop_.get()) == 0);
    ROLLCALL_CHECK(uv_timer_init(loop_.get(), &timer_) == 0);
    ROLLCALL_CHECK(uv_signal_init(loop_.get(), &signal_) == 0);
    timer_.data = this;
    signal_.data = this;
}

Connection::~Connection() {
    close();
    const auto closed = [](uv_handle_t* handle) {
        --static_cast<Connection*>(handle->data)->handles_open_;
    };
    uv_close(as_handle(&timer_), closed);
    uv_close(as_handle(&signal_), closed);
    for (uv_poll_t& waker : wakers_) uv_close(as_handle(&waker), closed);
    if (lookup_stuck_) {
        // Closes our handles; the loop stays for the thread of the lookup.
        while (handles_open_ > 0) uv_run(loop_.get(), UV_RUN_NOWAIT);
        if (uv_loop_alive(loop_.get()) != 0) loops_left_behind().push_back(std::move(loop_));
    }
    if (loop_) {
        uv_run(loop_.get(), UV_RUN_DEFAULT);  // every close callback and abandoned request
        ROLLCALL_CHECK(uv_loop_close(loop_.get()) == 0);
    }
    uv_freeaddrinfo(addresses_);
}

void Connection::close() {
    if (socket_ == nullptr) return;
    uv_close(as_handle(socket_),
             [](uv_handle_t* handle) { delete reinterpret_cast<uv_any_handle*>(handle); });
    socket_ = nullptr;
}

void Connection::catch_interrupt() {
    uv_signal_start(
        &signal_,
        [](uv_signal_t* handle, int) {
            static_cast<Connection*>(handle->data)->interrupted_ = true;
        },
        SIGINT);
}

Connection::Wait Connection::pump(const std::function<bool()>& done,
                                  std::optional<Milliseconds> limit) {
    timed_out_ = false;
    limit_ms_ =
        limit ? static_cast<std::uint64_t>(std::max<Milliseconds::rep>(limit->count(), 1)) : 0;
    if (limit) {
        uv_update_time(loop_.get());
        uv_timer_start(
            &timer_,
            [](uv_timer_t* handle) { static_cast<Connection*>(handle->data)->timed_out_ = true; },
            limit_ms_, limit_ms_);
    }
    while (!done() && !timed_out_ && !interrupted_ && !woken_) uv_run(loop_.get(), UV_RUN_ONCE);
    uv_timer_stop(&timer_);
    if (done()) return Wait::done;
    if (std::exchange(interrupted_, false)) return Wait::interrupted;
    if (woken_) return Wait::woken;
    return Wait::timed_out;
}

void Connection::wake_on(int descriptor) {
    uv_poll_t& waker = wakers_.emplace_back();
    if (uv_poll_init(loop_.get(), &waker, descriptor) != 0) {
        wakers_.pop_back();
        return;
    }
    waker.data = this;
    ++handles_open_;
}

// Watched only here: elsewhere a descriptor that stays readable would keep the loop busy.
Connection::Wait Connection::pump_or_wake(const std::function<bool()>& done,
                                          std::optional<Milliseconds> limit) {
    for (uv_poll_t& waker : wakers_) {
        uv_poll_start(&waker, UV_READABLE, [](uv_poll_t* handle, int, int) {
            static_cast<Connection*>(handle->data)->woken_ = true;
        });
    }
    const Wait wait = pump(done, limit);
    for (uv_poll_t& waker : wakers_) uv_poll_stop(&waker);
    woken_ = false;
    return wait;
}

std::string Connection::resolve(const std::string& host, std::uint16_t port, Milliseconds limit) {
    struct Lookup {
        uv_getaddrinfo_t request{};
        bool abandoned = false;
        std::optional<int> status;
        addrinfo* found = nullptr;
    };
    auto lookup = std::make_unique<Lookup>();
    lookup->request.data = lookup.get();
    addrinfo hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    const int started = uv_getaddrinfo(
        loop_.get(), &lookup->request,
        [](uv_getaddrinfo_t* request, int status, addrinfo* found) {
            auto* self = static_cast<Lookup*>(request->data);
            if (self->abandoned) {
                uv_freeaddrinfo(found);
                delete self;
                return;
            }
            self->status = status;
            self->found = found;
        },
        host.c_str(), std::to_string(port).c_str(), &hints);
    if (started != 0) return error_text(started);

    const Wait wait = pump([&] { return lookup->status.has_value(); }, limit);
    if (wait != Wait::done) {
        lookup->abandoned = true;
        lookup_stuck_ = uv_cancel(reinterpret_cast<uv_req_t*>(&lookup->request)) != 0;
        [[maybe_unused]] const auto* owned_by_callback = lookup.release();
        return wait == Wait::interrupted ? kInterrupted : "no answer within " + limit_text(limit);
    }
    uv_freeaddrinfo(std::exchange(addresses_, lookup->found));
    return *lookup->status == 0 ? "" : error_text(*lookup->status);
}

std::string Connection::connect(Milliseconds limit_per_address) {
    std::string why = "the name has no address";
    for (const addrinfo* a = addresses_; a != nullptr; a = a->ai_next) {
        why = connect_by(
            {.make = [&](uv_any_handle& any) { return uv_tcp_init(loop_.get(), &any.tcp); },
             .start =
                 [&](uv_connect_t& request, uv_connect_cb done) {
                     return uv_tcp_connect(&request, &socket_->tcp, a->ai_addr, done);
                 }},
            limit_per_address);
        if (why == kInterrupted) break;
        if (why.empty()) {
            uv_tcp_nodelay(&socket_->tcp, 1);
            break;
        }
    }
    if (why.empty()) start_reading();
    return why;
}

std::string Connection::connect_unix(const std::string& path, Milliseconds limit) {
    std::string why = connect_by(
        {.make = [&](uv_any_handle& any) { return uv_pipe_init(loop_.get(), &any.pipe, 0); },
         .start =
             [&](uv_connect_t& request, uv_connect_cb done) {
                 uv_pipe_connect(&request, &socket_->pipe, path.c_str(), done);
                 return 0;
             }},
        limit);
    if (why.empty()) start_reading();
    return why;
}

std::string Connection::connect_by(const Way& way, Milliseconds limit) {
    close();
    auto socket = std::make_unique<uv_any_handle>();
    if (const int made = way.make(*socket); made != 0) return error_text(made);
    socket->handle.data = this;
    socket_ = socket.release();

    auto status = std::make_shared<std::optional<int>>();
    auto attempt = std::make_unique<ConnectAttempt>(ConnectAttempt{.status = status});
    attempt->request.data = attempt.get();
    const int started = way.start(attempt->request, [](uv_connect_t* request, int result) {
        const std::unique_ptr<ConnectAttempt> self{static_cast<ConnectAttempt*>(request->data)};
        *self->status = result;
    });
    if (started != 0) {
        close();
        return error_text(started);
    }
    [[maybe_unused]] const auto* owned_by_callback = attempt.release();

    const Wait wait = pump([&] { return status->has_value(); }, limit);
    if (wait == Wait::done && **status == 0) return "";
    close();
    if (wait == Wait::done) return error_text(**status);
    return wait == Wait::interrupted ? kInterrupted : "no connection within " + limit_text(limit);
}

void Connection::start_reading() {
    uv_read_start(
        &socket_->stream,
        [](uv_handle_t* handle, std::size_t, uv_buf_t* buf) {
            auto* self = static_cast<Connection*>(handle->data);
            *buf = uv_buf_init(self->buffer_, sizeof self->buffer_);
        },
        [](uv_stream_t* stream, ssize_t size, const uv_buf_t* buf) {
            auto* self = static_cast<Connection*>(stream->data);
            if (size == 0) return;
            if (size < 0) {
                uv_read_stop(stream);
                return self->cut(static_cast<int>(size));
            }
            if (self->limit_ms_ != 0) uv_timer_again(&self->timer_);
            self->received({buf->base, static_cast<std::size_t>(size)});
        });
}

void Connection::received(std::string_view bytes) {
    if (!session_) return on_bytes_(bytes);
    session_->receive(as_bytes(bytes));
    if (session_->has_sealed()) static_cast<void>(send(session_->take_sealed()));
    while (session_->has_plain()) on_bytes_(session_->take_plain());
    if (session_->state() == tls::Session::State::failed) ended_ = session_->error();
}

void Connection::cut(int error) {
    if (session_) session_->cut();
    ended_ = error == UV_EOF ? tls_error() : error_text(error);
}

const std::string& Connection::tls_error() const {
    static const std::string none;
    return session_ ? session_->error() : none;
}

std::string Connection::secure(std::shared_ptr<const tls::Credentials> credentials,
                               const std::string& name, Milliseconds limit) {
    using State = tls::Session::State;
    session_.emplace(std::move(credentials), name);
    static_cast<void>(send(session_->take_sealed()));
    const Wait wait = pump([&] { return session_->state() != State::handshake || ended_; }, limit);
    if (wait == Wait::interrupted) return kInterrupted;
    if (wait != Wait::done) return "no TLS within " + limit_text(limit);
    return tls_error();
}

Connection::WriteStatus Connection::send(std::string bytes) {
    auto status = std::make_shared<std::optional<int>>();
    auto pending =
        std::make_unique<PendingWrite>(PendingWrite{.bytes = std::move(bytes), .status = status});
    pending->request.data = pending.get();
    const uv_buf_t buf =
        uv_buf_init(pending->bytes.data(), static_cast<unsigned>(pending->bytes.size()));
    const int started =
        uv_write(&pending->request, &socket_->stream, &buf, 1, [](uv_write_t* request, int result) {
            const std::unique_ptr<PendingWrite> self{static_cast<PendingWrite*>(request->data)};
            *self->status = result;
        });
    if (started != 0) {
        *status = started;
    } else {
        [[maybe_unused]] const auto* owned_by_callback = pending.release();
    }
    return status;
}

std::string Connection::write(std::string bytes, Milliseconds limit) {
    if (socket_ == nullptr) return "not connected";
    if (session_) {
        session_->write(bytes);
        bytes = session_->take_sealed();
    }
    const WriteStatus status = send(std::move(bytes));
    const Wait wait = pump([&] { return status->has_value(); }, limit);
    if (wait == Wait::done) return **status == 0 ? "" : error_text(**status);
    close();  // a partial request makes the connection unusable
    return wait == Wait::interrupted ? kInterrupted
                                     : "the agent read no bytes for " + limit_text(limit);
}

bool lookup_left_behind() {
    return !loops_left_behind().empty();
}

}  // namespace rollcall::cli

// SPDX-License-Identifier: Apache-2.0
#include "agent/control/connection.h"

#include <algorithm>
#include <array>
#include <utility>

#include "transport/addresses.h"
#include "transport/clock.h"

namespace rollcall::agent {
namespace {

constexpr unsigned kKeepaliveSeconds = 60;
constexpr std::chrono::milliseconds kSoon{10};
constexpr std::size_t kPiece = std::size_t{16} << 10;  // between two looks at the clock
constexpr std::size_t kReadBuffer = std::size_t{64} << 10;

std::optional<Endpoint> peer_of(const uv_tcp_t& socket) {
    transport::SocketAddress address{};
    int size = sizeof address;
    if (uv_tcp_getpeername(&socket, &address.any, &size) != 0) return {};
    return transport::to_endpoint(address.any);
}

}  // namespace

// Owns the bytes until libuv is done with them; the connection may be gone by then.
struct RpcConnection::Write {
    uv_write_t request{};
    std::string bytes;
    RpcConnection* owner = nullptr;
    std::weak_ptr<int> alive;
};

RpcConnection::RpcConnection(Parts parts) : parts_{std::move(parts)} {}
RpcConnection::~RpcConnection() = default;

void RpcConnection::begin() {
    open_ = true;
    timer_.init(*this, parts_.loop);
    soon_.init(*this, parts_.loop);
    refusal_.init(*this, parts_.loop);
}

int RpcConnection::adopt(OwnedFd socket, const Endpoint& from) {
    begin();
    from_ = from;
    peer_ = from.to_string();
    int error = socket_.init(
        *this, [&](uv_any_handle* any) { return uv_pipe_init(&parts_.loop, &any->pipe, 0); });
    if (error == 0) error = uv_pipe_open(&socket_.get()->pipe, socket.get());
    if (error == 0) static_cast<void>(socket.release());  // the handle's
    return ready(error);
}

int RpcConnection::accept(uv_stream_t& listener) {
    begin();
    const bool tcp = listener.type == UV_TCP;
    int error = socket_.init(*this, [&](uv_any_handle* any) {
        return tcp ? uv_tcp_init(&parts_.loop, &any->tcp)
                   : uv_pipe_init(&parts_.loop, &any->pipe, 0);
    });
    if (error == 0) error = uv_accept(&listener, &socket_.get()->stream);
    if (error == 0 && tcp) {
        uv_tcp_t& socket = socket_.get()->tcp;
        from_ = peer_of(socket);
        if (from_) peer_ = from_->to_string();
        // Otherwise a client whose machine vanished would keep its place indefinitely.
        uv_tcp_keepalive(&socket, 1, kKeepaliveSeconds);
        uv_tcp_nodelay(&socket, 1);
    }
    return ready(error);
}

int RpcConnection::ready(int error) {
    session_ = std::make_unique<RpcSession>(RpcClient{
        .control = parts_.control,
        .log = parts_.log,
        .limits = parts_.limits,
        .token = parts_.token,
        .stats = parts_.stats,
        .peer = peer_,
        .wake = [this] { pump(); },
        .wake_soon = [this] { pump_soon(); },
        .refuse_token = [this](std::function<void()> refuse) { refuse_token(std::move(refuse)); },
        .complain = parts_.complain});
    if (error != 0) {
        close();
        return error;
    }
    accepted_ = last_active_ = last_sent_ = transport::clock_now();
    update_reading();
    arm();
    return 0;
}

void RpcConnection::deliver(std::string_view event, std::string_view name, const Record& record) {
    if (open_ && !finishing_) session_->deliver(event, name, record);
}

void RpcConnection::deliver(const serf::QueryReceived& query) {
    if (open_ && !finishing_) session_->deliver(query);
}

// --- in ------------------------------------------------------------------------------------------

void RpcConnection::update_reading() {
    if (!open_) return;
    // Unread bytes stay in the kernel's buffer, and then with the client.
    const bool want = !finishing_ && !ended_ && !waiting_ && session_->wants_input() &&
                      queued_ < parts_.limits.backlog_bytes;
    if (want == reading_) return;
    uv_stream_t* const stream = &socket_.get()->stream;
    reading_ = want;
    if (!want) {
        uv_read_stop(stream);
        return;
    }
    // One loop, one read at a time: all connections share the buffer.
    static thread_local std::array<char, kReadBuffer> shared;
    uv_read_start(
        stream,
        [](uv_handle_t*, std::size_t, uv_buf_t* buffer) {
            *buffer = uv_buf_init(shared.data(), static_cast<unsigned>(shared.size()));
        },
        [](uv_stream_t* from, ssize_t count, const uv_buf_t* buffer) {
            if (RpcConnection* owner = Socket::owner_of_base(from)) owner->received(count, *buffer);
        });
}

void RpcConnection::received(ssize_t count, const uv_buf_t& buffer) {
    if (count == 0) return;
    last_active_ = transport::clock_now();
    if (count < 0) {
        ended_ = true;
        if (count != UV_EOF) return close();
        return pump();  // a client that only stopped writing still gets its replies
    }
    session_->receive({buffer.base, static_cast<std::size_t>(count)});
    pump();
}

// --- out -----------------------------------------------------------------------------------------

void RpcConnection::pump_soon() {
    if (!open_ || std::exchange(due_soon_, true)) return;
    soon_.start<&RpcConnection::pump_later>(kSoon);
}

void RpcConnection::pump_later() {
    due_soon_ = false;
    pump();
}

void RpcConnection::pump() {
    if (pumping_) {
        again_ = true;
        return;
    }
    if (!open_ || finishing_) return;
    waiting_ = true;
    parts_.turns.ask(*this);
    update_reading();  // not while it waits: what it has sent already is enough
}

bool RpcConnection::take_turn(Time end) {
    if (!open_ || finishing_) return false;
    pumping_ = true;
    bool more = false;
    do {
        again_ = false;
        more = true;
        while (open_ && more && queued_ < parts_.limits.backlog_bytes) {
            out_.clear();
            more = session_->pump(out_, std::min(kPiece, parts_.limits.backlog_bytes - queued_));
            const bool replied = session_->take_replied();
            if (replied) owed_until_ = queued_total_ + out_.size();
            if (!out_.empty()) send(std::move(out_));
            if (transport::clock_now() >= end) break;
        }
    } while (again_ && open_ && transport::clock_now() < end);
    more = (more && queued_ < parts_.limits.backlog_bytes) || again_;
    pumping_ = false;
    if (!open_) return false;
    waiting_ = more;
    if (!more && queued_ == 0 && (session_->closing() || (ended_ && !session_->busy()))) {
        close();
        return false;
    }
    if (!session_->in_request() || session_->busy()) {
        request_since_.reset();
    } else if (!request_since_) {
        request_since_ = transport::clock_now();
    }
    update_reading();
    arm();
    return more;
}

// One at a time: the session executes no other command until then.
void RpcConnection::refuse_token(std::function<void()> refuse) {
    refuse_ = std::move(refuse);
    refusal_.start<&RpcConnection::refusal_due>(
        parts_.wrong_tokens.add(transport::clock_now(), from_));
}

void RpcConnection::refusal_due() {
    if (open_ && refuse_) std::exchange(refuse_, nullptr)();
}

void RpcConnection::send(std::string bytes) {
    uv_stream_t* const stream = &socket_.get()->stream;
    const std::size_t all = bytes.size();
    queued_total_ += all;
    uv_buf_t buffer = uv_buf_init(bytes.data(), static_cast<unsigned>(all));
    // Usually everything is sent at once, without a copy.
    const int at_once = queued_ == 0 ? uv_try_write(stream, &buffer, 1) : UV_EAGAIN;
    if (at_once < 0 && at_once != UV_EAGAIN) return close();
    const std::size_t done = at_once > 0 ? static_cast<std::size_t>(at_once) : 0;
    if (done > 0) {
        sent_total_ += done;
        last_sent_ = transport::clock_now();
    }
    if (done == all) {
        out_ = std::move(bytes);  // reuses its memory
        return;
    }
    if (queued_ == 0) last_sent_ = transport::clock_now();
    auto write = std::make_unique<Write>();
    write->bytes = done == 0 ? std::move(bytes) : bytes.substr(done);
    write->owner = this;
    write->alive = alive_;
    write->request.data = write.get();
    buffer = uv_buf_init(write->bytes.data(), static_cast<unsigned>(write->bytes.size()));
    queued_ += write->bytes.size();
    waiting_seen_ = queued_;
    const int error =
        uv_write(&write->request, stream, &buffer, 1, [](uv_write_t* request, int status) {
            const std::unique_ptr<Write> finished{static_cast<Write*>(request->data)};
            if (!finished->alive.expired()) finished->owner->sent(finished->bytes.size(), status);
        });
    if (error != 0) {
        queued_ -= write->bytes.size();
        return close();
    }
    static_cast<void>(write.release());  // the callback frees it
}

void RpcConnection::sent(std::size_t bytes, int status) {
    queued_ -= bytes;
    if (!open_) return;
    if (status != 0) return close();
    sent_total_ += bytes;
    last_sent_ = transport::clock_now();
    if (finishing_) {
        if (queued_ == 0) close();
        return;
    }
    pump();
}

// --- limits of time ------------------------------------------------------------------------------

std::optional<Time> RpcConnection::deadline() const {
    if (finishing_) return finish_by_;
    std::optional<Time> first;
    const auto earliest = [&](Time at) { first = first ? std::min(*first, at) : at; };
    if (!session_->trusted()) earliest(accepted_ + parts_.limits.handshake_timeout);
    if (request_since_) earliest(*request_since_ + parts_.limits.request_timeout);
    if (sent_total_ < owed_until_) earliest(last_sent_ + parts_.limits.reply_timeout);
    return first;
}

void RpcConnection::arm() {
    if (!open_) return;
    const auto at = deadline();
    if (!at) {
        timer_.stop();
        return;
    }
    timer_.start<&RpcConnection::check_deadline>(*at - transport::clock_now());
}

void RpcConnection::check_deadline() {
    // libuv reports a write only when all of it is sent; a slow reader takes it bit by bit.
    const std::size_t waiting = uv_stream_get_write_queue_size(&socket_.get()->stream);
    if (waiting < std::exchange(waiting_seen_, waiting)) last_sent_ = transport::clock_now();
    const auto at = deadline();
    if (!at || transport::clock_now() < *at) return arm();
    if (!finishing_) {
        ++parts_.stats.timed_out;
        const std::string_view what = !session_->trusted() ? "handshake"
                                      : request_since_     ? "request"
                                                           : "reading a reply";
        parts_.complain("rpc-timed-out",
                        peer_ + " timed out (" + std::string{what} + "); connection closed");
    }
    close();
}

// --- the end -------------------------------------------------------------------------------------

void RpcConnection::finish(Duration limit) {
    if (!open_ || finishing_) return;
    if (!pumping_) static_cast<void>(take_turn(Time::max()));  // replies that are ready
    if (!open_) return;
    if (queued_ == 0) return close();
    finishing_ = true;
    finish_by_ = transport::clock_now() + limit;
    update_reading();
    arm();
}

void RpcConnection::close() {
    if (!std::exchange(open_, false)) return;
    reading_ = false;
    parts_.turns.forget(*this);
    timer_.close();
    refusal_.close();
    soon_.close([this, alive = std::weak_ptr{alive_}] {
        if (alive.expired()) return;
        socket_.close([this, alive] {
            if (alive.expired()) return;
            const auto closed = parts_.closed;  // a copy: it may destroy this object
            closed(*this);
        });
    });
}

}  // namespace rollcall::agent

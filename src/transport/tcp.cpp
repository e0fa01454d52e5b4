// SPDX-License-Identifier: Apache-2.0
#include "transport/tcp.h"

#include <utility>

#include "base/check.h"

namespace rollcall::transport {

using membership::StreamEnd;

namespace {

constexpr std::chrono::milliseconds kPause{1};
constexpr int kBacklog = 511;                   // the kernel caps it at its own somaxconn
constexpr std::size_t kReadBuffer = 64 * 1024;  // one read; libuv reads up to 32 of them in a row

void count_end(TcpStats& stats, StreamEnd end) {
    switch (end.kind) {
        case StreamEnd::finished:
            ++stats.ended_finished;
            return;
        case StreamEnd::reset:
            ++stats.ended_reset;
            return;
        case StreamEnd::refused:
            ++stats.ended_refused;
            return;
        case StreamEnd::timed_out:
            ++stats.ended_timed_out;
            return;
        case StreamEnd::local:
            ++stats.ended_local;
            return;
    }
}

}  // namespace

TcpStreams::TcpStreams(uv_loop_t& loop, const Limits& limits, TcpStats& stats)
    : loop_{loop}, limits_{limits}, stats_{stats} {}

TcpStreams::~TcpStreams() = default;

int TcpStreams::bind(const Endpoint& at) {
    scope_ = at.scope;
    const Family family = family_of(at);
    int error = listener_.init(*this, [&](uv_tcp_t* tcp) {
        return uv_tcp_init_ex(&loop_, tcp, family == Family::v4 ? AF_INET : AF_INET6);
    });
    if (error != 0) return error;
    if (family == Family::v6) {
        const int off = 0;  // `::` is for both families, whatever the system's default is
        if (setsockopt(descriptor(), SOL_IPV6, IPV6_V6ONLY, &off, sizeof off) != 0) {
            return uv_translate_sys_error(errno);
        }
    }
    const auto address = to_socket_address(at, family);
    return uv_tcp_bind(listener_.get(), &address->any, 0);
}

Result<Endpoint, int> TcpStreams::local() const {
    sockaddr_storage name{};
    int size = sizeof name;
    const int error =
        uv_tcp_getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&name), &size);
    if (error != 0) return error;
    const auto endpoint = to_endpoint(reinterpret_cast<const sockaddr&>(name));
    if (!endpoint) return int{UV_EAFNOSUPPORT};
    return *endpoint;
}

int TcpStreams::listen() {
    return uv_listen(reinterpret_cast<uv_stream_t*>(listener_.get()), kBacklog,
                     [](uv_stream_t* handle, int status) {
                         auto* owner = Listener::owner_of_base(handle);
                         if (owner != nullptr) owner->connection_waiting(status);
                     });
}

int TcpStreams::descriptor() const {
    uv_os_fd_t fd = -1;
    static_cast<void>(uv_fileno(reinterpret_cast<uv_handle_t*>(listener_.get()), &fd));
    return fd;
}

void TcpStreams::start(Inputs& inputs) {
    inputs_ = &inputs;
    pause_.init(*this, loop_);
    if (waiting_) connection_waiting(0);
}

void TcpStreams::connection_waiting(int status) {
    if (status != 0) {
        ++stats_.accept_failed;
        return;
    }
    waiting_ = inputs_ == nullptr || in_a_row_ >= kAcceptedInARow;
    if (waiting_) return;  // libuv holds it, and accepts no other until then
    if (in_a_row_++ == 0) pause_.start<&TcpStreams::accept_again>(kPause);
    active_ = true;
    auto* listener = reinterpret_cast<uv_stream_t*>(listener_.get());
    if (accepted_ >= limits_.max_accepted) return refuse_one();
    const StreamId id{StreamId::kAcceptedBit | next_accepted_++};
    Stream& stream = add(id);
    const auto from = stream.accept(listener);
    if (!from) {
        ++stats_.accept_failed;
        return gone(stream);
    }
    ++stats_.accepted;
    inputs_->stream_accepted(id, *from);
}

void TcpStreams::accept_again() {
    in_a_row_ = 0;
    if (waiting_) connection_waiting(0);
}

// Accepted and closed: left in the backlog it would make the peer wait for a timeout.
void TcpStreams::refuse_one() {
    ++stats_.accept_refused;
    Listener unwanted;
    const int error = unwanted.init(*this, [&](uv_tcp_t* tcp) { return uv_tcp_init(&loop_, tcp); });
    if (error != 0) return;
    static_cast<void>(uv_accept(reinterpret_cast<uv_stream_t*>(listener_.get()),
                                reinterpret_cast<uv_stream_t*>(unwanted.get())));
}

Stream& TcpStreams::add(StreamId id) {
    auto stream =
        std::make_unique<Stream>(static_cast<StreamOwner&>(*this), loop_, limits_.stream, stats_);
    stream->id = id;
    const auto [place, added] = streams_.emplace(id, std::move(stream));
    ROLLCALL_CHECK(added);  // the core uses an id once
    if (id.accepted()) ++accepted_;
    return *place->second;
}

Stream* TcpStreams::find(StreamId id) {
    const auto found = streams_.find(id);
    return found == streams_.end() || found->second->closing() ? nullptr : found->second.get();
}

void TcpStreams::open(StreamId id, const Endpoint& to, Time deadline) {
    ROLLCALL_CHECK(!id.accepted());
    ++stats_.opened;
    add(id).connect(to, deadline, scope_);
}

void TcpStreams::write(StreamId id, Bytes bytes, const SharedBytes& owner) {
    if (Stream* stream = find(id)) stream->write(bytes, owner);
}

void TcpStreams::close(StreamId id) {
    if (Stream* stream = find(id)) stream->close();
}

void TcpStreams::connected(Stream& stream) {
    ++stats_.connected;
    inputs_->stream_connected(stream.id);
}

void TcpStreams::data(Stream& stream, Bytes bytes) {
    active_ = true;
    inputs_->stream_data(stream.id, bytes);
}

void TcpStreams::ended(Stream& stream, StreamEnd end) {
    count_end(stats_, end);
    const StreamId id = stream.id;
    if (end != StreamEnd::finished) {
        gone(stream);
        return inputs_->stream_closed(id, end);
    }
    active_ = true;
    inputs_->stream_closed(id, end);
    close(id);  // by id: the core may have closed it within the call
}

void TcpStreams::gone(Stream& stream) {
    const StreamId id = stream.id;
    if (streams_.erase(id) != 0 && id.accepted()) --accepted_;
}

MutableBytes TcpStreams::read_buffer() {
    if (buffer_.empty()) buffer_.resize(kReadBuffer);
    return buffer_;
}

void TcpStreams::close_all(const std::function<void()>& closed) {
    listener_.close(closed);
    pause_.close(closed);
    for (auto& [id, stream] : streams_) stream->abandon(closed);
    streams_.clear();
    accepted_ = 0;
}

}  // namespace rollcall::transport

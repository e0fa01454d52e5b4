// SPDX-License-Identifier: Apache-2.0
#include "transport/udp.h"

#include <linux/errqueue.h>
#include <netinet/icmp6.h>
#include <netinet/ip_icmp.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "transport/uv_error.h"

namespace rollcall::transport {
namespace {

constexpr int kSmallestReceiveBuffer = 64 * 1024;

// Whether this entry of the error queue is a host's "port unreachable". Routers' errors (no route,
// host unreachable) and path MTU messages are not: a dead host must be detected by its silence.
bool says_port_unreachable(const sock_extended_err& error) {
    if (error.ee_origin == SO_EE_ORIGIN_ICMP) {
        return error.ee_type == ICMP_DEST_UNREACH && error.ee_code == ICMP_PORT_UNREACH;
    }
    return error.ee_origin == SO_EE_ORIGIN_ICMP6 && error.ee_type == ICMP6_DST_UNREACH &&
           error.ee_code == ICMP6_DST_UNREACH_NOPORT;
}

const sock_extended_err* find_extended_error(msghdr& message) {
    for (cmsghdr* c = CMSG_FIRSTHDR(&message); c != nullptr; c = CMSG_NXTHDR(&message, c)) {
        const bool v4 = c->cmsg_level == SOL_IP && c->cmsg_type == IP_RECVERR;
        const bool v6 = c->cmsg_level == SOL_IPV6 && c->cmsg_type == IPV6_RECVERR;
        if (v4 || v6) return reinterpret_cast<const sock_extended_err*>(CMSG_DATA(c));
    }
    return nullptr;
}

}  // namespace

membership::SendError send_error_of(int uv_error) {
    using membership::SendError;
    switch (uv_error) {
        case UV_ENETUNREACH:    // no route, or one of the kind "throw"
        case UV_EHOSTUNREACH:   // a route of the kind "unreachable"
        case UV_EACCES:         // "prohibit"
        case UV_EINVAL:         // "blackhole"; or our own address is gone
        case UV_ENETDOWN:       // the interface is down
        case UV_EADDRNOTAVAIL:  // no address of ours to send from
        case UV_EAFNOSUPPORT:   // no address of the peer's family
            return {SendError::no_route, system_number(uv_error)};
        default:
            return {SendError::local, system_number(uv_error)};
    }
}

int UdpSocket::bind(const Endpoint& at, int receive_buffer) {
    family_ = family_of(at);
    scope_ = at.scope;
    const unsigned family = family_ == Family::v4 ? AF_INET : AF_INET6;
    int error = handle_.init(*this, [&](uv_udp_t* udp) {
        return uv_udp_init_ex(&loop_, udp, family | UV_UDP_RECVMMSG);
    });
    if (error != 0) return error;
    uv_os_fd_t fd = -1;
    if (error = uv_fileno(reinterpret_cast<uv_handle_t*>(handle_.get()), &fd); error != 0)
        return error;
    descriptor_ = fd;
    // Both kinds on an IPv6 socket, as answers about IPv4 peers arrive there in IPv4's form.
    // libuv's own UV_UDP_LINUX_RECVERR sets only the socket's family.
    const int on = 1;
    const int off = 0;
    if (family_ == Family::v6) {
        if (setsockopt(fd, SOL_IPV6, IPV6_V6ONLY, &off, sizeof off) != 0)
            return uv_translate_sys_error(errno);
        if (setsockopt(fd, SOL_IPV6, IPV6_RECVERR, &on, sizeof on) != 0)
            return uv_translate_sys_error(errno);
    }
    if (setsockopt(fd, SOL_IP, IP_RECVERR, &on, sizeof on) != 0)
        return uv_translate_sys_error(errno);
    const auto address = to_socket_address(at, family_);
    if (error = uv_udp_bind(handle_.get(), &address->any, 0); error != 0) return error;

    auto* plain = reinterpret_cast<uv_handle_t*>(handle_.get());
    for (int want = receive_buffer; want >= kSmallestReceiveBuffer; want /= 2) {
        int asked = want;
        if (uv_recv_buffer_size(plain, &asked) == 0) break;
    }
    int granted = 0;
    if (uv_recv_buffer_size(plain, &granted) == 0) {
        stats_.receive_buffer = static_cast<std::uint64_t>(granted);
    }
    return 0;
}

Result<Endpoint, int> UdpSocket::local() const {
    sockaddr_storage name{};
    int size = sizeof name;
    const int error = uv_udp_getsockname(handle_.get(), reinterpret_cast<sockaddr*>(&name), &size);
    if (error != 0) return error;
    const auto endpoint = to_endpoint(reinterpret_cast<const sockaddr&>(name));
    if (!endpoint) return int{UV_EAFNOSUPPORT};
    return *endpoint;
}

int UdpSocket::start(Inputs& inputs, std::function<void()> failures_waiting) {
    inputs_ = &inputs;
    failures_waiting_ = std::move(failures_waiting);
    // Not zeroed: of each slot only the pages that datagrams reached become memory.
    buffer_ = std::shared_ptr<std::byte[]>{new std::byte[kBatch * kSlot]};
    return uv_udp_recv_start(
        handle_.get(),
        [](uv_handle_t* handle, std::size_t, uv_buf_t* buffer) {
            auto* socket = UvHandle<uv_udp_t, UdpSocket>::owner_of_base(handle);
            *buffer = socket == nullptr ? uv_buf_init(nullptr, 0) : socket->next_buffer();
        },
        [](uv_udp_t* handle, ssize_t count, const uv_buf_t* buffer, const sockaddr* from,
           unsigned flags) {
            auto* socket = UvHandle<uv_udp_t, UdpSocket>::owner_of(handle);
            if (socket != nullptr) socket->received(count, *buffer, from, flags);
        });
}

// libuv reads until the socket is empty. A batch that was not full has emptied it: without a buffer
// libuv reports UV_ENOBUFS in place of a read in vain, and what came meanwhile wakes the loop
// again.
uv_buf_t UdpSocket::next_buffer() {
    if (emptied_) return uv_buf_init(nullptr, 0);
    return uv_buf_init(reinterpret_cast<char*>(buffer_.get()), kBatch * kSlot);
}

// libuv calls once per datagram, once more at the end of a batch (UV_UDP_MMSG_FREE), and once with
// neither address nor flags when the socket is empty (or UV_ENOBUFS, see above). A call into
// inputs_ may destroy this object.
void UdpSocket::received(ssize_t count, const uv_buf_t& buffer, const sockaddr* from,
                         unsigned flags) {
    if (from != nullptr && count >= 0) {
        const auto endpoint = to_endpoint(*from);
        if (!endpoint) return;
        ++stats_.received;
        stats_.received_bytes += static_cast<std::uint64_t>(count);
        may_hold_more_ = true;
        in_batch_ = (flags & UV_UDP_MMSG_CHUNK) != 0;
        ++since_empty_;
        inputs_->packet(*endpoint, {reinterpret_cast<const std::byte*>(buffer.base),
                                    static_cast<std::size_t>(count)});
        return;
    }
    if ((flags & UV_UDP_MMSG_FREE) != 0) {
        ++stats_.receive_calls;
        in_batch_ = false;
        emptied_ = since_empty_ < kBatch;
        send_batch();
        inputs_->packets_read();
        return;
    }
    if (std::exchange(emptied_, false)) {
        may_hold_more_ = false;
        since_empty_ = 0;
        return;
    }
    if (count < 0) {
        ++stats_.receive_errors;
        read_error_queue();
        return;
    }
    may_hold_more_ = false;
    // Woken by the error queue: until that is empty the loop would spin.
    if (std::exchange(since_empty_, 0) == 0) read_error_queue();
}

void UdpSocket::send(const Endpoint& to, Bytes bytes) {
    const auto address = to_socket_address(to, family_, scope_);
    if (!address) return not_sent(to, UV_EAFNOSUPPORT);
    if (!in_batch_) return send_now(to, *address, bytes);
    if (batch_.add(to, *address, bytes)) return;
    send_batch();
    static_cast<void>(batch_.add(to, *address, bytes));  // an empty one takes any
}

// A refused datagram is tried once more alone, where errors can be distinguished.
void UdpSocket::send_batch() {
    for (std::size_t i = 0; i < batch_.size();) {
        const std::size_t sent = batch_.send_from(i, descriptor_);
        for (std::size_t k = 0; k < sent; ++k) stats_.sent_bytes += batch_.bytes(i + k).size();
        stats_.sent += sent;
        i += sent;
        if (i == batch_.size()) break;
        send_now(batch_.to(i), batch_.address(i), batch_.bytes(i));
        ++i;
    }
    batch_.clear();
}

void UdpSocket::send_now(const Endpoint& to, const SocketAddress& address, Bytes bytes) {
    // libuv takes a mutable pointer and does not write through it.
    const uv_buf_t buffer =
        uv_buf_init(const_cast<char*>(reinterpret_cast<const char*>(bytes.data())),
                    static_cast<unsigned>(bytes.size()));
    int error = 0;
    bool about_another = false;
    // An answer about an earlier datagram fails the next send to any peer, once. It is not about
    // this peer: read it from the queue and try again. More than a few in a row is a storm.
    for (int attempt = 0; attempt < 4; ++attempt) {
        error = uv_udp_try_send(handle_.get(), &buffer, 1, &address.any);
        if (error >= 0) {
            ++stats_.sent;
            stats_.sent_bytes += bytes.size();
            return;
        }
        about_another = error != UV_EAGAIN && read_error_queue();
        if (!about_another) break;
    }
    not_sent(to, about_another ? UV_EAGAIN : error);
}

void UdpSocket::not_sent(const Endpoint& to, int uv_error) {
    const membership::SendError error = send_error_of(uv_error);
    ++(uv_error == UV_EAGAIN                           ? stats_.send_full
       : error.kind == membership::SendError::no_route ? stats_.send_no_route
                                                       : stats_.send_failed);
    stats_.last_send_error = static_cast<std::uint64_t>(error.number);
    failed(to, error);
}

// Reads ICMP errors from the error queue. Each entry has the address we had sent to. False when
// there was none.
bool UdpSocket::read_error_queue() {
    constexpr int kMostPerTurn = 64;
    bool any = false;
    for (int i = 0; i < kMostPerTurn; ++i) {
        sockaddr_storage to{};
        std::array<std::byte, 1> payload{};  // the head of our own datagram: not needed
        alignas(cmsghdr) std::array<std::byte, 512> control{};
        iovec part{.iov_base = payload.data(), .iov_len = payload.size()};
        msghdr message{};
        message.msg_name = &to;
        message.msg_namelen = sizeof to;
        message.msg_iov = &part;
        message.msg_iovlen = 1;
        message.msg_control = control.data();
        message.msg_controllen = control.size();
        if (recvmsg(descriptor_, &message, MSG_ERRQUEUE | MSG_DONTWAIT) < 0) return any;
        const sock_extended_err* error = find_extended_error(message);
        // Errors of this host ("too large") were already reported by the send.
        if (error != nullptr && error->ee_origin == SO_EE_ORIGIN_LOCAL) continue;
        any = true;
        const auto endpoint = to_endpoint(reinterpret_cast<const sockaddr&>(to));
        if (error == nullptr || !endpoint || !says_port_unreachable(*error)) {
            ++stats_.icmp_ignored;
            continue;
        }
        ++stats_.unreachable;
        failed(*endpoint, {membership::SendError::unreachable, ECONNREFUSED});
    }
    return any;
}

void UdpSocket::failed(const Endpoint& to, membership::SendError error) {
    if (failures_.size() >= kMaxPendingErrors) {
        ++stats_.errors_dropped;
        return;
    }
    failures_.push_back({to, error});
    if (failures_waiting_) failures_waiting_();
}

void UdpSocket::take_failures(std::vector<Failure>& into) {
    into.clear();
    into.swap(failures_);
}

void UdpSocket::close(std::function<void()> closed) {
    if (descriptor_ != -1) send_batch();
    // A read round may be running further up the stack: libuv's close callback frees the buffer.
    in_batch_ = false;
    handle_.close([closed = std::move(closed), buffer = std::move(buffer_)] {
        if (closed) closed();
    });
    descriptor_ = -1;
}

}  // namespace rollcall::transport

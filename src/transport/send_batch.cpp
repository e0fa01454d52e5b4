// SPDX-License-Identifier: Apache-2.0
#include "transport/send_batch.h"

namespace rollcall::transport {

bool SendBatch::add(const Endpoint& to, const SocketAddress& address, Bytes bytes) {
    const bool room = entries_.size() < kMost && bytes_.size() + bytes.size() <= kMostBytes;
    if (!room && !empty()) return false;
    entries_.push_back({to, address, bytes_.size(), bytes.size()});
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
    return true;
}

std::size_t SendBatch::send_from(std::size_t first, int socket) {
    const std::size_t count = size() - first;
    parts_.resize(count);
    headers_.assign(count, {});
    for (std::size_t i = 0; i < count; ++i) {
        Entry& entry = entries_[first + i];
        parts_[i] = {.iov_base = bytes_.data() + entry.start, .iov_len = entry.size};
        msghdr& header = headers_[i].msg_hdr;
        header.msg_name = &entry.address;
        header.msg_namelen = entry.address.size();
        header.msg_iov = &parts_[i];
        header.msg_iovlen = 1;
    }
    const int sent = sendmmsg(socket, headers_.data(), static_cast<unsigned>(count), MSG_DONTWAIT);
    return sent < 0 ? 0 : static_cast<std::size_t>(sent);
}

void SendBatch::clear() {
    entries_.clear();
    bytes_.clear();
}

}  // namespace rollcall::transport

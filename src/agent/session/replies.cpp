// SPDX-License-Identifier: Apache-2.0
#include "agent/session/replies.h"

namespace rollcall::agent {

void Replies::send(std::uint64_t seq, std::string_view error) {
    rpc::append(text_, rpc::ResponseHeader{.error = std::string{error}, .seq = seq});
}

void Replies::send_in_slices(std::uint64_t seq, Slices slices) {
    send(seq);
    slices_ = std::move(slices);
}

bool Replies::write(std::string& out) {
    if (!text_.empty()) {
        out += std::exchange(text_, {});
    } else if (slices_) {
        if (slices_(out)) slices_ = nullptr;
    } else {
        return false;
    }
    written_ = true;
    return true;
}

}  // namespace rollcall::agent

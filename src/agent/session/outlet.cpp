// SPDX-License-Identifier: Apache-2.0
#include "agent/session/outlet.h"

namespace rollcall::agent {

void Outlet::push(const Record& record) {
    if (queue_.push(record)) return;
    ++client_.stats.records_dropped;
    if (std::exchange(overflowing_, true)) return;
    client_.complain("rpc-records-dropped", client_.peer + " reads stream " + std::to_string(seq_) +
                                                " too slowly; dropping its records");
}

bool Outlet::write(std::string& out) {
    if (queue_.empty()) {
        if (std::exchange(overflowing_, false)) {
            client_.complain("rpc-records-dropped",
                             client_.peer + " caught up on stream " + std::to_string(seq_) + "; " +
                                 std::to_string(queue_.take_dropped()) + " records were dropped");
        }
        return false;
    }
    rpc::append(out, rpc::ResponseHeader{.seq = seq_});
    out += *queue_.pop();
    ++client_.stats.records_sent;
    return true;
}

}  // namespace rollcall::agent

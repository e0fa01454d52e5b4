// SPDX-License-Identifier: Apache-2.0
#include "agent/session/request_reader.h"

#include <utility>

namespace rollcall::agent {

void RequestReader::feed(std::string_view bytes) {
    if (trusts_) return reader_.feed(bytes);
    first_bytes_ += bytes;
}

rpc::ObjectReader::Status RequestReader::next(bool trusted) {
    if (!trusts_ && trusted) {
        reader_ = rpc::ObjectReader{limits_.requests};
        reader_.feed(std::exchange(first_bytes_, {}));
        trusts_ = true;
    }
    if (trusts_) return reader_.next();
    std::size_t fed = 0;
    auto status = rpc::ObjectReader::Status::need_more;
    while (fed < first_bytes_.size() && status == rpc::ObjectReader::Status::need_more) {
        reader_.feed({&first_bytes_[fed++], 1});
        status = reader_.next();
    }
    first_bytes_.erase(0, fed);
    return status;
}

}  // namespace rollcall::agent

// SPDX-License-Identifier: Apache-2.0
//
// Writes lines to a file descriptor. Bytes that a full disk does not accept are kept, up to a
// bound, and written before the next line. Beyond the bound new lines are counted and dropped. Uses
// no file name and no clock. One thread; blocks as long as the descriptor does.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "agent/host/disk_calls.h"

namespace rollcall::agent {

class LineOutput {
public:
    static constexpr std::size_t kMostKept = std::size_t{256} << 10;  // bytes

    explicit LineOutput(DiskCalls disk = DiskCalls::real()) : disk_{disk} {}

    // 0, or the errno of the failed write.
    int write(int fd, std::string_view line);
    // Writes kept bytes.
    int flush(int fd);

    [[nodiscard]] std::size_t kept_bytes() const { return kept_.size(); }
    [[nodiscard]] std::uint64_t lines_lost() const { return lost_; }
    [[nodiscard]] std::uint64_t bytes_written() const { return written_; }

private:
    DiskCalls disk_;
    std::string kept_;  // may begin in the middle of a line
    std::uint64_t lost_ = 0;
    std::uint64_t written_ = 0;
};

}  // namespace rollcall::agent

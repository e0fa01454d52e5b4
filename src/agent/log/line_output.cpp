// SPDX-License-Identifier: Apache-2.0
#include "agent/log/line_output.h"

#include <cerrno>

namespace rollcall::agent {

int LineOutput::write(int fd, std::string_view line) {
    const int error = flush(fd);  // kept bytes first
    if (error != 0 && kept_.size() + line.size() >= kMostKept) {
        ++lost_;
        return error;
    }
    kept_ += line;
    kept_ += '\n';
    return error != 0 ? error : flush(fd);
}

int LineOutput::flush(int fd) {
    std::size_t done = 0;
    int error = 0;
    while (done < kept_.size() && error == 0) {
        const ssize_t count = disk_.write(fd, kept_.data() + done, kept_.size() - done);
        if (count > 0) {
            done += static_cast<std::size_t>(count);
        } else if (count == 0) {
            error = ENOSPC;
        } else if (errno != EINTR) {
            error = errno;
        }
    }
    kept_.erase(0, done);
    written_ += done;
    return error;
}

}  // namespace rollcall::agent

// SPDX-License-Identifier: Apache-2.0
#include "agent/files/file_writer.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

namespace rollcall::agent {

void FileWriter::begin() {
    timer_.init(*this, parts_.loop);
}

void FileWriter::write(const std::string& path, std::string content, Done done) {
    if (closing_) {
        if (done) done("the agent is shutting down");
        return;
    }
    File& file = files_[path];
    file.content = std::move(content);
    file.waits = true;
    file.failing = false;  // try at once, since a caller waits
    if (done && file.waiting.size() >= kMostCallers) {
        ++stats_.refused;
        done("too many changes wait for the disk, which does not respond");
    } else if (done) {
        file.waiting.push_back(std::move(done));
    }
    next();
}

void FileWriter::next() {
    if (disk_.busy()) return;
    const auto found = std::ranges::find_if(
        files_, [](const auto& entry) { return entry.second.waits && !entry.second.failing; });
    if (found == files_.end()) {
        if (closing_) end();
        return;
    }
    File& file = found->second;
    file.waits = false;
    file.asked = std::exchange(file.waiting, {});
    // The content is kept for a retry.
    disk_.run([path = found->first, content = file.content,
               disk = parts_.disk] { return write_atomically(path, content, disk); },
              [this, path = found->first](const std::optional<std::string>& error) {
                  finished(path, error);
              });
}

void FileWriter::finished(const std::string& path, const std::optional<std::string>& error) {
    File& file = files_[path];
    if (error) {
        ++stats_.failed;
        file.failed = true;
        // A newer content is written at once; it may be shorter.
        if (!std::exchange(file.waits, true)) file.failing = true;
        parts_.log.write(Level::err, "agent", "file-not-written",
                         *error + "; the file is unchanged, will retry",
                         {{"path", path}, {"error", *error}});
        if (!closing_) arm(parts_.retry);
    } else {
        ++stats_.written;
        const bool again = std::exchange(file.failed, false);
        parts_.log.write(again ? Level::info : Level::debug, "agent", "file-written",
                         path + (again ? " written after a failure" : " written"),
                         {{"path", path}});
    }
    for (const Done& done : std::exchange(file.asked, {})) done(error.value_or(""));
    next();
}

void FileWriter::arm(Duration delay) {
    timer_.start<&FileWriter::due>(delay);
}

void FileWriter::due() {
    if (closing_) return end();
    for (auto& [path, file] : files_) file.failing = false;
    next();
}

void FileWriter::close(Duration limit, std::function<void()> closed) {
    closing_ = true;
    closed_ = std::move(closed);
    if (!timer_) return end();  // begin() was never called
    for (auto& [path, file] : files_) file.failing = false;
    arm(limit);
    next();
}

void FileWriter::end() {
    if (!closed_) return;  // ended already
    if (disk_.busy()) {
        disk_.give_up();
        parts_.log.write(Level::err, "agent", "file-not-written",
                         "the disk does not respond; giving up");
    }
    std::vector<Done> left;
    for (auto& [path, file] : files_) {
        std::ranges::move(std::exchange(file.asked, {}), std::back_inserter(left));
        std::ranges::move(std::exchange(file.waiting, {}), std::back_inserter(left));
    }
    for (const Done& done : left) done("the agent is shutting down");
    timer_.close(std::exchange(closed_, {}));
}

}  // namespace rollcall::agent

// SPDX-License-Identifier: Apache-2.0
#include "agent/file_writer.h"

#include <algorithm>
#include <iterator>
#include <memory>
#include <optional>
#include <utility>

namespace rollcall::agent {

// Lives until the thread is done with it, which may be long after the writer gave it up.
struct FileWriter::Job {
    uv_work_t request{};
    FileWriter* owner = nullptr;
    std::string path, content;
    DiskCalls disk;
    std::vector<Done> waiting;
    std::optional<std::string> error;
};

FileWriter::FileWriter(Parts parts) : parts_{parts} {}

FileWriter::~FileWriter() {
    if (running_ != nullptr) running_->owner = nullptr;
}

int FileWriter::begin() {
    return timer_.init(*this,
                       [&](uv_timer_t* timer) { return uv_timer_init(&parts_.loop, timer); });
}

void FileWriter::write(const std::string& path, std::string content, Done done) {
    if (closing_) {
        if (done) done("the agent is shutting down");
        return;
    }
    File& file = files_[path];
    file.content = std::move(content);
    file.waits = true;
    file.failing = false;  // somebody waits for an answer
    if (done) file.waiting.push_back(std::move(done));
    next();
}

void FileWriter::next() {
    if (running_ != nullptr) return;
    const auto found = std::ranges::find_if(
        files_, [](const auto& entry) { return entry.second.waits && !entry.second.failing; });
    if (found == files_.end()) {
        if (closing_) end();
        return;
    }
    auto& [path, file] = *found;
    auto job = std::make_unique<Job>();
    job->owner = this;
    job->path = path;
    job->content = file.content;  // kept: it may have to be written again
    job->disk = parts_.disk;
    job->waiting = std::exchange(file.waiting, {});
    job->request.data = job.get();
    file.waits = false;
    running_ = job.release();
    // Fails only without a function to run.
    static_cast<void>(uv_queue_work(
        &parts_.loop, &running_->request,
        [](uv_work_t* request) {
            Job& work = *static_cast<Job*>(request->data);
            work.error = write_atomically(work.path, work.content, work.disk);
        },
        [](uv_work_t* request, int status) {
            const std::unique_ptr<Job> freed{static_cast<Job*>(request->data)};
            if (status != 0) freed->error = uv_strerror(status);
            if (freed->owner != nullptr) freed->owner->finished(*freed);
        }));
}

void FileWriter::finished(const Job& job) {
    running_ = nullptr;
    File& file = files_[job.path];
    if (job.error) {
        ++stats_.failed;
        file.failed = true;
        // A newer content goes first; it may well be shorter.
        if (!std::exchange(file.waits, true)) file.failing = true;
        parts_.log.write(Level::err, "agent", "file-not-written",
                         *job.error + "; the file is as it was, and written again later",
                         {{"path", job.path}, {"error", *job.error}});
        if (!closing_) arm(parts_.retry);
    } else {
        ++stats_.written;
        const bool again = std::exchange(file.failed, false);
        parts_.log.write(again ? Level::info : Level::debug, "agent", "file-written",
                         job.path + (again ? " is written at last" : " is written"),
                         {{"path", job.path}});
    }
    for (const Done& done : job.waiting) done(job.error.value_or(""));
    next();
}

void FileWriter::arm(Duration delay) {
    const auto wait = std::chrono::ceil<std::chrono::milliseconds>(delay).count();
    uv_update_time(&parts_.loop);
    uv_timer_start(
        timer_.get(),
        [](uv_timer_t* timer) {
            using Handle = transport::UvHandle<uv_timer_t, FileWriter>;
            if (FileWriter* owner = Handle::owner_of(timer)) owner->due();
        },
        static_cast<std::uint64_t>(wait), 0);
}

void FileWriter::due() {
    if (closing_) return end();
    for (auto& [path, file] : files_) file.failing = false;
    next();
}

void FileWriter::close(Duration limit, std::function<void()> closed) {
    closing_ = true;
    closed_ = std::move(closed);
    if (!timer_) return end();  // it never began
    for (auto& [path, file] : files_) file.failing = false;
    arm(limit);
    next();
}

void FileWriter::end() {
    if (!closed_) return;  // ended already
    std::vector<Done> left;
    if (running_ != nullptr) {
        left = std::move(running_->waiting);
        running_->owner = nullptr;
        uv_cancel(reinterpret_cast<uv_req_t*>(&running_->request));  // helps only while it waits
        running_ = nullptr;
        parts_.log.write(Level::err, "agent", "file-not-written",
                         "the disk does not answer; given up");
    }
    for (auto& [path, file] : files_) {
        std::ranges::move(file.waiting, std::back_inserter(left));
        file.waiting.clear();
    }
    for (const Done& done : left) done("the agent is shutting down");
    timer_.close(std::exchange(closed_, {}));
}

}  // namespace rollcall::agent

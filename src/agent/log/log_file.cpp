// SPDX-License-Identifier: Apache-2.0
#include "agent/log/log_file.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>
#include <utility>

#include "transport/clock.h"

namespace rollcall::agent {
namespace {

constexpr mode_t kReadableByGroup = 0640;  // minus the umask: user events may hold anything

std::string log_error_words(int error) {
    return std::generic_category().message(error);
}

bool is_there(const std::string& path) {
    struct stat found {};
    return ::lstat(path.c_str(), &found) == 0;
}

bool is_folder(const std::string& path) {
    struct stat found {};
    return ::lstat(path.c_str(), &found) == 0 && S_ISDIR(found.st_mode);
}

}  // namespace

LogFile::LogFile(Options options) : options_{std::move(options)}, lines_{options_.disk} {
    if (!options_.now) options_.now = transport::clock_now;
}

Result<std::unique_ptr<LogFile>, std::string> LogFile::open(Options options) {
    std::unique_ptr<LogFile> file{new LogFile{std::move(options)}};
    if (auto error = file->reopen()) return *std::move(error);
    return file;
}

std::optional<std::string> LogFile::reopen() {
    const std::filesystem::path folder = std::filesystem::path{options_.path}.parent_path();
    std::error_code made;
    if (!folder.empty()) std::filesystem::create_directories(folder, made);
    if (const int error = open_file(); error != 0) {
        if (file_.get() >= 0) reopen_not_before_ = options_.now() + kBetweenComplaints;
        return "log file '" + options_.path + "': " + log_error_words(error);
    }
    reopen_not_before_.reset();
    return {};
}

int LogFile::open_file() {
    OwnedFd fresh{
        ::open(options_.path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, kReadableByGroup)};
    if (fresh.get() < 0) return errno;
    struct stat found {};
    if (::fstat(fresh.get(), &found) != 0) return errno;
    // Kept lines go to the new file.
    file_ = std::move(fresh);
    size_ = static_cast<std::size_t>(found.st_size);
    return 0;
}

void LogFile::write(std::string_view line) {
    if (reopen_not_before_ && options_.now() >= *reopen_not_before_) {
        const auto error = reopen();
        troubles_.push_back({.level = error ? Level::err : Level::info,
                             .event = "log-reopened",
                             .text = error ? *error : "log file reopened",
                             .also_to_stderr = error.has_value()});
    }
    rotate_if_grown(line.size() + 1);
    const std::uint64_t before = lines_.bytes_written();
    const int error = lines_.write(file_.get(), line);
    size_ += static_cast<std::size_t>(lines_.bytes_written() - before);
    written(error);
}

void LogFile::written(int error) {
    if (error == 0) {
        if (!std::exchange(failing_, false)) return;
        const std::uint64_t lost = lines_.lines_lost() - lost_before_;
        complain_not_before_.reset();
        troubles_.push_back({.level = Level::warn,
                             .event = "log-written",
                             .text = "writing to log file '" + options_.path + "' works again; " +
                                     std::to_string(lost) + " lines were lost"});
        return;
    }
    if (!std::exchange(failing_, true)) lost_before_ = lines_.lines_lost();
    const Time now = options_.now();
    if (complain_not_before_ && now < *complain_not_before_) return;
    complain_not_before_ = now + kBetweenComplaints;
    troubles_.push_back({.level = Level::err,
                         .event = "log-not-written",
                         .text = "log file '" + options_.path +
                                 "' cannot be written: " + log_error_words(error) + "; " +
                                 std::to_string(LineOutput::kMostKept >> 10) +
                                 " KiB of lines are kept until it works",
                         .error = error,
                         .also_to_stderr = true});
}

std::optional<LogFile::Trouble> LogFile::take_trouble() {
    if (troubles_.empty()) return {};
    Trouble trouble = std::move(troubles_.front());
    troubles_.pop_front();
    return trouble;
}

// --- rotation ------------------------------------------------------------------------------------

// x.log, x.1.log, x.2.log; a name without extension gets the number at its end.
std::string LogFile::numbered(unsigned number) const {
    if (number == 0) return options_.path;
    const std::filesystem::path path{options_.path};
    std::string name =
        path.extension() == "." ? path.string() : (path.parent_path() / path.stem()).string();
    name += '.';
    name += std::to_string(number);
    if (path.extension() != ".") name += path.extension().string();
    return name;
}

void LogFile::rotate_if_grown(std::size_t next_bytes) {
    if (options_.rotate_bytes == 0 || size_ + next_bytes <= options_.rotate_bytes) return;
    struct stat found {};  // it may have been truncated
    if (::fstat(file_.get(), &found) == 0) size_ = static_cast<std::size_t>(found.st_size);
    if (size_ == 0 || size_ + next_bytes <= options_.rotate_bytes) return;
    const Time now = options_.now();
    if (rotate_not_before_ && now < *rotate_not_before_) return;
    rotate_not_before_.reset();
    auto failed = rotate();
    if (!failed) return;
    failed->event = "log-not-rotated";
    failed->text += ": " + log_error_words(failed->error) +
                    "; the file keeps growing, next attempt in a minute";
    rotate_not_before_ = now + kBetweenComplaints;
    troubles_.push_back(std::move(*failed));
}

std::optional<LogFile::Trouble> LogFile::rotate() {
    const auto failed = [](const std::string& from, const std::string& to, int error) {
        return Trouble{.text = "log file '" + from + "' cannot be renamed to '" + to + "'",
                       .error = error};
    };
    // Stop at the first gap, which an earlier attempt may have left: files after it stay.
    unsigned last = 1;
    while (last < options_.rotate_files && is_there(numbered(last))) ++last;
    for (unsigned number = last; number > 0; --number) {
        const std::string from = numbered(number - 1), to = numbered(number);
        // rename() would also move a folder, which is not ours.
        if (is_folder(from) || is_folder(to)) return failed(from, to, EISDIR);
        if (std::rename(from.c_str(), to.c_str()) != 0) {
            const int error = errno;
            // The file was moved away, and SIGHUP has not arrived yet.
            if (number == 1 && error == ENOENT) break;
            return failed(from, to, error);
        }
    }
    if (const int error = open_file(); error != 0) {
        // The old file stays in use, so restore its name.
        static_cast<void>(std::rename(numbered(1).c_str(), options_.path.c_str()));
        return Trouble{.text = "log file '" + options_.path + "' cannot be reopened",
                       .error = error};
    }
    return {};
}

}  // namespace rollcall::agent

// SPDX-License-Identifier: Apache-2.0
#include "agent/service/service_notifier.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>

#include "base/sanitize.h"
#include "transport/clock.h"

namespace rollcall::agent {
namespace {

constexpr std::string_view kServiceComponent = "service";
constexpr std::string_view kStatus = "STATUS=";
constexpr const char* kSignOfLife = "WATCHDOG=1";

// By the clock of the manager, which compares the number with its own.
std::string monotonic_microseconds() {
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return std::to_string(static_cast<std::uint64_t>(now.tv_sec) * 1'000'000 +
                          static_cast<std::uint64_t>(now.tv_nsec) / 1000);
}

}  // namespace

void ServiceNotifier::begin() {
    if (!parts_.environment.mistake.empty()) {
        parts_.log.write(Level::warn, kServiceComponent, "watchdog-ignored",
                         "no signs of life are sent: " + parts_.environment.mistake);
    }
    if (parts_.environment.notify_socket.empty()) return;
    auto socket = NotifySocket::open(parts_.environment.notify_socket);
    if (!socket) {
        return parts_.log.write(Level::warn, kServiceComponent, "notify-failed",
                                "the service manager is not notified: " + socket.error());
    }
    socket_.emplace(std::move(*socket));
    for (auto* timer : {&join_timer_, &status_timer_, &watchdog_timer_, &retry_timer_}) {
        timer->init(*this, parts_.loop);
    }
    stage_ = Stage::starting;
    if (parts_.environment.watchdog) send_sign_of_life();
    if (parts_.joined()) return become_ready();
    send_status();
    join_timer_.start<&ServiceNotifier::become_ready>(parts_.join_wait);
}

void ServiceNotifier::become_ready() {
    if (stage_ != Stage::starting) return;
    stage_ = Stage::ready;
    join_timer_.stop();
    last_status_ = status_line();
    send("READY=1\n" + last_status_);
}

void ServiceNotifier::changed() {
    if (stage_ == Stage::idle || stage_ == Stage::stopping) return;
    if (stage_ == Stage::starting && parts_.joined()) return become_ready();
    if (status_due_) return;
    status_due_ = true;
    status_timer_.start<&ServiceNotifier::send_status>(kStatusDelay);
}

void ServiceNotifier::send_status() {
    status_due_ = false;
    if (stage_ == Stage::stopping) return;
    std::string line = status_line();
    if (line == last_status_) return;
    last_status_ = line;
    send(std::move(line));
}

std::string ServiceNotifier::status_line() const {
    std::string line{kStatus};
    line += sanitized(parts_.status());
    if (!parts_.joined()) {
        line += stage_ == Stage::starting ? "; joining" : "; no seed has answered yet";
    }
    if (reload_refused_) line += "; the last reload was refused: see the log";
    return line;
}

// Before it is ready the manager waits for READY=1, and that of a reload would not mean a start.
void ServiceNotifier::reload_began() {
    if (stage_ != Stage::ready) return;
    last_status_ = std::string{kStatus} + "reloading";
    send("RELOADING=1\nMONOTONIC_USEC=" + monotonic_microseconds() + '\n' + last_status_);
}

void ServiceNotifier::reload_ended(bool taken) {
    reload_refused_ = !taken;
    if (stage_ != Stage::ready) return;
    last_status_ = status_line();
    send("READY=1\n" + last_status_);
}

void ServiceNotifier::stopping(std::string_view why) {
    if (stage_ == Stage::idle) return;
    const std::string line = std::string{kStatus} + sanitized(why);
    if (stage_ != Stage::stopping) {
        stage_ = Stage::stopping;
        join_timer_.stop();
        status_timer_.stop();
        send("STOPPING=1\n" + line);
    } else if (line != last_status_) {
        send(line);
    }
    last_status_ = line;
}

void ServiceNotifier::send_sign_of_life() {
    send(kSignOfLife);
    // Twice as often as asked, so that one that is late is no restart.
    watchdog_timer_.start<&ServiceNotifier::send_sign_of_life>(
        std::max(*parts_.environment.watchdog / 2, kShortestPeriod));
}

void ServiceNotifier::send(std::string message) {
    if (unsent_.empty() && try_to_send(message)) return;
    // A newer status replaces an older one, and a sign of life is needed once.
    std::erase_if(unsent_, [&](const std::string& earlier) {
        return earlier == message ||
               (earlier.starts_with(kStatus) && message.find(kStatus) != message.npos);
    });
    if (unsent_.size() == kMostUnsent) unsent_.pop_front();
    unsent_.push_back(std::move(message));
    retry_timer_.start<&ServiceNotifier::retry>(kRetry);
}

void ServiceNotifier::retry() {
    while (!unsent_.empty() && try_to_send(unsent_.front())) unsent_.pop_front();
    if (!unsent_.empty()) retry_timer_.start<&ServiceNotifier::retry>(kRetry);
}

// False: it has to be sent again.
bool ServiceNotifier::try_to_send(const std::string& message) {
    const int error = socket_->send(message);
    if (error == 0) return true;
    if (error == EAGAIN) return false;
    if (failures_.pass(transport::clock_now())) {
        parts_.log.write(
            Level::warn, kServiceComponent, "notify-failed",
            "the service manager was not notified: " + sanitized(parts_.environment.notify_socket) +
                ": " + std::strerror(error));
    }
    return true;
}

void ServiceNotifier::close(const std::function<void()>& closed) {
    if (socket_ && !unsent_.empty()) retry();
    stage_ = Stage::idle;
    join_timer_.close();
    status_timer_.close();
    watchdog_timer_.close();
    retry_timer_.close(closed);
}

}  // namespace rollcall::agent

// SPDX-License-Identifier: Apache-2.0
#include "cli/demo/signals.h"

#include <sys/signalfd.h>
#include <unistd.h>

#include <csignal>
#include <initializer_list>

namespace rollcall::cli {

DemoSignals::DemoSignals() {
    sigset_t set;
    sigemptyset(&set);
    for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGCHLD}) sigaddset(&set, number);
    sigprocmask(SIG_BLOCK, &set, nullptr);
    descriptor_ = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

DemoSignals::~DemoSignals() {
    if (descriptor_ >= 0) close(descriptor_);
}

void DemoSignals::take() {
    signalfd_siginfo info{};
    while (read(descriptor_, &info, sizeof info) == static_cast<ssize_t>(sizeof info)) {
        const int number = static_cast<int>(info.ssi_signo);
        if (number != SIGCHLD && ended_by_ == 0) ended_by_ = number;
    }
}

}  // namespace rollcall::cli

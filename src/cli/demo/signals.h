// SPDX-License-Identifier: Apache-2.0
//
// Signals of the demo as a descriptor: SIGINT, SIGTERM and SIGHUP ask it to end, SIGCHLD wakes it.
// They are blocked from the constructor on, and stay so: the process ends with the demo. One
// thread, created before any other.
#pragma once

namespace rollcall::cli {

class DemoSignals {
public:
    DemoSignals();
    DemoSignals(const DemoSignals&) = delete;
    DemoSignals& operator=(const DemoSignals&) = delete;
    ~DemoSignals();

    // To poll for reading; -1 if the system has none left.
    [[nodiscard]] int descriptor() const { return descriptor_; }
    // Reads all that are pending.
    void take();
    // The first signal that asked the demo to end; 0: none yet.
    [[nodiscard]] int ended_by() const { return ended_by_; }

private:
    int descriptor_;
    int ended_by_ = 0;
};

}  // namespace rollcall::cli

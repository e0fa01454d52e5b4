// SPDX-License-Identifier: Apache-2.0
#include "agent/signal_watch.h"

namespace rollcall::agent {

int SignalWatch::begin() {
    auto signal = signals_.begin();
    for (const SignalDuty& each : kSignalDuties) {
        if (!is_watched(each.duty)) continue;
        int error = signal->init(
            *this, [&](uv_signal_t* handle) { return uv_signal_init(&loop_, handle); });
        if (error != 0) return error;
        error = uv_signal_start(
            signal->get(),
            [](uv_signal_t* handle, int number) {
                if (SignalWatch* owner = Signal::owner_of(handle)) owner->arrived_(number);
            },
            each.number);
        if (error != 0) return error;
        ++signal;
    }
    return 0;
}

void SignalWatch::close_last(Shutdown& shutdown) {
    for (Signal& signal : signals_) {
        shutdown.add_last([&signal](const Shutdown::Closed& closed) { signal.close(closed); });
    }
}

}  // namespace rollcall::agent

// SPDX-License-Identifier: Apache-2.0
//
// The journal as server-sent events. Keeps a position and no queue: a client that reads slowly
// falls behind, and what is gone from the journal by then is reported as lost. The loop's thread.
#pragma once

#include <uv.h>

#include <cstdint>
#include <functional>
#include <string>

#include "agent/http/answer.h"
#include "agent/http/stats.h"
#include "agent/journal/journal.h"
#include "agent/log/level.h"
#include "transport/uv_timer.h"

namespace rollcall::agent::http {

class EventStream final : public Source {
public:
    struct Parts {
        uv_loop_t& loop;
        Journal& journal;
        Stats* stats = nullptr;
        Level least = Level::info;
        std::string member;       // "": all
        std::uint64_t after = 0;  // the number of the last event that the client has
        bool restarted = false;   // that number is of a former life of this agent
        Duration quiet{};         // after it a comment is sent
    };
    explicit EventStream(Parts parts);
    ~EventStream() override;
    EventStream(const EventStream&) = delete;
    EventStream& operator=(const EventStream&) = delete;

    State append(std::string& to) override;
    void on_wake(const std::function<void()>& wake) override;

private:
    void quiet_for_long();
    void append_lag(std::string& to, std::uint64_t next);
    [[nodiscard]] bool wants(const JournalRecord& record) const;

    Parts parts_;
    std::uint64_t subscription_ = 0;  // 0: none
    transport::Timer<EventStream> timer_;
    std::function<void()> wake_;
    bool begun_ = false;
    bool comment_due_ = false;
};

}  // namespace rollcall::agent::http

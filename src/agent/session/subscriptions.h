// SPDX-License-Identifier: Apache-2.0
//
// What a client listens to: streams of events, one monitor of the log, and one stream of the
// journal.
#pragma once

#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "agent/scripts/event_filter.h"
#include "agent/session/journal_stream.h"
#include "agent/session/outlet.h"

namespace rollcall::agent {

class Subscriptions {
public:
    explicit Subscriptions(RpcClient& client) : client_{client} {}
    ~Subscriptions();
    Subscriptions(const Subscriptions&) = delete;
    Subscriptions& operator=(const Subscriptions&) = delete;

    // "", or why there is no such stream.
    [[nodiscard]] std::string add_stream(std::uint64_t seq, EventFilter filter);
    // Begins with the recent lines of the log. There must be no monitor yet.
    void start_monitor(std::uint64_t seq, Level level);
    // There must be no stream of the journal yet.
    void start_journal(std::uint64_t seq, JournalStream::Wanted wanted) {
        journal_.emplace(client_, seq, std::move(wanted));
    }
    void stop(std::uint64_t seq);
    [[nodiscard]] bool has_monitor() const { return monitor_.has_value(); }
    [[nodiscard]] bool has_journal() const { return journal_.has_value(); }
    [[nodiscard]] bool empty() const { return !monitor_ && !journal_ && streams_.empty(); }

    // Queues a record for each stream that wants the event: `make` is called for each. `name` is
    // that of a user event or query.
    template <class Make>
    void deliver(std::string_view event, std::string_view name, Make make) {
        bool any = false;
        for (Stream& stream : streams_) {
            if (!stream.filter.wants(event, name)) continue;
            stream.outlet.push(make());
            any = true;
        }
        if (any) client_.wake();
    }
    // Appends one record. False: there is none.
    [[nodiscard]] bool write(std::string& out);

private:
    struct Stream {
        Outlet outlet;
        EventFilter filter;
    };
    struct Monitor {
        Outlet outlet;
        std::uint64_t subscription = 0;
    };
    void push_line(const LogLine& line);

    RpcClient& client_;
    std::list<Stream> streams_;
    std::optional<Monitor> monitor_;
    std::optional<JournalStream> journal_;
};

}  // namespace rollcall::agent

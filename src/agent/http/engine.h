// SPDX-License-Identifier: Apache-2.0
//
// The HTTP library (libmicrohttpd) on our loop: reads bodies, writes answers, times out clients
// that do not read. It gets sockets whose first head was checked (agent/http/door.h), has no thread
// and waits for nothing: turn() does what is due. Connections for whose work a turn has no time are
// suspended, and go on in their order. The loop's thread.
#pragma once

#include <microhttpd.h>

#include <cstddef>
#include <deque>
#include <list>
#include <memory>
#include <string>

#include "agent/http/answer.h"
#include "agent/http/budget.h"
#include "agent/http/door.h"
#include "agent/http/exchange.h"
#include "agent/http/limits.h"
#include "agent/http/stats.h"
#include "base/result.h"

namespace rollcall::agent::http {

class Engine {
public:
    struct Parts {
        const Limits& limits;
        Stats& stats;
        const Budget& budget;
        Handle handle;
    };
    // The error is text for the operator.
    [[nodiscard]] static Result<std::unique_ptr<Engine>, std::string> start(Parts parts);
    ~Engine();
    Engine(const Engine&) = delete;
    Engine& operator=(const Engine&) = delete;

    // Readable when turn() has something to do.
    [[nodiscard]] int descriptor() const;
    void admit(Admitted client, Target target);
    // Until the budget is used up or nothing is left to do now.
    void turn();
    // Whether the next turn has work that no descriptor reports.
    [[nodiscard]] bool has_work() const;
    // Cuts clients that are too slow. To be called about once a second, before a turn.
    void check_deadlines(Time now);

    [[nodiscard]] std::size_t connections() const { return connections_.size(); }
    [[nodiscard]] std::size_t event_streams() const { return event_streams_; }
    // Ends event streams, which would never end.
    void end_event_streams();
    // Cuts all of them.
    void stop();

private:
    struct Connection {
        Engine* engine = nullptr;
        MHD_Connection* handle = nullptr;
        int socket = -1;
        std::shared_ptr<Exchange> exchange;
        bool seen = false;  // the library has read its head
        bool suspended = false;
        bool in_queue = false;  // waits for a turn
        bool event_stream = false;
        std::list<Connection>::iterator self;
    };
    explicit Engine(Parts parts) : parts_{std::move(parts)} {}

    // The library's callbacks; `engine` or a connection is what it was given.
    static void connection_changed(void* engine, MHD_Connection* handle, void** context,
                                   MHD_ConnectionNotificationCode code);
    static MHD_Result request_advanced(void* engine, MHD_Connection* handle, const char* url,
                                       const char* method, const char* version, const char* upload,
                                       std::size_t* upload_size, void** context);
    static void request_ended(void* engine, MHD_Connection* handle, void** context,
                              MHD_RequestTerminationCode code);
    static ssize_t more_wanted(void* connection, std::uint64_t at, char* to, std::size_t most);

    MHD_Result advance(Connection& connection, std::string_view upload, std::size_t& upload_size);
    MHD_Result answer(Connection& connection);
    void suspend(Connection& connection);
    void wait_for_turn(Connection& connection);
    void resume(Connection& connection);
    void gone(Connection& connection);

    Parts parts_;
    MHD_Daemon* daemon_ = nullptr;
    std::list<Connection> connections_;
    Connection* entering_ = nullptr;
    std::deque<Connection*> queue_;  // those that wait for a turn
    std::size_t event_streams_ = 0;
    bool stopping_ = false;
};

}  // namespace rollcall::agent::http

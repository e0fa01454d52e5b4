// SPDX-License-Identifier: Apache-2.0
//
// One client of the control protocol, without its socket: bytes in, bytes out. Executes commands in
// order, in any segmentation; a slow one delays later ones, but not the records of streams, which
// are sent between replies. Uses no socket and no clock: limits of time and of queued bytes are in
// agent/control/connection.h.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "agent/session/admission.h"
#include "agent/session/client.h"
#include "agent/session/client_queries.h"
#include "agent/session/commands.h"
#include "agent/session/replies.h"
#include "agent/session/request_reader.h"
#include "agent/session/subscriptions.h"

namespace rollcall::agent {

class RpcSession {
public:
    explicit RpcSession(RpcClient client);
    RpcSession(const RpcSession&) = delete;
    RpcSession& operator=(const RpcSession&) = delete;

    // --- from the connection -------------------------------------------------------------------
    void receive(std::string_view bytes) { reader_.feed(bytes); }
    // Executes received commands and appends bytes to send, until there is nothing to do, `out` has
    // `room` bytes, a few steps were made, or one slice of a long reply is done. True: call again,
    // there may be more.
    [[nodiscard]] bool pump(std::string& out, std::size_t room);
    // Queues an event. `name` is that of a user event.
    void deliver(std::string_view event, std::string_view name, const Record& record);
    // Queues a query: the record of each stream has its own id, by which it may be answered.
    void deliver(const serf::QueryReceived& query);

    // --- views ---------------------------------------------------------------------------------
    [[nodiscard]] bool wants_input() const {
        return !closing() && !busy() && !replies_.in_slices();
    }
    [[nodiscard]] bool busy() const { return replies_.waiting(); }  // with a slow command
    // Send queued bytes, then close.
    [[nodiscard]] bool closing() const { return admission_.closing(); }
    [[nodiscard]] bool trusted() const { return admission_.trusted(); }
    [[nodiscard]] bool in_request() const { return header_ || reader_.inside_an_object(); }
    [[nodiscard]] bool watches() const { return !subscriptions_.empty() || queries_.running(); }
    // Whether replies, not only records, were appended since the last call.
    [[nodiscard]] bool take_replied() { return replies_.take_written(); }

private:
    bool step();
    void handle(const msgpack::object& object);
    void handle_header(rpc::RequestHeader header);
    void run(const RpcCommand& command, std::uint64_t seq, const msgpack::object& body);

    RpcClient client_;
    Admission admission_{client_};
    RequestReader reader_{client_.limits};
    Replies replies_{client_};
    Subscriptions subscriptions_{client_};
    ClientQueries queries_{client_};
    std::optional<rpc::RequestHeader> header_;  // waits for its body
    const RpcCommand* command_ = nullptr;       // of header_
    bool skip_body_ = false;                    // the body of a command refused by its header
};

}  // namespace rollcall::agent

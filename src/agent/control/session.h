// SPDX-License-Identifier: Apache-2.0
//
// One client of the control protocol, without its socket: bytes in, bytes out. Executes commands in
// order, in any segmentation; a slow one delays later ones, but not the records of streams, which
// are sent between replies. Owns the state of a connection: handshake, authentication, streams, one
// monitor, its own queries and queries that it may answer. Uses no socket and no clock: limits of
// time and of queued bytes are in agent/control/connection.h.
#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "agent/control/control.h"
#include "agent/control/limits.h"
#include "agent/control/stream.h"
#include "agent/log/logging.h"
#include "agent/scripts/event_filter.h"
#include "rpc/messages.h"
#include "rpc/reader.h"

namespace rollcall::agent {

struct RpcStats {
    std::uint64_t accepted = 0, refused = 0, evicted = 0, timed_out = 0;
    std::uint64_t commands = 0, broken_requests = 0, bad_tokens = 0;
    std::uint64_t records_sent = 0, records_dropped = 0;
};

class RpcSession {
public:
    struct Parts {
        Control& control;
        Log& log;
        const RpcLimits& limits;
        const std::string& token;  // "": no authentication
        RpcStats& stats;
        std::string peer;            // for log lines
        std::function<void()> wake;  // pump() may have something to do; may be called inside it
        // Logs a problem of this client, rate limited.
        std::function<void(std::string_view event, const std::string& text)> complain;
    };
    explicit RpcSession(Parts parts);
    ~RpcSession();
    RpcSession(const RpcSession&) = delete;
    RpcSession& operator=(const RpcSession&) = delete;

    // --- from the connection -------------------------------------------------------------------
    void receive(std::string_view bytes);
    // Executes received commands and appends bytes to send, until there is nothing to do or `out`
    // has `room` bytes.
    void pump(std::string& out, std::size_t room);
    // Queues an event. `name` is that of a user event.
    void deliver(std::string_view event, std::string_view name, const Record& record);
    // Queues a query: the record of each stream has its own id, by which it may be answered.
    void deliver(const serf::QueryReceived& query);

    // --- views ---------------------------------------------------------------------------------
    [[nodiscard]] bool wants_input() const { return !closing_ && !busy_ && !body_; }
    [[nodiscard]] bool busy() const { return busy_; }        // with a slow command
    [[nodiscard]] bool closing() const { return closing_; }  // send queued bytes, then close
    [[nodiscard]] bool trusted() const { return version_ != 0 && authenticated_; }
    [[nodiscard]] bool in_request() const {
        return header_ || !first_bytes_.empty() || reader_.buffered() > 0;
    }
    [[nodiscard]] bool watches() const { return monitor_ || !streams_.empty() || !asked_.empty(); }
    // Whether replies, not only records, were appended since the last call.
    [[nodiscard]] bool take_replied() { return std::exchange(replied_, false); }

private:
    struct Outlet {  // the records of one Seq
        std::uint64_t seq = 0;
        RecordQueue queue;
        bool overflowing = false;
    };
    struct Stream {
        Outlet outlet;
        EventFilter filter;
    };
    struct Asked {  // a query of this client; erased with its last record
        Outlet outlet;
        std::optional<RequestId> request;  // while it runs
        bool done = false;
    };
    struct Monitor {
        Outlet outlet;
        std::uint64_t subscription = 0;
    };
    // A reply's body that is written in slices: appends one, returns true for the last.
    using Body = std::function<bool(std::string& out)>;
    struct Command;

    // session.cpp
    bool step(std::string& out);
    [[nodiscard]] rpc::ObjectReader::Status next_object();
    bool write_record(std::string& out);
    void queue_record(Outlet& outlet, const Record& record);
    bool write_record_of(Outlet& outlet, std::string& out);
    void handle(const msgpack::object& object, std::string& out);
    void handle_header(rpc::RequestHeader header, std::string& out);
    void broken(std::string_view why);
    void reply(std::uint64_t seq, std::string_view error, std::string& out);

    // commands.cpp
    [[nodiscard]] static const Command* find_command(std::string_view name);
    void on_handshake(std::uint64_t seq, const msgpack::object& body, std::string& out);
    void on_auth(std::uint64_t seq, const msgpack::object& body, std::string& out);
    void on_members(std::uint64_t seq, const msgpack::object& body, std::string& out);
    void on_members_filtered(std::uint64_t seq, const msgpack::object& body, std::string& out);
    void on_join(std::uint64_t seq, const msgpack::object& body, std::string& out);
    void on_leave(std::uint64_t seq, const msgpack::object& body, std::string& out);
    void on_force_leave(std::uint64_t seq, const msgpack::object& body, std::string& out);
    void on_get_coordinate(std::uint64_t seq, const msgpack::object& body, std::string& out);
    void on_stats(std::uint64_t seq, const msgpack::object& body, std::string& out);
    void on_tags(std::uint64_t seq, const msgpack::object& body, std::string& out);
    void on_stream(std::uint64_t seq, const msgpack::object& body, std::string& out);
    void on_monitor(std::uint64_t seq, const msgpack::object& body, std::string& out);
    void on_stop(std::uint64_t seq, const msgpack::object& body, std::string& out);
    void send_members(std::uint64_t seq, std::vector<serf::MemberRecord> members, std::string& out);
    [[nodiscard]] Control::Done reply_later(std::uint64_t seq);

    // queries.cpp
    void on_event(std::uint64_t seq, const msgpack::object& body, std::string& out);
    void on_query(std::uint64_t seq, const msgpack::object& body, std::string& out);
    void on_respond(std::uint64_t seq, const msgpack::object& body, std::string& out);
    void on_install_key(std::uint64_t seq, const msgpack::object& body, std::string& out);
    void on_use_key(std::uint64_t seq, const msgpack::object& body, std::string& out);
    void on_remove_key(std::uint64_t seq, const msgpack::object& body, std::string& out);
    void on_list_keys(std::uint64_t seq, const msgpack::object& body, std::string& out);
    void on_key_table(std::uint64_t seq, const msgpack::object& body, std::string& out);
    void change_key(serf::KeyCommand command, std::uint64_t seq, const msgpack::object& body);
    // `to_body` builds the reply's body from the members' answers.
    template <class ToBody>
    [[nodiscard]] Control::KeysDone reply_keys_later(std::uint64_t seq, ToBody to_body);
    void on_answer(Asked& asked, const rpc::AnswerRecord& record);

    template <class Message>
    [[nodiscard]] std::optional<Message> decoded(const msgpack::object& body);

    Parts parts_;
    rpc::ObjectReader reader_;
    bool reader_trusts_ = false;                // reader_ has the limits of a trusted client
    std::string first_bytes_;                   // unread bytes of an untrusted client
    std::optional<rpc::RequestHeader> header_;  // waits for its body
    const Command* command_ = nullptr;          // of header_
    bool skip_body_ = false;                    // the body of a command refused by its header
    std::int32_t version_ = 0;                  // 0: no handshake yet
    bool authenticated_ = false;
    bool closing_ = false;
    bool busy_ = false;
    bool replied_ = false;
    std::string late_;  // replies of slow commands, for the next pump()
    Body body_;
    std::list<Stream> streams_;
    std::optional<Monitor> monitor_;
    std::list<Asked> asked_;
    std::map<std::uint64_t, serf::QueryHandle> pending_;  // by the id in the record
    std::uint64_t last_query_ = 0;
    // Callbacks of slow commands may outlive the session: they check this.
    std::shared_ptr<int> alive_ = std::make_shared<int>();
};

}  // namespace rollcall::agent

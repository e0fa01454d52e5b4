// SPDX-License-Identifier: Apache-2.0
//
// Client of the control protocol, for short-lived programs: every call blocks until its answer. One
// connection, one thread, with its own libuv loop. Matches answers to requests; their meaning is up
// to the caller. Strict: anything that is not the protocol ends the connection with an error.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "base/result.h"
#include "rpc/address.h"
#include "rpc/messages.h"
#include "tls/credentials.h"

namespace rollcall::cli {

namespace rpc = agent::rpc;

struct RpcError {
    enum class Kind : std::uint8_t {
        resolve,      // the host name did not resolve
        connect,      // no address of the host, or not the Unix socket, accepted the connection
        tls,          // no TLS with this peer: a certificate is refused, or it does not speak it
        timeout,      // connected, but silent for too long
        closed,       // the agent closed the connection
        garbage,      // the bytes received are not the control protocol
        refused,      // the agent answered with an error: `text` is from the agent
        interrupted,  // SIGINT, after catch_interrupt()
    };
    Kind kind;
    std::string text;
};

// One record of a stream, a monitor, a query or a journal, already decoded.
using StreamItem =
    std::variant<rpc::StreamRecord, rpc::LogRecord, rpc::AnswerRecord, rpc::JournalLine>;

class RpcClient {
public:
    struct Limits {
        std::chrono::milliseconds connect{10'000};  // to one address
        std::chrono::milliseconds write{10'000};
        // Silence while an answer is due. There is no limit for records of streams.
        std::chrono::milliseconds reply{10'000};
        // The same for commands that wait for the cluster: join, leave, force-leave, tags, keys.
        std::chrono::milliseconds slow_reply{300'000};
        // Records kept while an answer is due; above, the oldest are dropped.
        std::size_t kept_records = 16'384;
    };

    RpcClient();
    explicit RpcClient(const Limits& limits);
    RpcClient(const RpcClient&) = delete;
    RpcClient& operator=(const RpcClient&) = delete;
    ~RpcClient();

    // Resolves the host and tries its addresses in turn. Host names, IPv4 and IPv6.
    [[nodiscard]] std::optional<RpcError> connect(const std::string& host, std::uint16_t port);
    [[nodiscard]] std::optional<RpcError> connect(const agent::UnixAddress& at);
    // The same as the first with TLS: the agent's certificate must be for `host`.
    [[nodiscard]] std::optional<RpcError> connect(
        const std::string& host, std::uint16_t port,
        const std::shared_ptr<const tls::Credentials>& credentials);
    // The handshake, and authentication unless the token is empty. Call once, after connect().
    [[nodiscard]] std::optional<RpcError> open(const std::string& token);
    // Makes SIGINT end a wait with RpcError::interrupted instead of killing the process.
    void catch_interrupt();

    // Commands whose answer has no body.
    [[nodiscard]] std::optional<RpcError> call(std::string_view command) {
        return exchange({.command = command});
    }
    template <class Request>
    [[nodiscard]] std::optional<RpcError> call(std::string_view command, const Request& request) {
        return exchange({.command = command, .body = rpc::encode(request)});
    }
    // Commands whose answer has a body.
    template <class Response>
    [[nodiscard]] Result<Response, RpcError> ask(std::string_view command) {
        return ask_with<Response>({.command = command});
    }
    template <class Response, class Request>
    [[nodiscard]] Result<Response, RpcError> ask(std::string_view command, const Request& request) {
        return ask_with<Response>({.command = command, .body = rpc::encode(request)});
    }

    // Commands whose answer has a body even with an error. `error` is the agent's; the connection
    // stays usable.
    template <class Response>
    struct Outcome {
        Response response;
        std::optional<RpcError> error;
    };
    template <class Response, class Request>
    [[nodiscard]] Outcome<Response> attempt(std::string_view command, const Request& request) {
        return attempt_with<Response>({.command = command, .body = rpc::encode(request)});
    }
    template <class Response>
    [[nodiscard]] Outcome<Response> attempt(std::string_view command) {
        return attempt_with<Response>({.command = command});
    }

    // Sends a query. Its records come like those of a subscription; the last one has type "done".
    [[nodiscard]] Result<std::uint64_t, RpcError> query(const rpc::QueryRequest& request);
    // Subscriptions; each returns the Seq for stop().
    [[nodiscard]] Result<std::uint64_t, RpcError> stream(const std::string& filters);
    [[nodiscard]] Result<std::uint64_t, RpcError> monitor(const std::string& level);
    // Ours: a Serf agent closes the connection.
    [[nodiscard]] Result<std::uint64_t, RpcError> journal(const rpc::JournalRequest& request);
    [[nodiscard]] std::optional<RpcError> stop(std::uint64_t subscription);
    // Makes next_record() return without a record once the descriptor is readable; -1 is ignored.
    // It must be open whenever next_record() is called. May be called several times.
    void wake_on(int descriptor);
    // The next record of any subscription. nullopt: none came within `limit`, or woken.
    [[nodiscard]] Result<std::optional<StreamItem>, RpcError> next_record(
        std::optional<std::chrono::milliseconds> limit = std::nullopt);
    // Records dropped because too many came while an answer was due.
    [[nodiscard]] std::uint64_t dropped_records() const;

private:
    using TakeBody = std::function<bool(const msgpack::object&)>;
    struct Exchange {
        std::string_view command;
        std::string body;    // encoded; "": none
        TakeBody take_body;  // empty: the answer has no body
        enum class Subscribes : std::uint8_t {
            nothing,
            events,
            log,
            answers,
            journal
        } subscribes{};
        bool body_with_error = false;
    };
    template <class Response>
    Outcome<Response> attempt_with(Exchange exchange_of) {
        Outcome<Response> outcome;
        exchange_of.body_with_error = true;
        exchange_of.take_body = [&outcome](const msgpack::object& object) {
            auto decoded = rpc::decode<Response>(object);
            if (decoded) outcome.response = std::move(*decoded);
            return decoded.ok();
        };
        outcome.error = exchange(std::move(exchange_of));
        return outcome;
    }
    template <class Response>
    Result<Response, RpcError> ask_with(Exchange exchange_of) {
        Response response;
        exchange_of.take_body = [&response](const msgpack::object& object) {
            auto decoded = rpc::decode<Response>(object);
            if (decoded) response = std::move(*decoded);
            return decoded.ok();
        };
        if (auto error = exchange(std::move(exchange_of))) return std::move(*error);
        return response;
    }
    // Sends a request and waits for its answer.
    std::optional<RpcError> exchange(Exchange request);
    Result<std::uint64_t, RpcError> subscribe(Exchange request);

    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace rollcall::cli

// SPDX-License-Identifier: Apache-2.0
#include "agent/http/engine.h"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <span>
#include <utility>

#include "agent/http/gzip.h"

namespace rollcall::agent::http {
namespace {

// Of one connection: head, its parts, and a slice of the answer.
constexpr std::size_t kMemoryOfConnection = std::size_t{48} << 10;
constexpr std::size_t kSpareConnections = 8;  // those that the library has still to clean up
constexpr int kStrict = 1;

struct FixedHeader {
    const char* name;
    const char* value;
};
// The policy of content is the page's own, if it sends one.
constexpr std::array kFixedHeaders{
    FixedHeader{"Connection", "close"},  // one request each: see agent/http/door.h
    FixedHeader{"Cache-Control", "no-store"},
    FixedHeader{"X-Content-Type-Options", "nosniff"},
    FixedHeader{"X-Frame-Options", "DENY"},
    FixedHeader{"Referrer-Policy", "no-referrer"},
    FixedHeader{"Cross-Origin-Resource-Policy", "same-origin"},
};
constexpr const char* kPolicy = "Content-Security-Policy";
constexpr const char* kNoContent = "default-src 'none'; frame-ancestors 'none'";

unsigned whole_seconds(Duration duration) {
    return static_cast<unsigned>(
        std::max<std::int64_t>(std::chrono::ceil<std::chrono::seconds>(duration).count(), 1));
}

void add_headers(MHD_Response* response, const Answer& answer) {
    bool has_policy = false;
    for (const FixedHeader& header : kFixedHeaders) {
        MHD_add_response_header(response, header.name, header.value);
    }
    MHD_add_response_header(response, "Content-Type", std::string{answer.type}.c_str());
    for (const auto& [name, value] : answer.headers) {
        MHD_add_response_header(response, name.c_str(), value.c_str());
        has_policy = has_policy || name == kPolicy;
    }
    if (!has_policy) MHD_add_response_header(response, kPolicy, kNoContent);
}

// Makes the body a compressed stream where that is asked for and pays.
bool compress(const Request& request, const Limits& limits, Answer& answer) {
    const std::string* const accepted = request.head.find("accept-encoding");
    if (!answer.compress || answer.event_stream || accepted == nullptr ||
        !accepts_gzip(*accepted)) {
        return false;
    }
    std::unique_ptr<Source> plain;
    if (answer.stream) {
        plain = std::move(answer.stream);
    } else {
        if (answer.body.size() < limits.compress_from) return false;
        plain = text_source(std::move(answer.body));
    }
    answer.stream = gzipped(plain);
    const bool compressed = answer.stream != nullptr;
    if (!compressed) answer.stream = std::move(plain);
    return compressed;
}

}  // namespace

// --- start and end
// --------------------------------------------------------------------------------

Result<std::unique_ptr<Engine>, std::string> Engine::start(Parts parts) {
    std::unique_ptr<Engine> engine{new Engine{std::move(parts)}};
    const Limits& limits = engine->parts_.limits;
    engine->daemon_ = MHD_start_daemon(
        MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET | MHD_ALLOW_SUSPEND_RESUME, 0, nullptr, nullptr,
        &Engine::request_advanced, engine.get(),                                  //
        MHD_OPTION_NOTIFY_CONNECTION, &Engine::connection_changed, engine.get(),  //
        MHD_OPTION_NOTIFY_COMPLETED, &Engine::request_ended, engine.get(),        //
        MHD_OPTION_CONNECTION_LIMIT,
        static_cast<unsigned>(limits.connections + kSpareConnections),  //
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, kMemoryOfConnection,        //
        MHD_OPTION_CONNECTION_TIMEOUT, whole_seconds(limits.progress),  //
        MHD_OPTION_STRICT_FOR_CLIENT, kStrict, MHD_OPTION_END);
    if (engine->daemon_ == nullptr) return std::string{"the HTTP library did not start"};
    return engine;
}

Engine::~Engine() {
    stop();
}

int Engine::descriptor() const {
    return MHD_get_daemon_info(daemon_, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
}

void Engine::end_event_streams() {
    for (Connection& connection : connections_) {
        if (!connection.event_stream) continue;
        connection.exchange->end();
        resume(connection);
    }
}

void Engine::stop() {
    if (daemon_ == nullptr) return;
    stopping_ = true;
    for (Connection& connection : connections_) {
        connection.exchange->abandon();
        resume(connection);  // none may be suspended
    }
    MHD_stop_daemon(std::exchange(daemon_, nullptr));
    connections_.clear();
    queue_.clear();
}

// --- turns
// ----------------------------------------------------------------------------------------

void Engine::admit(Admitted client, Target target) {
    Connection& connection = connections_.emplace_back();
    connection.self = std::prev(connections_.end());
    connection.engine = this;
    connection.socket = client.socket.get();
    connection.exchange = std::make_shared<Exchange>(
        Request{.head = std::move(client.head),
                .target = std::move(target),
                .body = {},
                .client = std::move(client.client),
                .port = client.local ? client.local->port : std::uint16_t{0}},
        std::move(client.place), client.began, [this, &connection] { resume(connection); });
    entering_ = &connection;
    // The library wants some address, and shows it to us only.
    const sockaddr address{.sa_family = AF_UNIX, .sa_data = {}};
    const MHD_Result added =
        MHD_add_connection(daemon_, client.socket.release(), &address, sizeof address);
    if (entering_ != nullptr && added != MHD_YES) gone(connection);
    entering_ = nullptr;
}

void Engine::turn() {
    do {
        if (!queue_.empty()) {
            Connection& first = *queue_.front();
            queue_.pop_front();
            first.in_queue = false;
            resume(first);
        }
        MHD_run(daemon_);
    } while (parts_.budget.left() && has_work());
}

bool Engine::has_work() const {
    MHD_UNSIGNED_LONG_LONG wait = 0;
    return !queue_.empty() || (MHD_get_timeout(daemon_, &wait) == MHD_YES && wait == 0);
}

void Engine::check_deadlines(Time now) {
    for (Connection& connection : connections_) {
        Exchange& exchange = *connection.exchange;
        if (exchange.stage() != Exchange::Stage::body || connection.in_queue ||
            now < exchange.began() + parts_.limits.request) {
            continue;
        }
        if (exchange.body_bytes() == exchange.request().head.content_length) continue;
        ++parts_.stats[Refused::too_slow];
        ++parts_.stats.answers[4];
        send_refusal(connection.socket,
                     {408, "the request did not arrive within its time", Refused::too_slow});
        ::shutdown(connection.socket, SHUT_RDWR);
    }
}

void Engine::suspend(Connection& connection) {
    if (stopping_) return;
    connection.suspended = true;
    MHD_suspend_connection(connection.handle);
}

void Engine::wait_for_turn(Connection& connection) {
    connection.in_queue = true;
    queue_.push_back(&connection);
    suspend(connection);
}

void Engine::resume(Connection& connection) {
    if (connection.in_queue && !stopping_) return;  // its turn comes
    if (std::exchange(connection.suspended, false)) MHD_resume_connection(connection.handle);
}

void Engine::gone(Connection& connection) {
    connection.exchange->abandon();
    if (connection.event_stream) --event_streams_;
    if (connection.in_queue) std::erase(queue_, &connection);
    connections_.erase(connection.self);
}

// --- what the library reports
// ---------------------------------------------------------------------

void Engine::connection_changed(void* engine, MHD_Connection* handle, void** context,
                                MHD_ConnectionNotificationCode code) {
    auto& self = *static_cast<Engine*>(engine);
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        Connection* const entering = std::exchange(self.entering_, nullptr);
        *context = entering;
        if (entering != nullptr) entering->handle = handle;
    } else if (*context != nullptr && !self.stopping_) {
        self.gone(*static_cast<Connection*>(*context));
    }
}

MHD_Result Engine::request_advanced(void* engine, MHD_Connection* handle, const char* /*url*/,
                                    const char* /*method*/, const char* /*version*/,
                                    const char* upload, std::size_t* upload_size,
                                    void** /*context*/) {
    auto& self = *static_cast<Engine*>(engine);
    const MHD_ConnectionInfo* const info =
        MHD_get_connection_info(handle, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    if (info == nullptr || info->socket_context == nullptr || self.stopping_) return MHD_NO;
    return self.advance(*static_cast<Connection*>(info->socket_context),
                        {upload, upload == nullptr ? 0 : *upload_size}, *upload_size);
}

// Called with the head, with each part of the body, and when all is there; and again after each
// resume.
MHD_Result Engine::advance(Connection& connection, std::string_view upload,
                           std::size_t& upload_size) {
    if (!std::exchange(connection.seen, true)) return MHD_YES;
    Exchange& exchange = *connection.exchange;
    if (!upload.empty()) {
        exchange.add_body(upload);
        upload_size = 0;
        return MHD_YES;
    }
    if (exchange.stage() == Exchange::Stage::body) {
        if (!parts_.budget.left()) {
            wait_for_turn(connection);
            return MHD_YES;
        }
        ++parts_.stats.requests;
        exchange.handle(parts_.handle);
    }
    if (exchange.stage() == Exchange::Stage::handling) {
        suspend(connection);
        return MHD_YES;
    }
    return answer(connection);
}

MHD_Result Engine::answer(Connection& connection) {
    Exchange& exchange = *connection.exchange;
    Answer answer = exchange.take_answer();
    if (answer.event_stream) {
        if (event_streams_ >= parts_.limits.event_streams) {
            ++parts_.stats[Refused::too_many_streams];
            answer = error_answer(
                503, "too many event streams: " + std::to_string(parts_.limits.event_streams));
        } else {
            connection.event_stream = true;
            ++event_streams_;
        }
    }
    ++parts_.stats.answers.at(static_cast<std::size_t>(answer.status) / 100);
    const bool compressed = compress(exchange.request(), parts_.limits, answer);
    MHD_Response* response = nullptr;
    if (answer.stream) {
        exchange.set_stream(std::move(answer.stream));
        response = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, kSlice, &Engine::more_wanted,
                                                     &connection, nullptr);
    } else {
        parts_.stats.bytes_sent += answer.body.size();
        response = MHD_create_response_from_buffer(answer.body.size(), answer.body.data(),
                                                   MHD_RESPMEM_MUST_COPY);
    }
    if (response == nullptr) return MHD_NO;
    add_headers(response, answer);
    if (answer.compress) MHD_add_response_header(response, "Vary", "Accept-Encoding");
    if (compressed) MHD_add_response_header(response, "Content-Encoding", "gzip");
    const MHD_Result queued =
        MHD_queue_response(connection.handle, static_cast<unsigned>(answer.status), response);
    MHD_destroy_response(response);  // the library keeps it while it is written
    return queued;
}

ssize_t Engine::more_wanted(void* context, std::uint64_t /*at*/, char* to, std::size_t most) {
    auto& connection = *static_cast<Connection*>(context);
    Engine& engine = *connection.engine;
    const Exchange::Written written = connection.exchange->write({to, most}, engine.parts_.budget);
    switch (written.need) {
        case Exchange::Need::none:
            engine.parts_.stats.bytes_sent += written.bytes;
            return static_cast<ssize_t>(written.bytes);
        case Exchange::Need::turn:
            engine.wait_for_turn(connection);
            return 0;
        case Exchange::Need::wake:
            engine.suspend(connection);
            return 0;
        case Exchange::Need::end:
            return MHD_CONTENT_READER_END_OF_STREAM;
        case Exchange::Need::cut:
            break;
    }
    return MHD_CONTENT_READER_END_WITH_ERROR;
}

void Engine::request_ended(void* engine, MHD_Connection* handle, void** /*context*/,
                           MHD_RequestTerminationCode code) {
    auto& self = *static_cast<Engine*>(engine);
    static_cast<void>(handle);
    if (code == MHD_REQUEST_TERMINATED_TIMEOUT_REACHED) ++self.parts_.stats[Refused::not_read];
}

}  // namespace rollcall::agent::http

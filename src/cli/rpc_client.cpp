// SPDX-License-Identifier: Apache-2.0
#include "cli/rpc_client.h"

#include <algorithm>
#include <array>
#include <deque>
#include <map>

#include "cli/connection.h"
#include "rpc/reader.h"

namespace rollcall::cli {

namespace {

using ErrorKind = RpcError::Kind;

// Commands that wait for the cluster before they answer.
constexpr std::array<std::string_view, 10> kSlowCommands{
    "doctor",      "join",    "leave",      "force-leave", "tags",
    "install-key", "use-key", "remove-key", "list-keys",   "key-table"};
// Errors without a body: the command was not executed.
constexpr std::array<std::string_view, 3> kBareErrors{
    "Handshake required", "Authentication required", "Unsupported command"};

bool is_slow(std::string_view command) {
    return std::ranges::find(kSlowCommands, command) != kSlowCommands.end();
}
bool comes_bare(std::string_view error) {
    return std::ranges::find(kBareErrors, error) != kBareErrors.end();
}

}  // namespace

struct RpcClient::Impl {
    explicit Impl(const Limits& limits_of)
        : limits{limits_of}, connection{[this](std::string_view bytes) { on_bytes(bytes); }} {}

    using Subscription = Exchange::Subscribes;
    // The request whose answer is due, and the state of the answer.
    struct Waiting {
        std::uint64_t seq = 0;
        TakeBody take_body;
        Subscription subscription = Subscription::nothing;  // what success starts
        bool body_with_error = false;
        bool answered = false;
        std::string error;  // the agent's
    };

    void on_bytes(std::string_view bytes) {
        reader.feed(bytes);
        while (!broken) {
            const auto status = reader.next();
            if (status == rpc::ObjectReader::Status::need_more) return;
            if (status == rpc::ObjectReader::Status::broken) {
                fail("the answer is not msgpack, or exceeds the limits");
                return;
            }
            on_object(reader.object());
        }
    }

    // Objects come as header, body, header, ...; whether a body follows depends on the header.
    void on_object(const msgpack::object& object) {
        if (record_of) {
            on_record(*std::exchange(record_of, std::nullopt), object);
        } else if (body_due) {
            body_due = false;
            if (!waiting || !waiting->take_body || !waiting->take_body(object)) {
                fail("the answer's body is invalid");
                return;
            }
            waiting->answered = true;
        } else {
            on_header(object);
        }
    }

    void on_header(const msgpack::object& object) {
        const auto header = rpc::decode<rpc::ResponseHeader>(object);
        if (!header) return fail("the answer has no header");
        if (waiting && !waiting->answered && header->seq == waiting->seq) {
            waiting->error = header->error;
            // Whether a body follows an error depends on the error and the command.
            const bool body_comes =
                header->error.empty() || (waiting->body_with_error && !comes_bare(header->error));
            body_due = body_comes && waiting->take_body;
            if (!body_due) waiting->answered = true;
            // Subscribe at once: records may follow in the same segment.
            if (header->error.empty() && waiting->subscription != Subscription::nothing) {
                subscriptions.emplace(header->seq, waiting->subscription);
            }
        } else if (const auto it = subscriptions.find(header->seq); it != subscriptions.end()) {
            record_of = it->second;
        } else if (header->seq > last_seq) {
            fail("an answer to a request that was never sent");
        }
        // Else: the rest of an earlier answer. Serf repeats an authentication error, for example.
    }

    void on_record(Subscription subscription, const msgpack::object& object) {
        switch (subscription) {
            case Subscription::log:
                if (!keep<rpc::LogRecord>(object)) return fail("an invalid log record");
                break;
            case Subscription::answers:
                if (!keep<rpc::AnswerRecord>(object)) {
                    return fail("an invalid query record");
                }
                break;
            case Subscription::journal:
                if (!keep<rpc::JournalLine>(object)) return fail("an invalid journal record");
                break;
            case Subscription::events:
            case Subscription::nothing:
                if (!keep<rpc::StreamRecord>(object)) {
                    return fail("an invalid event record");
                }
                break;
        }
        if (records.size() > limits.kept_records) {
            records.pop_front();
            ++dropped;
        }
    }

    template <class Record>
    bool keep(const msgpack::object& object) {
        auto record = rpc::decode<Record>(object);
        if (record) records.emplace_back(std::move(*record));
        return record.ok();
    }

    void fail(std::string why) {
        broken = RpcError{ErrorKind::garbage, std::move(why)};
        connection.close();
    }

    // Why a wait ended without an answer.
    [[nodiscard]] RpcError no_answer(Connection::Wait wait) const {
        if (broken) return *broken;
        if (wait == Connection::Wait::interrupted) return {ErrorKind::interrupted, "interrupted"};
        if (const auto& why = connection.tls_error(); !why.empty()) return {ErrorKind::tls, why};
        if (const auto& ended = connection.ended()) {
            return {ErrorKind::closed, ended->empty() ? "the agent closed the connection"
                                                      : "the connection broke: " + *ended};
        }
        return {ErrorKind::timeout, "the agent did not answer in time"};
    }

    Limits limits;
    Connection connection;
    rpc::ObjectReader reader{rpc::kClientLimits};
    std::uint64_t last_seq = 0;
    std::optional<Waiting> waiting;
    bool body_due = false;
    std::optional<Subscription> record_of;  // the next object is a record of this
    std::map<std::uint64_t, Subscription> subscriptions;
    std::deque<StreamItem> records;
    std::uint64_t dropped = 0;
    std::optional<RpcError> broken;
};

RpcClient::RpcClient() : RpcClient{Limits{}} {}
RpcClient::RpcClient(const Limits& limits) : impl_{std::make_unique<Impl>(limits)} {}
RpcClient::~RpcClient() = default;

std::optional<RpcError> RpcClient::connect(const std::string& host, std::uint16_t port) {
    if (auto why = impl_->connection.resolve(host, port, impl_->limits.connect); !why.empty()) {
        return RpcError{ErrorKind::resolve, std::move(why)};
    }
    if (auto why = impl_->connection.connect(impl_->limits.connect); !why.empty()) {
        return RpcError{ErrorKind::connect, std::move(why)};
    }
    return std::nullopt;
}

std::optional<RpcError> RpcClient::connect(
    const std::string& host, std::uint16_t port,
    const std::shared_ptr<const tls::Credentials>& credentials) {
    if (auto error = connect(host, port)) return error;
    auto why = impl_->connection.secure(credentials, host, impl_->limits.connect);
    if (why.empty()) return std::nullopt;
    return RpcError{ErrorKind::tls, std::move(why)};
}

std::optional<RpcError> RpcClient::connect(const agent::UnixAddress& at) {
    auto why = impl_->connection.connect_unix(at.path, impl_->limits.connect);
    if (why.empty()) return std::nullopt;
    return RpcError{ErrorKind::connect, std::move(why)};
}

std::optional<RpcError> RpcClient::open(const std::string& token) {
    if (auto error = call("handshake", rpc::HandshakeRequest{.version = rpc::kVersion})) {
        return error;
    }
    if (token.empty()) return std::nullopt;
    return call("auth", rpc::AuthRequest{.auth_key = token});
}

void RpcClient::wake_on(int descriptor) {
    if (descriptor >= 0) impl_->connection.wake_on(descriptor);
}

void RpcClient::catch_interrupt() {
    impl_->connection.catch_interrupt();
}

std::optional<RpcError> RpcClient::exchange(Exchange request) {
    Impl& impl = *impl_;
    if (impl.broken) return impl.broken;
    const std::uint64_t seq = ++impl.last_seq;
    impl.waiting = Impl::Waiting{.seq = seq, .take_body = std::move(request.take_body)};
    impl.waiting->subscription = request.subscribes;
    impl.waiting->body_with_error = request.body_with_error;

    std::string bytes =
        rpc::encode(rpc::RequestHeader{.command = std::string{request.command}, .seq = seq});
    bytes += request.body;
    const std::string write_error = impl.connection.write(std::move(bytes), impl.limits.write);
    if (!write_error.empty() && !impl.connection.is_open()) {
        impl.waiting.reset();
        return RpcError{ErrorKind::timeout, write_error};
    }
    // After a failed write there may still be an answer to read: why the agent closed.
    const auto limit = write_error.empty() && is_slow(request.command) ? impl.limits.slow_reply
                                                                       : impl.limits.reply;
    const auto wait = impl.connection.pump(
        [&] { return impl.waiting->answered || impl.broken || impl.connection.ended(); }, limit);
    const Impl::Waiting answer = *std::exchange(impl.waiting, std::nullopt);
    if (!answer.answered) return impl.no_answer(wait);
    if (!answer.error.empty()) return RpcError{ErrorKind::refused, answer.error};

    return std::nullopt;
}

Result<std::uint64_t, RpcError> RpcClient::subscribe(Exchange request) {
    if (auto error = exchange(std::move(request))) return std::move(*error);
    return impl_->last_seq;
}

Result<std::uint64_t, RpcError> RpcClient::query(const rpc::QueryRequest& request) {
    return subscribe({.command = "query",
                      .body = rpc::encode(request),
                      .subscribes = Exchange::Subscribes::answers});
}

Result<std::uint64_t, RpcError> RpcClient::stream(const std::string& filters) {
    return subscribe({.command = "stream",
                      .body = rpc::encode(rpc::StreamRequest{.type = filters}),
                      .subscribes = Exchange::Subscribes::events});
}

Result<std::uint64_t, RpcError> RpcClient::monitor(const std::string& level) {
    return subscribe({.command = "monitor",
                      .body = rpc::encode(rpc::MonitorRequest{.log_level = level}),
                      .subscribes = Exchange::Subscribes::log});
}

Result<std::uint64_t, RpcError> RpcClient::journal(const rpc::JournalRequest& request) {
    return subscribe({.command = "journal",
                      .body = rpc::encode(request),
                      .subscribes = Exchange::Subscribes::journal});
}

std::optional<RpcError> RpcClient::stop(std::uint64_t subscription) {
    // Records may arrive before the answer, so the subscription stays registered.
    return call("stop", rpc::StopRequest{.stop = subscription});
}

Result<std::optional<StreamItem>, RpcError> RpcClient::next_record(
    std::optional<std::chrono::milliseconds> limit) {
    Impl& impl = *impl_;
    const auto wait = impl.connection.pump_or_wake(
        [&] { return !impl.records.empty() || impl.broken || impl.connection.ended(); }, limit);
    if (!impl.records.empty()) {
        std::optional<StreamItem> item{std::move(impl.records.front())};
        impl.records.pop_front();
        return item;
    }
    if (wait == Connection::Wait::timed_out || wait == Connection::Wait::woken) {
        return std::optional<StreamItem>{};
    }
    return impl.no_answer(wait);
}

std::uint64_t RpcClient::dropped_records() const {
    return impl_->dropped;
}

}  // namespace rollcall::cli

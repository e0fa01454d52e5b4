// SPDX-License-Identifier: Apache-2.0
//
// A ProtocolCore that records its calls and answers as the test defines.
#pragma once

#include <algorithm>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/check.h"
#include "membership/core.h"
#include "membership/outbox.h"
#include "transport/driver.h"

namespace rollcall::transport {

enum class CallKind { start, packet, send_error, timeout, accepted, connected, data, closed };

struct Call {
    CallKind kind = CallKind::start;
    Time now{};
    Endpoint peer;
    StreamId id;
    std::string text;  // bytes of a packet or a stream
    membership::SendError send_error = membership::SendError::local;
    membership::StreamEnd end = membership::StreamEnd::local;
};

class RecordingCore {
public:
    using Outbox = membership::Outbox;

    void start(Time now, Outbox& out) { record({.kind = CallKind::start, .now = now}, out); }
    void handle_packet(Time now, Endpoint from, Bytes bytes, Outbox& out) {
        record({.kind = CallKind::packet,
                .now = now,
                .peer = from,
                .text = std::string{as_text(bytes)}},
               out);
    }
    void handle_send_error(Time now, Endpoint to, membership::SendError error, Outbox& out) {
        record({.kind = CallKind::send_error, .now = now, .peer = to, .send_error = error}, out);
    }
    void handle_timeout(Time now, Outbox& out) {
        if (deadline && now >= *deadline) deadline.reset();
        record({.kind = CallKind::timeout, .now = now}, out);
    }
    void handle_stream_accepted(Time now, StreamId id, Endpoint from, Outbox& out) {
        record({.kind = CallKind::accepted, .now = now, .peer = from, .id = id}, out);
    }
    void handle_stream_connected(Time now, StreamId id, Outbox& out) {
        record({.kind = CallKind::connected, .now = now, .id = id}, out);
    }
    void handle_stream_data(Time now, StreamId id, Bytes bytes, Outbox& out) {
        record({.kind = CallKind::data, .now = now, .id = id, .text = std::string{as_text(bytes)}},
               out);
    }
    void handle_stream_closed(Time now, StreamId id, membership::StreamEnd end, Outbox& out) {
        record({.kind = CallKind::closed, .now = now, .id = id, .end = end}, out);
    }
    [[nodiscard]] std::optional<Time> next_deadline() const { return deadline; }

    [[nodiscard]] std::size_t count(CallKind kind) const {
        return static_cast<std::size_t>(std::count_if(
            calls.begin(), calls.end(), [&](const Call& c) { return c.kind == kind; }));
    }
    // The first of its kind, or nullptr.
    [[nodiscard]] const Call* first(CallKind kind) const {
        const auto found =
            std::find_if(calls.begin(), calls.end(), [&](const Call& c) { return c.kind == kind; });
        return found == calls.end() ? nullptr : &*found;
    }
    // All stream bytes of one id, in order.
    [[nodiscard]] std::string received(StreamId id) const {
        std::string all;
        for (const Call& c : calls) {
            if (c.kind == CallKind::data && c.id == id) all += c.text;
        }
        return all;
    }

    std::vector<Call> calls;
    std::optional<Time> deadline;
    std::function<void(const Call&, Outbox&)> answer;  // the reaction of the core

private:
    void record(Call call, Outbox& out) {
        // The driver promises an empty Outbox and never to call while we are being called.
        ROLLCALL_CHECK(out.empty() && !inside_);
        ROLLCALL_CHECK(calls.empty() || calls.back().now <= call.now);
        inside_ = true;
        calls.push_back(std::move(call));
        if (answer) answer(Call{calls.back()}, out);
        inside_ = false;
    }
    bool inside_ = false;
};

inline void send(membership::Outbox& out, const Endpoint& to, std::string_view text) {
    const MutableBytes room = out.stage(text.size());
    std::copy_n(as_bytes(text).begin(), text.size(), room.begin());
    out.send_staged(to, text.size());
}

inline Endpoint at(std::string_view text) {
    const auto endpoint = Endpoint::parse(text);
    ROLLCALL_CHECK(endpoint.has_value());
    return *endpoint;
}

// A core with its driver, opened on loopback.
struct TestNode {
    explicit TestNode(uv_loop_t& loop, Options options = {.bind = at("127.0.0.1:0")})
        : driver{loop, core} {
        auto bound = driver.open(options);
        EXPECT_TRUE(bound) << (bound ? "" : bound.error());
        if (bound) endpoint = *bound;
    }
    void send_to(const Endpoint& to, std::string_view text) {
        driver.command([&](RecordingCore&, Time, membership::Outbox& out) { send(out, to, text); });
    }
    StreamId open(const Endpoint& to, Duration within = std::chrono::seconds{5}) {
        const StreamId id{next_id++};
        driver.command([&](RecordingCore&, Time now, membership::Outbox& out) {
            out.open_stream(id, to, now + within);
        });
        return id;
    }
    void write(StreamId id, std::string_view text) {
        driver.command(
            [&](RecordingCore&, Time, membership::Outbox& out) { out.write(id, as_bytes(text)); });
    }
    void close(StreamId id) {
        driver.command([&](RecordingCore&, Time, membership::Outbox& out) { out.close(id); });
    }
    // Waits for the next (or n-th) call of a kind.
    [[nodiscard]] std::function<bool()> called(CallKind kind, std::size_t times = 1) {
        return [this, kind, times] { return core.count(kind) >= times; };
    }

    RecordingCore core;
    Driver<RecordingCore> driver;
    Endpoint endpoint;
    std::uint64_t next_id = 1;
};

}  // namespace rollcall::transport

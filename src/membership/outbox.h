// SPDX-License-Identifier: Apache-2.0
//
// The actions that the core requests. Plain values in order; the driver carries them out after the
// call returns, so the core is never re-entered. clear() keeps the capacity: once warm, handling a
// packet allocates nothing. Spans passed to callbacks die at the next call on the Outbox.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/check.h"
#include "base/endpoint.h"
#include "base/ids.h"
#include "base/scratch.h"
#include "base/shared_bytes.h"
#include "base/time.h"
#include "membership/events.h"

namespace rollcall::membership {

enum class StreamVerb : std::uint8_t {
    open,   // connect `id` to `to`; answer with connected or closed
    write,  // send these bytes, after earlier writes
    close,  // flush what was written, then close; no closed() call follows
};

struct StreamAction {
    StreamVerb verb = StreamVerb::close;
    StreamId id;
    Endpoint to;      // open only
    Time deadline{};  // open only: the driver gives up connecting then. The core keeps its own too
    std::size_t offset = 0, size = 0;  // write only
    SharedBytes shared;  // write only: what is written, if it is not the Outbox's own. May be kept
};

class Outbox {
public:
    // Room to encode one datagram in place. The span dies at the next call on this Outbox.
    [[nodiscard]] MutableBytes stage(std::size_t max_size) {
        if (bytes_.size() < used_ + max_size) bytes_.resize(used_ + max_size);
        return std::span{bytes_}.subspan(used_, max_size);
    }
    void send_staged(Endpoint to, std::size_t size) {
        ROLLCALL_CHECK(used_ + size <= bytes_.size());
        sends_.push_back({to, used_, size});
        used_ += size;
    }
    void open_stream(StreamId id, Endpoint to, Time deadline) {
        streams_.push_back({.verb = StreamVerb::open, .id = id, .to = to, .deadline = deadline});
    }
    void write(StreamId id, Bytes bytes) {
        streams_.push_back({.verb = StreamVerb::write,
                            .id = id,
                            .offset = stream_bytes_.size(),
                            .size = bytes.size()});
        stream_bytes_.insert(stream_bytes_.end(), bytes.begin(), bytes.end());
    }
    // The same without a copy.
    void write(StreamId id, SharedBytes bytes) {
        streams_.push_back({.verb = StreamVerb::write, .id = id, .shared = std::move(bytes)});
    }
    void close(StreamId id) { streams_.push_back({.verb = StreamVerb::close, .id = id}); }
    void notify(Event event) { events_.push_back(std::move(event)); }

    template <class OnSend>
    void for_each_send(OnSend&& on_send) const {
        for (const Send& s : sends_) {
            on_send(s.to, Bytes{bytes_}.subspan(s.offset, s.size));
        }
    }
    // on_action(const StreamAction&, Bytes written): the bytes are empty unless verb is write.
    template <class OnAction>
    void for_each_stream_action(OnAction&& on_action) const {
        for (const StreamAction& a : streams_) {
            on_action(a,
                      a.shared ? Bytes{*a.shared} : Bytes{stream_bytes_}.subspan(a.offset, a.size));
        }
    }
    [[nodiscard]] std::span<const Event> events() const { return events_; }
    [[nodiscard]] std::size_t sends() const { return sends_.size(); }
    [[nodiscard]] std::size_t stream_actions() const { return streams_.size(); }
    [[nodiscard]] bool empty() const {
        return sends_.empty() && streams_.empty() && events_.empty();
    }
    void clear() {
        used_ = 0;
        sends_.clear();
        streams_.clear();
        events_.clear();
        give_back(stream_bytes_);
    }

private:
    struct Send {
        Endpoint to;
        std::size_t offset, size;
    };
    std::vector<std::byte> bytes_;
    std::size_t used_ = 0;
    std::vector<Send> sends_;
    std::vector<StreamAction> streams_;
    std::vector<std::byte> stream_bytes_;
    std::vector<Event> events_;
};

}  // namespace rollcall::membership

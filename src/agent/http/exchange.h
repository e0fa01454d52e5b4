// SPDX-License-Identifier: Apache-2.0
//
// One request and its answer: the body is read, the request is handled when the turn has time for
// it, and the answer is written piece by piece as the client takes it. Does not know the HTTP
// library: it says what it needs next, and Engine does it. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "agent/http/answer.h"
#include "agent/http/budget.h"
#include "agent/http/places.h"
#include "base/time.h"

namespace rollcall::agent::http {

class Exchange : public std::enable_shared_from_this<Exchange> {
public:
    enum class Stage : std::uint8_t {
        body,      // arrives
        handling,  // its reply is to come
        answered,  // there is an answer to be taken
        writing,   // the answer
    };
    // What the next piece of the answer needs.
    enum class Need : std::uint8_t { none, turn, wake, end, cut };

    // `resume` is called when the exchange can go on that asked to wait.
    Exchange(Request request, Places::Place place, Time began, std::function<void()> resume)
        : request_{std::make_shared<Request>(std::move(request))},
          place_{std::move(place)},
          began_{began},
          resume_{std::move(resume)} {}

    [[nodiscard]] Stage stage() const { return stage_; }
    [[nodiscard]] Time began() const { return began_; }
    [[nodiscard]] const Request& request() const { return *request_; }
    void add_body(std::string_view bytes) { request_->body += bytes; }
    [[nodiscard]] std::size_t body_bytes() const { return request_->body.size(); }
    // The stage is `handling` or `answered` after it.
    void handle(const Handle& handle);

    // Once, at stage `answered`. What is left of it is the stream that write() reads.
    [[nodiscard]] Answer take_answer();
    void set_stream(std::unique_ptr<Source> stream);
    struct Written {
        std::size_t bytes = 0;
        Need need = Need::none;  // if there are no bytes
    };
    [[nodiscard]] Written write(std::span<char> to, const Budget& budget);
    [[nodiscard]] bool is_event_stream() const { return event_stream_; }

    // The stream ends after what was written so far.
    void end() { ended_ = true; }
    // The client is gone: no resume, and a late reply is dropped.
    void abandon();

private:
    void replied(Answer answer);

    std::shared_ptr<Request> request_;
    Places::Place place_;
    Time began_{};
    std::function<void()> resume_;
    Stage stage_ = Stage::body;
    std::optional<Answer> answer_;
    std::unique_ptr<Source> stream_;
    std::string pending_;  // of the stream, written to the client from `pending_at_`
    std::size_t pending_at_ = 0;
    bool ended_ = false, broken_ = false;
    bool in_handle_ = false;
    bool event_stream_ = false;
};

}  // namespace rollcall::agent::http

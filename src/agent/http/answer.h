// SPDX-License-Identifier: Apache-2.0
//
// What a request is answered with: a text, or a source that writes a long one piece by piece when
// the client can take it, and may wait for more to come. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "agent/http/head.h"
#include "agent/http/target.h"
#include "base/endpoint.h"

namespace rollcall::agent::http {

class Source {
public:
    enum class State : std::uint8_t {
        more,     // it has more: called again soon
        waiting,  // it has no more now: called again after its wake function
        ended,
        broken,  // the answer cannot be completed: the connection is cut, so that the client sees
                 // it
    };

    virtual ~Source() = default;
    // Appends the next piece, up to about a slice of 16 KiB; what takes longer than half a
    // millisecond is done in several calls.
    [[nodiscard]] virtual State append(std::string& to) = 0;
    // Before the first append(). `wake` may be called at any time, also when it is not waiting.
    virtual void on_wake(const std::function<void()>& /*wake*/) {}
};
inline constexpr std::size_t kSlice = std::size_t{16} << 10;

struct Answer {
    int status = 200;
    std::string_view type = "application/json";  // static
    std::string body;                            // if there is no `stream`
    std::unique_ptr<Source> stream = nullptr;
    std::vector<std::pair<std::string, std::string>> headers = {};
    bool compress = true;       // if the client can decompress it
    bool event_stream = false;  // open until the client closes it; its places are limited
};

struct Request {
    Head head;
    Target target;
    std::string body;
    std::string client;      // its address without port; "" of a Unix socket
    std::uint16_t port = 0;  // that it connected to; 0 for a Unix socket
};

// {"error": text}
[[nodiscard]] Answer error_answer(int status, std::string_view text);
[[nodiscard]] std::string error_body(std::string_view text);
[[nodiscard]] std::string_view reason_phrase(int status);

// Exactly once, now or later, on the loop's thread; safe when the client is gone.
using Reply = std::function<void(Answer)>;
using Handle = std::function<void(const std::shared_ptr<const Request>& request, Reply reply)>;

}  // namespace rollcall::agent::http

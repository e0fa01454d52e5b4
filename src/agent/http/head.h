// SPDX-License-Identifier: Apache-2.0
//
// The head of a request, strictly as RFC 9112 has it: what two programs could read differently is
// refused (bare CR or LF, folded lines, a repeated or odd Content-Length, Transfer-Encoding), so
// that nothing can be smuggled past a proxy. Pure; the bytes are hostile.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/http/limits.h"
#include "agent/http/stats.h"
#include "base/result.h"

namespace rollcall::agent::http {

struct Refusal {
    int status = 400;
    std::string text;
    Refused cause = Refused::malformed;
};

struct Header {
    std::string name;  // in lower case
    std::string value;
};

struct Head {
    std::string method;
    std::string target;  // as sent: "/v1/members?limit=3", or "http://host/..."
    bool http_1_0 = false;
    std::vector<Header> headers;
    std::uint64_t content_length = 0;

    // The first of this name (in lower case); null if there is none.
    [[nodiscard]] const std::string* find(std::string_view name) const;
};

// Reads a head while it arrives.
class HeadReader {
public:
    explicit HeadReader(const Limits& limits) : limits_{limits} {}

    // `bytes` are all that arrived so far, including those of earlier calls. Nullopt: the head is
    // not complete.
    [[nodiscard]] Result<std::optional<Head>, Refusal> read(std::string_view bytes);
    // Bytes that were seen.
    [[nodiscard]] std::size_t seen() const { return seen_; }

private:
    const Limits& limits_;
    std::size_t seen_ = 0;
};

}  // namespace rollcall::agent::http

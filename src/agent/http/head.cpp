// SPDX-License-Identifier: Apache-2.0
#include "agent/http/head.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/text.h"

namespace rollcall::agent::http {
namespace {

constexpr std::string_view kEndOfLine = "\r\n";
constexpr std::string_view kEndOfHead = "\r\n\r\n";
constexpr std::size_t kLongestMethod = 16;

Refusal malformed(std::string text) {
    return {400, std::move(text), Refused::malformed};
}

bool is_token_char(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view{"!#$%&'*+-.^_`|~"}.find(c) != std::string_view::npos;
}
bool is_token(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, is_token_char);
}

std::string_view trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// Whether the byte at `at` may stand in a head. A CR at the end of what has arrived may.
bool may_stand(std::string_view bytes, std::size_t at) {
    const char c = bytes[at];
    if (c == '\r') return at + 1 == bytes.size() || bytes[at + 1] == '\n';
    if (c == '\n') return at > 0 && bytes[at - 1] == '\r';
    return c == '\t' || (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f);
}

std::optional<Refusal> read_request_line(std::string_view line, Head& head) {
    const auto first = line.find(' ');
    const auto last = line.rfind(' ');
    if (first == std::string_view::npos || first == last) {
        return malformed("the request line is not METHOD TARGET VERSION");
    }
    const std::string_view method = line.substr(0, first);
    const std::string_view target = line.substr(first + 1, last - first - 1);
    const std::string_view version = line.substr(last + 1);
    if (!is_token(method) || method.size() > kLongestMethod) {
        return malformed("the method is not one");
    }
    const bool printable = std::ranges::all_of(target, [](char c) { return c > 0x20 && c < 0x7f; });
    if (target.empty() || !printable) {
        return malformed("the target has a character that must be written as %XX");
    }
    if (version != "HTTP/1.1" && version != "HTTP/1.0") {
        const bool of_http = version.starts_with("HTTP/");
        return Refusal{of_http ? 505 : 400, "the version is not HTTP/1.1 or HTTP/1.0",
                       Refused::malformed};
    }
    head.method = method;
    head.target = target;
    head.http_1_0 = version == "HTTP/1.0";
    return {};
}

std::optional<Refusal> read_header(std::string_view line, Head& head) {
    if (line.front() == ' ' || line.front() == '\t') return malformed("a header is folded");
    const auto colon = line.find(':');
    if (colon == std::string_view::npos || !is_token(line.substr(0, colon))) {
        return malformed("a header is not NAME: VALUE");
    }
    head.headers.push_back(
        {lower_case(line.substr(0, colon)), std::string{trimmed(line.substr(colon + 1))}});
    return {};
}

std::size_t count_of(const Head& head, std::string_view name) {
    return static_cast<std::size_t>(std::ranges::count(head.headers, name, &Header::name));
}

// How the body is delimited, and by whom the request is meant to be answered: each exactly once.
std::optional<Refusal> read_framing(Head& head) {
    if (head.find("transfer-encoding") != nullptr) {
        return Refusal{501, "Transfer-Encoding is not supported; send Content-Length",
                       Refused::transfer_encoding};
    }
    const std::size_t hosts = count_of(head, "host");
    if (hosts > 1 || (hosts == 0 && !head.http_1_0)) {
        return malformed("there must be one Host header");
    }
    const std::size_t lengths = count_of(head, "content-length");
    if (lengths > 1) return malformed("there is more than one Content-Length");
    if (lengths == 0) return {};
    const std::string& text = *head.find("content-length");
    const char* const end = text.data() + text.size();
    const bool digits =
        !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
    const auto [at, error] = std::from_chars(text.data(), end, head.content_length);
    if (digits && error == std::errc::result_out_of_range) {
        return Refusal{413, "the body is too large", Refused::body_too_large};
    }
    if (!digits || error != std::errc{} || at != end) {
        return malformed("Content-Length is not a number");
    }
    return {};
}

// The library behind allocates for each of them.
std::size_t parameters_of(const Head& head) {
    auto count = static_cast<std::size_t>(std::ranges::count(head.target, '&'));
    for (const Header& header : head.headers) {
        if (header.name == "cookie") {
            count += static_cast<std::size_t>(std::ranges::count(header.value, ';')) + 1;
        }
    }
    return count;
}

}  // namespace

const std::string* Head::find(std::string_view name) const {
    const auto found = std::ranges::find(headers, name, &Header::name);
    return found == headers.end() ? nullptr : &found->value;
}

Result<std::optional<Head>, Refusal> HeadReader::read(std::string_view bytes) {
    // A CR that was the last byte is looked at again.
    const std::size_t from = seen_ == 0 ? 0 : seen_ - 1;
    const std::size_t search = seen_ < kEndOfHead.size() ? 0 : seen_ - kEndOfHead.size();
    const auto end = bytes.find(kEndOfHead, search);
    const std::size_t size = end == std::string_view::npos ? bytes.size() : end + kEndOfHead.size();
    for (std::size_t at = from; at < size; ++at) {
        if (!may_stand(bytes.substr(0, size), at)) {
            return malformed(
                "the head has a control character, or a line that does not end in CRLF");
        }
    }
    if (size > limits_.head_bytes ||
        (end == std::string_view::npos && size == limits_.head_bytes)) {
        const bool in_target = bytes.find(kEndOfLine) == std::string_view::npos;
        return Refusal{
            in_target ? 414 : 431,
            "the head of a request may have up to " + std::to_string(limits_.head_bytes) + " bytes",
            Refused::head_too_large};
    }
    seen_ = size;
    if (end == std::string_view::npos) return std::optional<Head>{};

    Head head;
    std::string_view rest = bytes.substr(0, end + kEndOfLine.size());
    const auto next_line = [&rest] {
        const auto length = rest.find(kEndOfLine);
        const std::string_view line = rest.substr(0, length);
        rest.remove_prefix(length + kEndOfLine.size());
        return line;
    };
    if (auto refusal = read_request_line(next_line(), head)) return std::move(*refusal);
    while (!rest.empty()) {
        if (head.headers.size() == limits_.headers) {
            return Refusal{431, "more than " + std::to_string(limits_.headers) + " headers",
                           Refused::head_too_large};
        }
        if (auto refusal = read_header(next_line(), head)) return std::move(*refusal);
    }
    if (auto refusal = read_framing(head)) return std::move(*refusal);
    if (parameters_of(head) > limits_.parameters) {
        return Refusal{431, "more than " + std::to_string(limits_.parameters) + " parameters",
                       Refused::head_too_large};
    }
    return std::optional<Head>{std::move(head)};
}

}  // namespace rollcall::agent::http

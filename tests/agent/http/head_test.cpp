// SPDX-License-Identifier: Apache-2.0
#include "agent/http/head.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace rollcall::agent::http {
namespace {

using testing::HasSubstr;

const Limits kLimits;

// The status it is refused with, 0 if it is complete and valid, -1 if more must come.
int status_of(std::string_view bytes) {
    HeadReader reader{kLimits};
    const auto head = reader.read(bytes);
    if (!head) return head.error().status;
    return *head ? 0 : -1;
}

std::string get_with(std::string_view headers) {
    return "GET / HTTP/1.1\r\nHost: a\r\n" + std::string{headers} + "\r\n";
}
std::string post_with(std::string_view headers) {
    return "POST /v1/event HTTP/1.1\r\nHost: a\r\n" + std::string{headers} + "\r\n";
}

TEST(HttpHead, MethodTargetAndHeadersAreRead) {
    HeadReader reader{kLimits};
    const auto head = reader.read(
        "POST /v1/tags?x=1 HTTP/1.1\r\nHost: a:1\r\nX-Empty:\r\ncontent-LENGTH:  12 \r\n\r\n{body");
    ASSERT_TRUE(head && *head);
    EXPECT_EQ((*head)->method, "POST");
    EXPECT_EQ((*head)->target, "/v1/tags?x=1");
    EXPECT_EQ((*head)->content_length, 12u);
    EXPECT_FALSE((*head)->http_1_0);
    ASSERT_NE((*head)->find("host"), nullptr);
    EXPECT_EQ(*(*head)->find("host"), "a:1");
    EXPECT_EQ(*(*head)->find("x-empty"), "");
    EXPECT_EQ((*head)->find("cookie"), nullptr);
}

TEST(HttpHead, InWhateverPiecesItArrivesItIsTheSame) {
    const std::string whole = get_with("A: 1\r\nB: 2\r\n");
    for (std::size_t step = 1; step < whole.size(); ++step) {
        HeadReader reader{kLimits};
        for (std::size_t size = step; size < whole.size(); size += step) {
            const auto head = reader.read(std::string_view{whole}.substr(0, size));
            ASSERT_TRUE(head) << step << " " << size << " " << head.error().text;
            ASSERT_FALSE(*head) << step << " " << size;
        }
        const auto head = reader.read(whole);
        ASSERT_TRUE(head && *head) << step;
        EXPECT_EQ((*head)->headers.size(), 3u);
    }
}

// What two programs could read differently must not be answered: a proxy in front of us may have
// read it in the other way.
TEST(HttpHead, WhatIsAmbiguousIsRefused) {
    const std::vector<std::pair<std::string, int>> heads{
        // Lines.
        {"GET / HTTP/1.1\nHost: a\n\n", 400},
        {"GET / HTTP/1.1\r\nHost: a\nX: y\r\n\r\n", 400},
        {get_with("X: a\n\nGET /v1/agent HTTP/1.1\r\n"), 400},
        {get_with("X: a\rContent-Length: 5\r\n"), 400},
        {get_with("X: a\r\r\n"), 400},
        {get_with("X: a\r\n folded\r\n"), 400},
        {get_with("X: a\r\n\tfolded\r\n"), 400},
        {"GET / HTTP/1.1\r\n Host: a\r\n\r\n", 400},
        {"\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {get_with(std::string{"X: a\0b\r\n", 8}), 400},
        {get_with("X: a\x7f\r\n"), 400},
        // Names.
        {get_with("Content-Length : 5\r\n"), 400},
        {get_with("Trans fer: 5\r\n"), 400},
        {get_with(": 5\r\n"), 400},
        {get_with("no colon\r\n"), 400},
        {get_with("X\xc3\xa4: 5\r\n"), 400},
        // Length of the body.
        {post_with("Content-Length: 5\r\nContent-Length: 5\r\n"), 400},
        {post_with("Content-Length: 5\r\nContent-Length: 6\r\n"), 400},
        {post_with("Content-Length: 5, 5\r\n"), 400},
        {post_with("Content-Length: +5\r\n"), 400},
        {post_with("Content-Length: -5\r\n"), 400},
        {post_with("Content-Length: 0x5\r\n"), 400},
        {post_with("Content-Length: 5 5\r\n"), 400},
        {post_with("Content-Length: 5.0\r\n"), 400},
        {post_with("Content-Length:\r\n"), 400},
        {post_with("Content-Length: 99999999999999999999999\r\n"), 413},
        {post_with("Transfer-Encoding: chunked\r\n"), 501},
        {post_with("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"), 501},
        {post_with("Transfer-Encoding: identity\r\n"), 501},
        {post_with("transfer-encoding: xchunked\r\n"), 501},
        {post_with("Transfer-Encoding:\r\n"), 501},
        // Host.
        {"GET / HTTP/1.1\r\n\r\n", 400},
        {get_with("Host: b\r\n"), 400},
        // The request line.
        {"GET /\r\nHost: a\r\n\r\n", 400},
        {"GET  HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {"GET / a HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {"GET /\xc3\xa4 HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {"G@T / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {"ABCDEFGHIJKLMNOPQ / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {"GET / http/1.1\r\nHost: a\r\n\r\n", 400},
        {"GET / HTTP/1.2\r\nHost: a\r\n\r\n", 505},
        {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
        {"\x16\x03\x01\x02", 400},  // TLS
    };
    for (const auto& [bytes, status] : heads) {
        EXPECT_EQ(status_of(bytes), status) << bytes;
    }
}

TEST(HttpHead, WhatIsValidIsNotRefused) {
    EXPECT_EQ(status_of(get_with("")), 0);
    EXPECT_EQ(status_of(get_with("X: tab\there, \xff bytes, : colons\r\n")), 0);
    EXPECT_EQ(status_of(get_with("Content-Length: 0\r\n")), 0);
    EXPECT_EQ(status_of(post_with("Content-Length: 5\r\n")), 0);
    EXPECT_EQ(status_of("GET / HTTP/1.0\r\n\r\n"), 0) << "health checks of load balancers";
}

TEST(HttpHead, ABadByteIsRefusedBeforeTheHeadIsComplete) {
    EXPECT_EQ(status_of("GET / HTTP/1.1\r\nHost: a"), -1);
    EXPECT_EQ(status_of("GET / HTTP/1.1\r"), -1) << "the LF may be on its way";
    EXPECT_EQ(status_of("GET / HTTP/1.1\rH"), 400);
    EXPECT_EQ(status_of("GET / HTTP/1.1\n"), 400);
}

TEST(HttpHead, ItIsLimitedInBytesHeadersAndParameters) {
    const auto padded = [](std::size_t size) {
        const std::string frame = get_with("X: \r\n");
        return get_with("X: " + std::string(size - frame.size(), 'x') + "\r\n");
    };
    EXPECT_EQ(status_of(padded(kLimits.head_bytes)), 0);
    EXPECT_EQ(status_of(padded(kLimits.head_bytes + 1)), 431);
    EXPECT_EQ(status_of(padded(kLimits.head_bytes + 1).substr(0, kLimits.head_bytes)), 431)
        << "no more is looked at";
    EXPECT_EQ(status_of("GET /" + std::string(kLimits.head_bytes, 'x')), 414);

    std::string headers;
    for (std::size_t i = 1; i < kLimits.headers; ++i) headers += "X: y\r\n";
    EXPECT_EQ(status_of(get_with(headers)), 0);
    EXPECT_EQ(status_of(get_with(headers + "X: y\r\n")), 431);
    const std::string parameters(kLimits.parameters, '&');
    EXPECT_EQ(status_of("GET /?" + parameters + " HTTP/1.0\r\n\r\n"), 0);
    EXPECT_EQ(status_of("GET /?&" + parameters + " HTTP/1.0\r\n\r\n"), 431);
    EXPECT_EQ(status_of(get_with("Cookie: " + std::string(kLimits.parameters, ';') + "\r\n")), 431);
}

TEST(HttpHead, EveryTruncationOfAValidHeadWaitsForMore) {
    const std::string whole = post_with("Content-Length: 2\r\nAuthorization: Bearer x\r\n");
    for (std::size_t size = 1; size < whole.size(); ++size) {
        EXPECT_EQ(status_of(whole.substr(0, size)), -1) << size;
    }
}

}  // namespace
}  // namespace rollcall::agent::http

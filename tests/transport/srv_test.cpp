// SPDX-License-Identifier: Apache-2.0
//
// Services in DNS: reading the answers of name servers, good and bad, and a look-up with a name
// server of the test's own on the loopback.
#include "transport/srv.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "support/test_loop.h"
#include "transport/resolver.h"

namespace rollcall::transport {
namespace {

using tests::TestLoop;
using namespace std::chrono_literals;
using DnsBytes = std::vector<std::byte>;

void put16(DnsBytes& message, unsigned value) {
    message.push_back(static_cast<std::byte>(value >> 8));
    message.push_back(static_cast<std::byte>(value));
}
void put_name(DnsBytes& message, std::string_view name) {
    while (!name.empty()) {
        const std::size_t dot = std::min(name.find('.'), name.size());
        message.push_back(static_cast<std::byte>(dot));
        for (const char c : name.substr(0, dot)) message.push_back(static_cast<std::byte>(c));
        name.remove_prefix(std::min(dot + 1, name.size()));
    }
    message.push_back(std::byte{0});
}

struct SrvRecord {
    unsigned priority, port;
    std::string host;
};

constexpr std::string_view kService = "_rollcall._udp.example.org";

DnsBytes dns_answer(unsigned id, const std::vector<SrvRecord>& records, unsigned code = 0) {
    DnsBytes message;
    put16(message, id);
    put16(message, 0x8180 | code);  // a response, recursion available
    put16(message, 1);
    put16(message, static_cast<unsigned>(records.size()));
    put16(message, 0);
    put16(message, 0);
    put_name(message, kService);
    put16(message, 33);
    put16(message, 1);
    for (const SrvRecord& record : records) {
        put16(message, 0xc00c);  // the name of the question
        put16(message, 33);
        put16(message, 1);
        put16(message, 0), put16(message, 60);
        DnsBytes data;
        put16(data, record.priority);
        put16(data, 5);
        put16(data, record.port);
        put_name(data, record.host);
        put16(message, static_cast<unsigned>(data.size()));
        message.insert(message.end(), data.begin(), data.end());
    }
    return message;
}

TEST(Srv, OnlyANameBehindThePrefixIsAService) {
    EXPECT_EQ(service_of("srv+_rollcall._udp.example.org"), kService);
    EXPECT_EQ(service_of("srv+"), std::nullopt);
    EXPECT_EQ(service_of("example.org"), std::nullopt);
}

TEST(Srv, TargetsComeByPriorityEachOnce) {
    const auto targets = targets_in(dns_answer(7, {{20, 7001, "b.example.org"},
                                                   {10, 7002, "a.example.org"},
                                                   {10, 7002, "a.example.org"},
                                                   {10, 7003, "c.example.org"}}),
                                    16);
    ASSERT_TRUE(targets.ok()) << targets.error().why;
    EXPECT_EQ(*targets, (std::vector<SrvTarget>{{"a.example.org", 7002, 10},
                                                {"c.example.org", 7003, 10},
                                                {"b.example.org", 7001, 20}}));
}

TEST(Srv, NoMoreTargetsThanAskedFor) {
    std::vector<SrvRecord> many;
    for (unsigned i = 0; i < 40; ++i) many.push_back({i, 7000 + i, "a.example.org"});
    EXPECT_EQ(targets_in(dns_answer(7, many), 16)->size(), 16u);
}

TEST(Srv, MissingRecordAndServiceAreReported) {
    EXPECT_EQ(targets_in(dns_answer(7, {}), 16).error().why, "it has no SRV records");
    EXPECT_EQ(targets_in(dns_answer(7, {{0, 0, ""}}), 16).error().why, "it has no SRV records");
}

TEST(Srv, AnAnswerCutOffAnywhereIsUnreadable) {
    const DnsBytes whole =
        dns_answer(7, {{10, 7001, "a.example.org"}, {10, 7002, "b.example.org"}});
    for (std::size_t length = 0; length < whole.size(); ++length) {
        EXPECT_FALSE(targets_in(Bytes{whole}.first(length), 16).ok()) << length;
    }
}

TEST(Srv, SelfReferencingNameIsRefused) {
    DnsBytes message = dns_answer(7, {{10, 7001, "aa"}});
    const std::size_t host = message.size() - 4;  // 2 a a 0
    message[host] = std::byte{0xc0};
    message[host + 1] = static_cast<std::byte>(host);
    EXPECT_FALSE(targets_in(message, 16).ok());
}

// Answers every question on a port of its own until it goes.
class NameServer {
public:
    using Answers = std::function<DnsBytes(unsigned id)>;
    explicit NameServer(Answers answers) : answers_{std::move(answers)} {
        socket_ = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        sockaddr_in here{};
        here.sin_family = AF_INET;
        here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof here;
        EXPECT_EQ(::bind(socket_, reinterpret_cast<sockaddr*>(&here), size), 0);
        EXPECT_EQ(::getsockname(socket_, reinterpret_cast<sockaddr*>(&here), &size), 0);
        port_ = ntohs(here.sin_port);
        thread_ = std::thread{[this] { serve(); }};
    }
    ~NameServer() {
        stop_ = true;  // seen with the next datagram, which is this
        const int poke = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        sockaddr_in here{};
        here.sin_family = AF_INET;
        here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        here.sin_port = htons(port_);
        ::sendto(poke, "", 0, 0, reinterpret_cast<sockaddr*>(&here), sizeof here);
        ::close(poke);
        thread_.join();
        ::close(socket_);
    }
    NameServer(const NameServer&) = delete;
    NameServer& operator=(const NameServer&) = delete;
    [[nodiscard]] Endpoint endpoint() const { return *Endpoint::parse_address("127.0.0.1", port_); }
    [[nodiscard]] int questions() const { return questions_; }

private:
    void serve() {
        std::vector<unsigned char> question(2048);
        while (!stop_) {
            sockaddr_in from{};
            socklen_t size = sizeof from;
            const ssize_t got = ::recvfrom(socket_, question.data(), question.size(), 0,
                                           reinterpret_cast<sockaddr*>(&from), &size);
            if (got < 12) continue;
            ++questions_;
            const DnsBytes answer = answers_(static_cast<unsigned>(question[0] << 8 | question[1]));
            ::sendto(socket_, answer.data(), answer.size(), 0, reinterpret_cast<sockaddr*>(&from),
                     size);
        }
    }

    Answers answers_;
    int socket_ = -1;
    std::uint16_t port_ = 0;
    std::atomic<bool> stop_{false};
    std::atomic<int> questions_{0};
    std::thread thread_;
};

Resolver::Answer looked_up(const NameServer& server) {
    TestLoop loop;
    Resolver resolver{loop, {.name_server = server.endpoint()}};
    std::optional<Resolver::Answer> answer;
    resolver.resolve("srv+" + std::string{kService}, 7946,
                     [&](Resolver::Answer found) { answer = std::move(found); });
    EXPECT_FALSE(answer);
    EXPECT_TRUE(loop.run_until([&] { return answer.has_value(); }, 20s));
    return answer ? *answer : Resolver::Answer{std::string{"none"}};
}

TEST(Srv, AServiceIsItsHostsWithTheirPorts) {
    const NameServer server{[](unsigned id) {
        return dns_answer(id, {{20, 7001, "127.0.0.2"}, {10, 7002, "localhost"}});
    }};
    const auto answer = looked_up(server);
    ASSERT_TRUE(answer.ok()) << answer.error();
    EXPECT_EQ(answer->back(), *Endpoint::parse("127.0.0.2:7001"));
    EXPECT_TRUE(std::ranges::all_of(answer->begin(), answer->end() - 1,
                                    [](const Endpoint& e) { return e.port == 7002; }));
    EXPECT_GE(answer->size(), 2u);
    EXPECT_GE(server.questions(), 1);
}

TEST(Srv, MissingServiceIsReportedByName) {
    const NameServer server{[](unsigned id) { return dns_answer(id, {}, 3); }};
    const auto answer = looked_up(server);
    ASSERT_FALSE(answer.ok());
    EXPECT_EQ(answer.error(), "cannot resolve \"_rollcall._udp.example.org\": no such name");
}

}  // namespace
}  // namespace rollcall::transport

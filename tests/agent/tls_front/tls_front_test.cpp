// SPDX-License-Identifier: Apache-2.0
//
// TLS in front of an agent: whom it lets in, what it passes on, and what strangers can do to it.
#include "agent/tls_front/tls_front.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <deque>
#include <functional>

#include "agent/tls_front/tls_client.h"
#include "support/raw_socket.h"
#include "support/test_loop.h"
#include "tls/certificates.h"

namespace rollcall::agent {
namespace {

using namespace std::chrono_literals;
using tests::TlsClient;
using tls::tests::Authority;

std::shared_ptr<const tls::Credentials> made(tls::Side side, const tls::Pem& pem,
                                             bool verify = false) {
    auto credentials = tls::Credentials::make(side, pem, verify);
    EXPECT_TRUE(credentials) << credentials.error().text;
    return *credentials;
}

// The agent's side of one client.
struct Served {
    FrontMailbox::Arrived client;
    std::string received;
    bool ended = false;

    explicit Served(FrontMailbox::Arrived arrived) : client{std::move(arrived)} {}
    void step() {
        std::array<char, 65'536> room{};
        while (!ended) {
            const ssize_t count = ::recv(client.socket.get(), room.data(), room.size(), 0);
            if (count < 0) return;
            ended = count == 0;
            received.append(room.data(), static_cast<std::size_t>(count));
        }
    }
    // How much the socket takes.
    std::size_t send(std::string_view text) {
        const ssize_t sent = ::send(client.socket.get(), text.data(), text.size(), MSG_NOSIGNAL);
        return sent > 0 ? static_cast<std::size_t>(sent) : 0;
    }
    void close() { client.socket = OwnedFd{-1}; }
};

class TlsFrontWorld : public testing::Test {
protected:
    ~TlsFrontWorld() override {
        if (front_) end();
    }
    void begin(bool verify = false, FrontLimits limits = {}) {
        front_ = std::make_unique<TlsFront>(
            TlsFront::Parts{.loop = loop_,
                            .log = *log_,
                            .credentials = made(tls::Side::server, ours_.issue(), verify),
                            .limits = limits,
                            .arrived = [this](FrontMailbox::Arrived client) {
                                served_.emplace_back(std::move(client));
                            }});
        const auto bound = front_->listen(Service::http, *Endpoint::parse_address("127.0.0.1", 0));
        ASSERT_TRUE(bound) << bound.error();
        at_ = *bound;
        ASSERT_FALSE(front_->begin());
    }
    void end() {
        bool closed = false;
        front_->close(2s, [&] { closed = true; });
        until([&] { return closed; });
        front_.reset();
    }
    TlsClient& connect(const tls::Pem& pem) {
        return clients_.emplace_back(at_, made(tls::Side::client, pem));
    }
    TlsClient& connect() { return connect({.authorities = ours_.pem()}); }
    void until(const std::function<bool()>& condition, int line = __builtin_LINE()) {
        const auto holds = [&] {
            for (TlsClient& client : clients_) client.step();
            for (Served& served : served_) served.step();
            return condition();
        };
        if (!loop_.run_until(holds)) ADD_FAILURE_AT(__FILE__, line) << "not within a minute";
    }
    Served& next() {
        until([&] { return !served_.empty(); });
        return served_.back();
    }

    rollcall::tests::TestLoop loop_;
    std::unique_ptr<Log> log_ = std::move(*Log::open({.file = "/dev/null"}));
    Authority ours_;
    std::unique_ptr<TlsFront> front_;
    Endpoint at_;
    std::deque<TlsClient> clients_;
    std::deque<Served> served_;
};

TEST_F(TlsFrontWorld, BytesPassBothWaysHoweverMany) {
    begin();
    TlsClient& client = connect();
    std::string much(3'000'000, 'x');
    for (std::size_t i = 0; i < much.size(); ++i) much[i] = static_cast<char>('a' + i % 23);
    client.send(much);
    Served& agent = next();
    EXPECT_EQ(agent.client.service, Service::http);
    EXPECT_EQ(agent.client.from.address_to_string(), "127.0.0.1");
    EXPECT_EQ(agent.client.local, at_);
    until([&] { return agent.received.size() >= much.size(); });
    EXPECT_EQ(agent.received, much);
    std::size_t sent = 0;
    until([&] {
        sent += agent.send(std::string_view{much}.substr(sent));
        return client.received().size() >= much.size();
    });
    EXPECT_EQ(client.received(), much);
    EXPECT_EQ(front_->stats().admitted, 1u);
}

TEST_F(TlsFrontWorld, AClientThatSendsNoMoreStillGetsItsAnswer) {
    begin();
    TlsClient& client = connect();
    client.send("question");
    client.finish();
    Served& agent = next();
    until([&] { return agent.ended; });
    EXPECT_EQ(agent.received, "question");
    EXPECT_EQ(agent.send("answer"), 6u);
    agent.close();
    until([&] { return client.closed(); });
    EXPECT_EQ(client.received(), "answer");
    EXPECT_EQ(client.session().error(), "") << "its end was said, not cut";
}

TEST_F(TlsFrontWorld, AClientThatIsCutOffEndsForTheAgent) {
    begin();
    TlsClient& client = connect();
    client.send("half of a ques");
    Served& agent = next();
    until([&] { return !agent.received.empty(); });
    client.cut();
    until([&] { return agent.ended; });
    until([&] { return front_->stats().open == 0; });
}

TEST_F(TlsFrontWorld, OnlyClientsOfOurAuthorityComeInIfTheyAreVerified) {
    begin(true);
    connect({.authorities = ours_.pem()});
    connect([&] {
        tls::Pem other = Authority{"another"}.issue();
        other.authorities = ours_.pem();
        return other;
    }());
    connect(ours_.issue({.name = "late", .begins = -2h, .ends = -1h}));
    until([&] { return front_->stats().refused == 3; });
    EXPECT_TRUE(served_.empty());
    TlsClient& right = connect(ours_.issue({.name = "ops"}));
    right.send("hello");
    Served& agent = next();
    until([&] { return agent.received == "hello"; });
}

TEST_F(TlsFrontWorld, AStrangerWhoIsSilentIsClosed) {
    begin(false, {.handshake = 300ms});
    TlsClient* right = &connect();
    until([&] {
        if (right->closed()) right = &connect();  // a busy host: it was too slow itself
        return !served_.empty();
    });
    const OwnedFd silent{rollcall::tests::raw_connection(at_)};
    char byte = 0;
    until([&] { return ::recv(silent.get(), &byte, 1, 0) == 0; });
    EXPECT_GE(front_->stats().timed_out, 1u);
    EXPECT_TRUE(right->open()) << "the limit is that of the handshake";
}

TEST_F(TlsFrontWorld, WhatIsNotTlsIsRefused) {
    begin();
    const OwnedFd plain{rollcall::tests::raw_connection(at_)};
    ASSERT_GT(::send(plain.get(), "GET / HTTP/1.1\r\n\r\n", 18, MSG_NOSIGNAL), 0);
    until([&] { return front_->stats().refused == 1; });
}

TEST_F(TlsFrontWorld, ManySilentStrangersDoNotKeepAClientOut) {
    begin(false, {.clients = 8, .handshakes = 4, .handshake = 60s});
    std::deque<OwnedFd> strangers;
    for (int i = 0; i < 40; ++i) strangers.emplace_back(rollcall::tests::raw_connection(at_));
    TlsClient& client = connect();
    client.send("here");
    Served& agent = next();
    until([&] { return agent.received == "here"; });
    until([&] { return front_->stats().evicted >= 36; });
    EXPECT_LE(front_->stats().open, 8u);
}

TEST_F(TlsFrontWorld, WithoutAFreePlaceAClientIsClosedAtOnce) {
    begin(false, {.clients = 2});
    connect();
    connect();
    until([&] { return served_.size() == 2; });
    TlsClient& third = connect();
    until([&] { return third.closed(); });
    EXPECT_EQ(front_->stats().full, 1u);
}

TEST_F(TlsFrontWorld, AClientThatDoesNotReadHoldsUpOnlyItself) {
    begin();
    TlsClient& lazy = connect();
    lazy.send("x");
    Served& agent = next();
    until([&] { return !agent.received.empty(); });
    lazy.stop_reading();
    const std::string piece(65'536, 'x');
    std::size_t taken = 0;
    EXPECT_TRUE(loop_.stays_quiet(
        [&] {
            taken += agent.send(piece);
            return taken > std::size_t{64} << 20;
        },
        500ms))
        << "all of it is held somewhere";
    TlsClient& other = connect();
    other.send("y");
    until([&] { return served_.size() == 2 && served_.back().received == "y"; });
}

TEST_F(TlsFrontWorld, NewCredentialsAreForThoseWhoComeLater) {
    begin();
    TlsClient& before = connect();
    before.send("1");
    until([&] { return served_.size() == 1; });
    const Authority others{"others"};
    front_->use(made(tls::Side::server, others.issue()));
    TlsClient& after = connect({.authorities = others.pem()});
    after.send("2");
    until([&] { return served_.size() == 2 && served_.back().received == "2"; });
    TlsClient& stale = connect();  // trusts the old authority only
    until([&] { return stale.session().state() == tls::Session::State::failed; });
    before.send("still here");
    until([&] { return served_.front().received == "1still here"; });
}

TEST_F(TlsFrontWorld, AtItsEndTheLastAnswersArrive) {
    begin();
    TlsClient& client = connect();
    client.send("leave");
    Served& agent = next();
    until([&] { return agent.received == "leave"; });
    EXPECT_EQ(agent.send("done"), 4u);
    agent.close();
    end();
    until([&] { return client.closed(); });
    EXPECT_EQ(client.received(), "done");
}

TEST_F(TlsFrontWorld, AtItsEndItWaitsForNobodyForLong) {
    begin();
    connect();
    static_cast<void>(next());  // the agent does not close it
    bool closed = false;
    front_->close(50ms, [&] { closed = true; });
    until([&] { return closed; });
    front_.reset();
}

TEST(TlsFront, OneThatNeverBeganEndsAtOnce) {
    rollcall::tests::TestLoop loop;
    const auto log = std::move(*Log::open({.file = "/dev/null"}));
    const Authority ours;
    TlsFront front{{.loop = loop,
                    .log = *log,
                    .credentials = made(tls::Side::server, ours.issue()),
                    .limits = {},
                    .arrived = [](FrontMailbox::Arrived) {}}};
    bool closed = false;
    front.close(1s, [&] { closed = true; });
    loop.until([&] { return closed; });
}

}  // namespace
}  // namespace rollcall::agent

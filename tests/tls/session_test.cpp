// SPDX-License-Identifier: Apache-2.0
//
// TLS connections in memory: who is let in, who is not and why, and what the network does to them.
#include "tls/session.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "tls/certificates.h"

namespace rollcall::tls {
namespace {

using namespace std::chrono_literals;
using State = Session::State;
using tests::Authority;
using tests::Wish;

std::shared_ptr<const Credentials> made(Side side, const Pem& pem, bool verify = false) {
    auto credentials = Credentials::make(side, pem, verify);
    EXPECT_TRUE(credentials) << credentials.error().text;
    return credentials ? *credentials : nullptr;
}
std::string refused(Side side, const Pem& pem, bool verify = false) {
    const auto credentials = Credentials::make(side, pem, verify);
    return credentials ? "" : credentials.error().text;
}

// A client and a server whose bytes are carried in pieces.
struct Pair {
    Pair(const Pem& server_pem, const Pem& client_pem, bool verify, std::string name = "localhost")
        : server{made(Side::server, server_pem, verify)},
          client{made(Side::client, client_pem), name} {}

    bool carry_one(Session& from, Session& to) const {
        bool moved = false;
        std::string bytes = from.take_sealed();
        for (std::size_t at = 0; at < bytes.size(); at += piece) {
            to.receive(as_bytes(std::string_view{bytes}.substr(at, piece)));
            moved = true;
        }
        return moved;
    }
    void carry() {
        for (bool more = true; more;) {
            more = carry_one(client, server);
            more = carry_one(server, client) || more;
        }
    }

    std::size_t piece = 16'384;
    Session server, client;
};

TEST(TlsSession, BytesPassBothWays) {
    const Authority ours;
    Pair pair{ours.issue(), {.authorities = ours.pem()}, false};
    pair.client.write("hello");  // before the handshake is over
    EXPECT_EQ(pair.client.unsealed(), 5u);
    pair.carry();
    EXPECT_EQ(pair.server.state(), State::open) << pair.server.error();
    EXPECT_EQ(pair.client.state(), State::open) << pair.client.error();
    EXPECT_EQ(pair.server.take_plain(), "hello");
    EXPECT_EQ(pair.server.peer(), "");
    pair.server.write("and back");
    pair.carry();
    EXPECT_EQ(pair.client.take_plain(), "and back");
    pair.server.finish();
    pair.carry();
    EXPECT_EQ(pair.client.state(), State::ended);
    pair.client.cut();
    EXPECT_EQ(pair.client.state(), State::ended) << "the peer had said so";
}

TEST(TlsSession, AClientProvesWhoItIs) {
    const Authority ours;
    Pair pair{ours.issue(), ours.issue({.name = "ops"}), true};
    pair.carry();
    EXPECT_EQ(pair.server.state(), State::open) << pair.server.error();
    EXPECT_EQ(pair.server.peer(), "ops");
}

// The client learns of it with its first read: in TLS 1.3 its part of the handshake is over before.
TEST(TlsSession, WhoDoesNotProveItIsRefused) {
    const Authority ours, others;
    const auto error = [&](const Pem& client) {
        Pair pair{ours.issue(), client, true};
        pair.client.write("let me in");
        pair.carry();
        EXPECT_EQ(pair.server.state(), State::failed);
        EXPECT_EQ(pair.client.state(), State::failed);
        EXPECT_EQ(pair.server.take_plain(), "");
        return pair.server.error();
    };
    const auto trusting = [&](Pem pem) {
        pem.authorities = ours.pem();
        return pem;
    };
    EXPECT_EQ(error({.authorities = ours.pem()}), "peer did not return a certificate");
    EXPECT_NE(error(trusting(others.issue())).find("the peer's certificate is refused: "),
              std::string::npos);
    EXPECT_NE(error(ours.issue({.begins = -2h, .ends = -1h})).find("expired"), std::string::npos);
    EXPECT_NE(error(ours.issue({.begins = 1h, .ends = 2h})).find("not yet valid"),
              std::string::npos);
    EXPECT_NE(error(ours.issue({.use = "serverAuth"})).find("purpose"), std::string::npos);
}

TEST(TlsSession, AClientRefusesAServerThatIsNotTheOneItAskedFor) {
    const Authority ours, others;
    const auto error = [&](const Pem& server, const std::string& name, const Authority& trusted) {
        Pair pair{server, {.authorities = trusted.pem()}, false, name};
        pair.carry();
        return pair.client.state() == State::failed ? pair.client.error() : "";
    };
    const Pem server = ours.issue({.alternatives = "DNS:a.example,IP:10.0.0.7,IP:fd00::7"});
    EXPECT_EQ(error(server, "a.example", ours), "");
    EXPECT_EQ(error(server, "10.0.0.7", ours), "");
    EXPECT_EQ(error(server, "fd00::7", ours), "");
    EXPECT_NE(error(server, "b.example", ours).find("mismatch"), std::string::npos);
    EXPECT_NE(error(server, "10.0.0.8", ours).find("mismatch"), std::string::npos);
    EXPECT_NE(error(server, "a.example", others).find("refused"), std::string::npos);
    EXPECT_NE(error(ours.issue({.ends = -1s}), "localhost", ours).find("expired"),
              std::string::npos);
    EXPECT_NE(error(ours.issue({.use = "clientAuth"}), "localhost", ours).find("purpose"),
              std::string::npos);
}

TEST(TlsSession, BytesMayComeOneByOne) {
    const Authority ours;
    Pair pair{ours.issue(), ours.issue(), true};
    pair.piece = 1;
    pair.client.write("x");
    pair.carry();
    EXPECT_EQ(pair.server.take_plain(), "x");
}

TEST(TlsSession, WhatIsNotTakenIsBounded) {
    const Authority ours;
    Pair pair{ours.issue(), {.authorities = ours.pem()}, false};
    pair.carry();
    const std::string much(1'000'000, 'm');
    pair.client.write(much);
    const std::string sealed = pair.client.take_sealed();
    std::string received;
    std::size_t at = 0;
    while (received.size() < much.size()) {
        std::size_t held = 0;
        while (pair.server.wants_input() && at < sealed.size()) {
            const std::size_t size = std::min<std::size_t>(16'384, sealed.size() - at);
            pair.server.receive(as_bytes(std::string_view{sealed}.substr(at, size)));
            at += size, held += size;
        }
        EXPECT_LE(held, 4 * Session::kMostPlain);
        const std::string part = pair.server.take_plain();
        ASSERT_FALSE(part.empty());
        EXPECT_LE(part.size(), Session::kMostPlain + 16'384);
        received += part;
    }
    EXPECT_EQ(received, much);
}

TEST(TlsSession, ACutConnectionIsNoEnd) {
    const Authority ours;
    Pair pair{ours.issue(), {.authorities = ours.pem()}, false};
    pair.carry();
    pair.server.write("all of it?");
    pair.carry();
    pair.client.cut();
    EXPECT_EQ(pair.client.state(), State::failed);
    EXPECT_EQ(pair.client.error(), "the connection was cut");
    EXPECT_EQ(pair.client.take_plain(), "all of it?");
}

TEST(TlsSession, GarbageEndsItAndNothingElse) {
    const Authority ours;
    std::mt19937 random{1};
    for (int round = 0; round < 200; ++round) {
        Pair pair{ours.issue(), {.authorities = ours.pem()}, false};
        if (round % 2 == 1) pair.carry();
        std::string garbage(1 + random() % 3000, '\0');
        for (char& c : garbage) c = static_cast<char>(random());
        if (round % 4 >= 2) garbage[0] = 0x16;  // a handshake record
        Session& victim = round % 3 == 0 ? pair.client : pair.server;
        for (int i = 0; i < 20 && victim.state() != State::failed; ++i) {
            victim.receive(as_bytes(garbage));
        }
        EXPECT_EQ(victim.state(), State::failed) << round;
        EXPECT_NE(victim.error(), "") << round;
        EXPECT_EQ(victim.take_plain(), "");
        EXPECT_FALSE(victim.wants_input());
        victim.write("dropped");
        EXPECT_EQ(victim.unsealed(), 0u);
    }
}

TEST(TlsCredentials, SayWhichPartIsWrong) {
    const Authority ours;
    const Pem good = ours.issue(), other = ours.issue();
    EXPECT_EQ(refused(Side::server, {}), "a server needs a certificate");
    EXPECT_EQ(refused(Side::client, {}), "a client needs the authorities that it trusts");
    EXPECT_EQ(refused(Side::server, {.certificate = good.certificate}),
              "a certificate and its key belong together");
    EXPECT_EQ(refused(Side::server, {.certificate = good.certificate, .key = good.key}, true),
              "clients are verified, by no authority");
    EXPECT_TRUE(refused(Side::server, {.certificate = good.key, .key = good.key})
                    .starts_with("the certificate is not in PEM form"));
    EXPECT_TRUE(refused(Side::server, {.certificate = good.certificate, .key = "x"})
                    .starts_with("the key is not in PEM form"));
    EXPECT_TRUE(refused(Side::server, {.certificate = good.certificate, .key = other.key})
                    .starts_with("the key does not belong to the certificate"));
    EXPECT_EQ(refused(Side::client, {.authorities = "none"}),
              "the authorities have no certificate in PEM form");
}

TEST(TlsCredentials, TellWhoseTheyAreAndHowLong) {
    const Authority ours;
    const auto own = made(Side::server, ours.issue({.name = "n1", .ends = 48h}));
    EXPECT_EQ(own->subject(), "CN=n1");
    const auto left = own->not_after() - std::chrono::system_clock::now();
    EXPECT_GT(left, 47h);
    EXPECT_LT(left, 49h);
    EXPECT_LT(own->not_before(), std::chrono::system_clock::now());
}

}  // namespace
}  // namespace rollcall::tls

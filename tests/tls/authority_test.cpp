// SPDX-License-Identifier: Apache-2.0
//
// A small authority: what it issues is good for those who trust it, and what it refuses.
#include "tls/authority.h"

#include <gtest/gtest.h>

#include "tls/credentials.h"
#include "tls/session.h"

namespace rollcall::tls {
namespace {

using namespace std::chrono_literals;
using std::chrono::days;
using State = Session::State;

CertificateAndKey authority(days valid = days{30}) {
    auto made = make_authority("our authority", valid);
    EXPECT_TRUE(made) << made.error();
    return *made;
}
CertificateAndKey issued(const CertificateAndKey& by, const Wish& wish) {
    auto made = issue(by, wish);
    EXPECT_TRUE(made) << made.error();
    return *made;
}
std::string refused(const CertificateAndKey& by, const Wish& wish) {
    const auto made = issue(by, wish);
    return made ? "" : made.error();
}

// How a client that knows the server by `name` fares.
std::string client_error(const CertificateAndKey& ours, const CertificateAndKey& server,
                         const std::string& name) {
    const auto made = [&](Side side) {
        return *Credentials::make(
            side,
            {.certificate = server.certificate, .key = server.key, .authorities = ours.certificate},
            true);
    };
    Session client{made(Side::client), name};
    Session at{made(Side::server)};
    for (int i = 0; i < 10; ++i) {
        at.receive(as_bytes(client.take_sealed()));
        client.receive(as_bytes(at.take_sealed()));
    }
    EXPECT_EQ(client.state() == State::open, at.state() == State::open);
    return client.error();
}

TEST(TlsAuthority, WhatItIssuesServesItsHostsAndNoOthers) {
    const CertificateAndKey ours = authority();
    const CertificateAndKey server = issued(
        ours, {.name = "web-1", .hosts = {"web-1", "10.0.0.5", "fd00::5"}, .valid = days{7}});
    for (const char* const name : {"web-1", "10.0.0.5", "fd00::5"}) {
        EXPECT_EQ(client_error(ours, server, name), "") << name;
    }
    for (const char* const name : {"web-2", "10.0.0.6", "localhost"}) {
        EXPECT_NE(client_error(ours, server, name), "") << name;
    }
    EXPECT_NE(client_error(authority(), server, "web-1"), "") << "of another authority";
}

TEST(TlsAuthority, ACertificateSaysWhatItIs) {
    const CertificateAndKey ours = authority();
    const auto all =
        describe(issued(ours, {.name = "web-1", .hosts = {"web-1", "10.0.0.5"}, .valid = days{7}})
                     .certificate);
    ASSERT_TRUE(all) << all.error();
    ASSERT_EQ(all->size(), 2u) << "its own, and that of the authority";
    const Description& own = all->front();
    EXPECT_EQ(own.subject, "CN=web-1");
    EXPECT_EQ(own.issuer, "CN=our authority");
    EXPECT_EQ(own.hosts, (std::vector<std::string>{"DNS:web-1", "IP:10.0.0.5"}));
    EXPECT_EQ(own.key, "EC, 256 bits");
    EXPECT_FALSE(own.authority);
    const auto now = std::chrono::system_clock::now();
    EXPECT_LT(own.not_before, now);
    EXPECT_GT(own.not_after, now + days{6});
    EXPECT_LE(own.not_after, now + days{7});
    EXPECT_TRUE(all->back().authority);
    EXPECT_EQ(all->back().issuer, all->back().subject);
}

TEST(TlsAuthority, TwoCertificatesOfOneNameAreNotTheSame) {
    const CertificateAndKey ours = authority();
    const Wish wish{.name = "web-1", .hosts = {}, .valid = days{7}};
    EXPECT_NE(issued(ours, wish).key, issued(ours, wish).key);
    EXPECT_NE(issued(ours, wish).certificate, issued(ours, wish).certificate);
}

TEST(TlsAuthority, MistakesAreNamed) {
    const CertificateAndKey ours = authority();
    EXPECT_EQ(refused(ours, {.name = "", .hosts = {}, .valid = days{1}}),
              "the name is not allowed; allowed: 1 to 64 characters of printable ASCII");
    EXPECT_EQ(refused(ours, {.name = "a\nb", .hosts = {}, .valid = days{1}}),
              refused(ours, {.name = std::string(65, 'a'), .hosts = {}, .valid = days{1}}));
    EXPECT_EQ(refused(ours, {.name = "a", .hosts = {"a,IP:1.2.3.4"}, .valid = days{1}}),
              "'a,IP:1.2.3.4' is neither a host name nor an address");
    EXPECT_EQ(refused(ours, {.name = "a", .hosts = {}, .valid = days{31}}),
              "it would be valid for longer than its authority");
    EXPECT_EQ(refused({.certificate = ours.certificate, .key = authority().key},
                      {.name = "a", .hosts = {}, .valid = days{1}}),
              "the authority's key is not that of its certificate");
    const CertificateAndKey leaf = issued(ours, {.name = "a", .hosts = {}, .valid = days{7}});
    EXPECT_EQ(refused(leaf, {.name = "b", .hosts = {}, .valid = days{1}}),
              "the certificate is not that of an authority");
    EXPECT_TRUE(
        refused({.certificate = "x", .key = "y"}, {.name = "a", .hosts = {}, .valid = days{1}})
            .starts_with("the authority's certificate is not in PEM form"));
    EXPECT_FALSE(describe("no certificate"));
}

}  // namespace
}  // namespace rollcall::tls

// SPDX-License-Identifier: Apache-2.0
#include "base/endpoint.h"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace rollcall {
namespace {

struct Printed {
    std::string_view written;
    std::string_view printed;  // our own form
};

constexpr Printed kEndpoints[] = {
    {"1.2.3.4:7946", "1.2.3.4:7946"},
    {"0.0.0.0:0", "0.0.0.0:0"},
    {"255.255.255.255:65535", "255.255.255.255:65535"},
    {"[::1]:7946", "[::1]:7946"},
    {"[::]:1", "[::]:1"},
    {"[2001:DB8::A]:80", "[2001:db8::a]:80"},
    {"[2001:db8:0:0:1:0:0:1]:80", "[2001:db8::1:0:0:1]:80"},
    {"[1:2:3:4:5:6:7:8]:9", "[1:2:3:4:5:6:7:8]:9"},
    {"[1:0:3:4:5:6:7:8]:9", "[1:0:3:4:5:6:7:8]:9"},
    {"[1::]:9", "[1::]:9"},
    {"[fe80::1%2]:7946", "[fe80::1%2]:7946"},
    {"[64:ff9b::192.0.2.33]:53", "[64:ff9b::c000:221]:53"},
    // A mapped address is the IPv4 address it maps.
    {"[::ffff:10.0.0.1]:53", "10.0.0.1:53"},
    {"[::ffff:a00:1]:53", "10.0.0.1:53"},
};

TEST(Endpoint, PrintsOneFormForEveryWayToWriteAnAddress) {
    for (const Printed& text : kEndpoints) {
        const auto endpoint = Endpoint::parse(text.written);
        ASSERT_TRUE(endpoint) << text.written;
        EXPECT_EQ(endpoint->to_string(), text.printed);
        EXPECT_EQ(Endpoint::parse(endpoint->to_string()), endpoint) << text.written;
    }
}

constexpr std::string_view kRefused[] = {
    // no port, or none that a socket has
    "",
    ":",
    "1.2.3.4",
    "1.2.3.4:",
    "1.2.3.4:65536",
    "1.2.3.4:-1",
    "1.2.3.4:+1",
    "1.2.3.4: 1",
    "1.2.3.4:1 ",
    "1.2.3.4:0x1",
    "1.2.3.4:1.5",
    "1.2.3.4:99999999999999999999999",
    // almost IPv4
    "1.2.3:1",
    "1.2.3.4.5:1",
    "1.2.3.256:1",
    "1.2.3.:1",
    ".1.2.3:1",
    "1..2.3:1",
    "1.2.3.0004:1",
    "010.2.3.4:1",
    "1.2.3.00:1",
    "1.2.3.-4:1",
    " 1.2.3.4:1",
    "a.b.c.d:1",
    "localhost:1",
    "01:1",
    // almost IPv6
    "::1:7946",
    "::1",
    "[::1]",
    "[::1]7946",
    "[]:1",
    "[:]:1",
    "[:::]:1",
    "[1:2:3:4:5:6:7]:1",
    "[1:2:3:4:5:6:7:8:9]:1",
    "[1::2::3]:1",
    "[12345::]:1",
    "[g::]:1",
    "[1:2:3:4:5:6:7:8::]:1",
    "[::1.2.3]:1",
    "[1.2.3.4::]:1",
    "[::1.2.3.4:5]:1",
    "[1:]:1",
    "[:1]:1",
    "[::1:1",
    "::1]:1",
    "[[::1]]:1",
    "[1:2:3:4:5:6:7:1.2.3.4]:1",
    // a scope is a number
    "[fe80::1%eth0]:1",
    "[fe80::1%]:1",
    "[fe80::1%-1]:1",
    "[fe80::1%4294967296]:1",
    // IPv4 is never bracketed, IPv6 always
    "[1.2.3.4]:1",
    "2001:db8::a:80",
};

TEST(Endpoint, RefusesWhatIsAlmostAnAddress) {
    for (const std::string_view text : kRefused) {
        EXPECT_FALSE(Endpoint::parse(text))
            << "'" << text << "' was read as " << Endpoint::parse(text)->to_string();
    }
}

TEST(Endpoint, SurvivesEveryCutAndEveryFlippedByteOfAGoodText) {
    // What is still accepted must be printed and parsed back unchanged.
    const auto holds = [](std::string_view text) {
        const auto endpoint = Endpoint::parse(text);
        return !endpoint || Endpoint::parse(endpoint->to_string()) == endpoint;
    };
    for (const Printed& good : kEndpoints) {
        for (std::size_t cut = 0; cut <= good.written.size(); ++cut) {
            EXPECT_TRUE(holds(good.written.substr(0, cut))) << good.written << " cut at " << cut;
            EXPECT_TRUE(holds(good.written.substr(cut))) << good.written << " from " << cut;
        }
        for (std::size_t at = 0; at < good.written.size(); ++at) {
            for (int byte = 0; byte < 256; ++byte) {
                std::string bad{good.written};
                bad[at] = static_cast<char>(byte);
                EXPECT_TRUE(holds(bad)) << bad;
            }
        }
    }
}

TEST(Endpoint, AScopeBelongsToIpv6Alone) {
    EXPECT_TRUE(Endpoint::parse_address("fe80::1%7", 1));
    EXPECT_EQ(Endpoint::parse_address("fe80::1%7", 1)->scope, 7u);
    EXPECT_FALSE(Endpoint::parse_address("1.2.3.4%7", 1));
    EXPECT_NE(Endpoint::parse("[fe80::1%1]:1"), Endpoint::parse("[fe80::1%2]:1"));
}

TEST(Endpoint, KnowsTheAddressesThatMeanEverywhere) {
    EXPECT_TRUE(Endpoint::parse("0.0.0.0:1")->is_unspecified());
    EXPECT_TRUE(Endpoint::parse("[::]:1")->is_unspecified());
    EXPECT_FALSE(Endpoint::parse("0.0.0.1:1")->is_unspecified());
    EXPECT_FALSE(Endpoint::parse("[::1]:1")->is_unspecified());
    EXPECT_TRUE(Endpoint::parse("0.0.0.0:1")->is_v4());
    EXPECT_FALSE(Endpoint::parse("[::]:1")->is_v4());
}

TEST(Endpoint, IsFoundByItsHashAndOnlyWithItsPort) {
    const std::unordered_set<Endpoint, EndpointHash> known{*Endpoint::parse("10.0.0.1:7946"),
                                                           *Endpoint::parse("[::1]:7946")};
    EXPECT_TRUE(known.contains(*Endpoint::parse("[::ffff:10.0.0.1]:7946")));
    EXPECT_FALSE(known.contains(*Endpoint::parse("10.0.0.1:7947")));
    EXPECT_FALSE(known.contains(*Endpoint::parse("10.0.0.2:7946")));
}

TEST(EndpointHash, SpreadsANetworkOfHosts) {
    std::unordered_set<std::size_t> hashes;
    for (unsigned host = 0; host < 4096; ++host) {
        const auto address = WireAddress::v4(10, 0, static_cast<std::uint8_t>(host >> 8),
                                             static_cast<std::uint8_t>(host & 0xff));
        hashes.insert(EndpointHash{}(*Endpoint::from_wire(address, 7946)));
    }
    EXPECT_GT(hashes.size(), 4000u);
}

// --- the announced form: bytes that must not be normalised ---------------------------------------

TEST(WireAddress, TakesFourOrSixteenBytesOrNone) {
    const std::array<std::byte, 32> bytes{};
    for (std::size_t size = 0; size <= bytes.size(); ++size) {
        const auto address = WireAddress::from_bytes(Bytes{bytes}.first(size));
        EXPECT_EQ(address.has_value(), size == 0 || size == 4 || size == 16) << size;
        if (address) {
            EXPECT_EQ(address->bytes().size(), size);
        }
    }
}

TEST(WireAddress, TheMappedFormIsAnotherAddressOnTheWireAndTheSamePlaceForASocket) {
    const WireAddress four = WireAddress::v4(10, 1, 2, 3);
    std::array<std::byte, 16> mapped_bytes{};
    mapped_bytes[10] = mapped_bytes[11] = std::byte{0xff};
    std::copy(four.bytes().begin(), four.bytes().end(), mapped_bytes.begin() + 12);
    const WireAddress mapped = *WireAddress::from_bytes(mapped_bytes);

    EXPECT_NE(four, mapped);
    EXPECT_EQ(four.to_string(), "10.1.2.3");
    EXPECT_EQ(mapped.to_string(), "10.1.2.3");
    EXPECT_EQ(Endpoint::from_wire(four, 9), Endpoint::from_wire(mapped, 9));
    EXPECT_EQ(Endpoint::from_wire(mapped, 9)->to_wire(), four);
}

TEST(WireAddress, AnEmptyOneIsNowhere) {
    EXPECT_TRUE(WireAddress{}.empty());
    EXPECT_EQ(WireAddress{}.to_string(), "");
    EXPECT_FALSE(Endpoint::from_wire(WireAddress{}, 7946));
}

TEST(WireAddress, ComesBackFromAnEndpointInItsShortestForm) {
    EXPECT_EQ(Endpoint::parse("10.0.0.1:1")->to_wire().bytes().size(), 4u);
    EXPECT_EQ(Endpoint::parse("[2001:db8::1]:1")->to_wire().bytes().size(), 16u);
    EXPECT_EQ(Endpoint::parse("[2001:db8::1]:1")->to_wire().to_string(), "2001:db8::1");
}

// --- what an operator writes --------------------------------------------------------------------

struct Written {
    std::string_view text;
    std::string_view name;
    std::string_view host;
    std::uint16_t port;
};

TEST(HostPort, ReadsEveryFormAnOperatorUses) {
    constexpr Written cases[] = {
        {"seed", "", "seed", 7946},
        {"seed.example.org", "", "seed.example.org", 7946},
        {"seed:80", "", "seed", 80},
        {"10.0.0.1", "", "10.0.0.1", 7946},
        {"10.0.0.1:1", "", "10.0.0.1", 1},
        {"10.0.0.1:65535", "", "10.0.0.1", 65535},
        {"::1", "", "::1", 7946},
        {"2001:db8::a:80", "", "2001:db8::a:80", 7946},  // bare IPv6 has no port
        {"[::1]", "", "::1", 7946},
        {"[::1]:80", "", "::1", 80},
        {"n1/10.0.0.1:80", "n1", "10.0.0.1", 80},
        {"n1/[::1]", "n1", "::1", 7946},
        {"n1/seed", "n1", "seed", 7946},
    };
    for (const Written& expected : cases) {
        const auto peer = HostPort::parse(expected.text, 7946);
        ASSERT_TRUE(peer) << expected.text;
        EXPECT_EQ(peer->name, expected.name) << expected.text;
        EXPECT_EQ(peer->host, expected.host) << expected.text;
        EXPECT_EQ(peer->port, expected.port) << expected.text;
    }
}

TEST(HostPort, RefusesWhatNamesNoHost) {
    for (const std::string_view text :
         {"",      ":",      ":80",        "/",        "/seed",   "n1/",     "n1/:80",
          "seed:", "seed:0", "seed:65536", "seed:x",   "seed:-1", "[",       "[]",
          "[]:80", "[::1",   "[::1]x",     "[::1]:",   "[::1]80", "[::1]:0", "a/b/host",
          "n1//",  "ho st",  "host\n",     "n1/h/:80", "[a/b]:1", "a]b"}) {
        EXPECT_FALSE(HostPort::parse(text, 7946)) << "'" << text << "'";
    }
}

}  // namespace
}  // namespace rollcall

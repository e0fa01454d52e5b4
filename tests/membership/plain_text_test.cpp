// SPDX-License-Identifier: Apache-2.0
#include "membership/plain_text.h"

#include <gtest/gtest.h>

namespace rollcall::membership {
namespace {

using namespace std::chrono_literals;

Endpoint host(unsigned number, std::uint16_t port = 7946) {
    return *Endpoint::from_wire(WireAddress::v4(10, 0, static_cast<std::uint8_t>(number / 256),
                                                static_cast<std::uint8_t>(number % 256)),
                                port);
}

TEST(PlainText, FiveMinutesOfItAreCounted) {
    PlainText plain;
    const Time start{1h};
    plain.taken(start, host(1));
    plain.taken(start + 1s, host(1));
    plain.taken(start + 4min, host(2));
    EXPECT_EQ(plain.recent(start + 4min), 3u);
    EXPECT_EQ(plain.recent(start + 5min), 3u);
    EXPECT_EQ(plain.recent(start + 5min + 20s), 1u);
    EXPECT_EQ(plain.recent(start + 10min), 0u);
    EXPECT_EQ(plain.total(), 3u);
}

TEST(PlainText, TheSourcesAreNamedTheLatestFirst) {
    PlainText plain;
    const Time start{1h};
    plain.taken(start, host(1));
    plain.taken(start + 1min, host(2));
    plain.taken(start + 2min, host(1));
    plain.taken(start + 3min, host(3, 0));
    const auto sources = plain.sources(start + 4min);
    ASSERT_EQ(sources.size(), 3u);
    EXPECT_EQ(sources[0].from, host(3, 0));
    EXPECT_EQ(sources[1].from, host(1));
    EXPECT_EQ(sources[1].last, start + 2min);
    EXPECT_EQ(sources[2].from, host(2));
    EXPECT_EQ(plain.sources(start + 7min + 1s).size(), 1u);
    EXPECT_TRUE(plain.sources(start + 9min).empty());
}

TEST(PlainText, ManySourcesTakeNoMoreMemory) {
    PlainText plain;
    for (unsigned i = 0; i < 10'000; ++i) plain.taken(Time{1h} + i * 1ms, host(i));
    const auto sources = plain.sources(Time{1h} + 10s);
    EXPECT_EQ(sources.size(), PlainText::kMostSources);
    EXPECT_EQ(sources[0].from, host(9'999));
    EXPECT_EQ(sources.back().from, host(10'000 - PlainText::kMostSources));
    EXPECT_EQ(plain.recent(Time{1h} + 10s), 10'000u);
}

}  // namespace
}  // namespace rollcall::membership

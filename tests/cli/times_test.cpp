// SPDX-License-Identifier: Apache-2.0
//
// Ages for people, and moments to and from RFC 3339.
#include "cli/times.h"

#include <gtest/gtest.h>

#include <limits>

namespace rollcall::cli {
namespace {

using namespace std::chrono_literals;

TEST(Times, AnAgeHasTwoPartsAtMost) {
    EXPECT_EQ(age_text(0s), "0.0s");
    EXPECT_EQ(age_text(-5s), "0.0s");
    EXPECT_EQ(age_text(412ms), "0.4s");
    EXPECT_EQ(age_text(59'999ms), "59.9s");
    EXPECT_EQ(age_text(60s), "1m 0s");
    EXPECT_EQ(age_text(192s), "3m 12s");
    EXPECT_EQ(age_text(2h + 3min + 59s), "2h 3m");
    EXPECT_EQ(age_text(121h), "5d 1h");
}

TEST(Times, AMomentIsWrittenInUtcAndReadBack) {
    EXPECT_EQ(utc_text(0), "1970-01-01T00:00:00.000000Z");
    EXPECT_EQ(utc_text(1'796'004'603'120'000), "2026-11-30T02:10:03.120000Z");
    for (const std::int64_t us : {std::int64_t{0}, std::int64_t{951'782'400'000'001},
                                  std::int64_t{1'796'004'603'120'000}}) {
        EXPECT_EQ(parse_utc(utc_text(us)), us);
    }
    EXPECT_EQ(utc_text(-1), "");
    EXPECT_EQ(utc_text(std::numeric_limits<std::int64_t>::max()), "");
}

TEST(Times, NothingElseIsAMoment) {
    for (const char* text : {"", "yesterday", "2026-11-30T02:10:03Z", "2026-13-30T02:10:03.120000Z",
                             "2026-02-30T02:10:03.120000Z", "2026-11-30T24:10:03.120000Z",
                             "2026-11-30 02:10:03.120000Z", "2026-11-30T02:10:61.120000Z",
                             "-026-11-30T02:10:03.120000Z", "2026-11-30T02:10:03.12000xZ"}) {
        EXPECT_EQ(parse_utc(text), std::nullopt) << text;
    }
}

}  // namespace
}  // namespace rollcall::cli

// SPDX-License-Identifier: Apache-2.0
#include "agent/join/error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rollcall::agent {
namespace {

using testing::HasSubstr;

const JoinError kLiteral{.seed = "10.0.0.1:7946",
                         .address = Endpoint::parse_address("10.0.0.1", 7946),
                         .cause = "connection refused"};
const JoinError kNamed{
    .seed = "db1:7946", .address = Endpoint::parse_address("10.0.0.2", 7946), .cause = "timed out"};
const JoinError kUnknown{.seed = "nosuch:7946", .cause = "unknown host", .host = "nosuch"};

TEST(JoinErrors, NameTheSeedItsAddressAndTheCauseOnce) {
    EXPECT_EQ(to_text(kLiteral), "10.0.0.1:7946: connection refused");
    EXPECT_EQ(to_text(kNamed), "db1:7946 (10.0.0.2:7946): timed out");
    EXPECT_EQ(to_text(kUnknown), "nosuch:7946: unknown host");
    EXPECT_EQ(on_one_line({kLiteral, kNamed}),
              "10.0.0.1:7946: connection refused; db1:7946 (10.0.0.2:7946): timed out");
}

TEST(JoinErrors, AreCountedAndListedForClientsOfSerf) {
    EXPECT_EQ(serf_error_text({}), "");
    EXPECT_EQ(serf_error_text({kUnknown}),
              "1 error occurred:\n\t* Failed to resolve nosuch: unknown host\n\n");
    EXPECT_EQ(serf_error_text({kLiteral, kNamed}),
              "2 errors occurred:\n"
              "\t* Failed to join 10.0.0.1: 10.0.0.1:7946: connection refused\n"
              "\t* Failed to join 10.0.0.2: db1:7946 (10.0.0.2:7946): timed out\n\n");
}

TEST(JoinErrors, OfAPeerThatHangsUpComeWithWhatToCompare) {
    EXPECT_EQ(advice_for({kLiteral, kUnknown}), "");
    JoinError other = kLiteral;
    other.cause =
        "the peer closed the connection without an answer: does it have another label "
        "or encryption key?";
    EXPECT_THAT(advice_for({kNamed, other}), HasSubstr("'key_fingerprint'"));
}

}  // namespace
}  // namespace rollcall::agent

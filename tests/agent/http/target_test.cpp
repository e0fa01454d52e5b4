// SPDX-License-Identifier: Apache-2.0
#include "agent/http/target.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rollcall::agent::http {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

TEST(HttpTarget, APathIsSplitBeforeItIsDecoded) {
    const auto target = parse_target("/v1/members/a%2Fb+c%20%C3%A4");
    ASSERT_TRUE(target);
    EXPECT_THAT(target->path, ElementsAre("v1", "members", "a/b+c \xc3\xa4"));
    EXPECT_THAT(target->query, IsEmpty());
    EXPECT_FALSE(target->authority);
}

TEST(HttpTarget, TheRootHasNoSegmentsAndASlashAtTheEndIsAnotherPath) {
    EXPECT_THAT(parse_target("/")->path, IsEmpty());
    EXPECT_THAT(parse_target("/status/")->path, ElementsAre("status", ""));
    EXPECT_THAT(parse_target("//status")->path, ElementsAre("", "status"));
    EXPECT_THAT(parse_target("/../etc")->path, ElementsAre("..", "etc")) << "no path is resolved";
}

TEST(HttpTarget, AQueryKeepsItsOrderAndRepetitions) {
    const auto target = parse_target("/m?tag=a=^b%2b$&&tag=c=d+e&flag&x=");
    ASSERT_TRUE(target);
    EXPECT_THAT(target->query, ElementsAre(Pair("tag", "a=^b+$"), Pair("tag", "c=d e"),
                                           Pair("flag", ""), Pair("x", "")));
}

TEST(HttpTarget, AnAbsoluteFormNamesAnotherHost) {
    const auto target = parse_target("http://other:1?x=/y");
    ASSERT_FALSE(target) << "a query needs a path";
    const auto with_path = parse_target("http://other:1/v1/agent?x=/y");
    ASSERT_TRUE(with_path);
    EXPECT_EQ(with_path->authority, "other:1");
    EXPECT_THAT(with_path->path, ElementsAre("v1", "agent"));
    EXPECT_THAT(parse_target("http://other")->path, IsEmpty());
}

TEST(HttpTarget, BadEscapesAndOtherFormsAreRefused) {
    for (const char* const text :
         {"*", "a:1", "https://a/", "/%", "/%2", "/%zz", "/a%00b", "/?x=%", "/?%0=1", "/a#b"}) {
        EXPECT_FALSE(parse_target(text)) << text;
    }
}

TEST(HttpTarget, EveryNameComesBackFromItsSegment) {
    std::string name;
    for (int byte = 1; byte < 256; ++byte) name += static_cast<char>(byte);
    const auto target = parse_target("/" + percent_encoded(name));
    ASSERT_TRUE(target);
    EXPECT_THAT(target->path, ElementsAre(name));
}

}  // namespace
}  // namespace rollcall::agent::http

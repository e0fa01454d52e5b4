// SPDX-License-Identifier: Apache-2.0
//
// Seed files: valid content, errors for invalid content, and looking up all seeds.
#include "transport/seed_file.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <string>

#include "support/test_folder.h"
#include "support/test_loop.h"
#include "transport/resolver.h"

namespace rollcall::transport {
namespace {

using tests::TestLoop;

class SeedFile : public testing::Test {
protected:
    std::string file(const std::string& text) const { return folder_.write("seeds", text); }
    std::string refusal(const std::string& text) const {
        const auto seeds = read_seed_file(file(text), 7946);
        return seeds.ok() ? "" : seeds.error().why;
    }
    Resolver::Answer looked_up(const std::string& path) {
        TestLoop loop;
        Resolver resolver{loop};
        std::optional<Resolver::Answer> answer;
        resolver.resolve("file+" + path, 7946,
                         [&](Resolver::Answer found) { answer = std::move(found); });
        EXPECT_TRUE(loop.run_until([&] { return answer.has_value(); }));
        return answer ? *answer : Resolver::Answer{std::string{"none"}};
    }
    const tests::TestFolder folder_;
};

TEST_F(SeedFile, OnlyAbsolutePathIsASeedFile) {
    EXPECT_EQ(seed_file_of("file+/etc/seeds"), "/etc/seeds");
    EXPECT_EQ(seed_file_of("file+seeds"), std::nullopt);
    EXPECT_EQ(seed_file_of("file+"), std::nullopt);
    EXPECT_EQ(seed_file_of("/etc/seeds"), std::nullopt);
    // What comes over the control port cannot name one.
    EXPECT_FALSE(HostPort::parse("file+/etc/seeds", 7946));
}

TEST_F(SeedFile, HasASeedToALineCommentsAndEmptyLines) {
    const auto seeds = read_seed_file(
        file("# all of them\n\n  10.0.0.1 # the first\r\nexample.org:7000\n[::1]:7001"), 7946);
    ASSERT_TRUE(seeds.ok()) << seeds.error().why;
    ASSERT_EQ(seeds->size(), 3u);
    EXPECT_EQ((*seeds)[0].host, "10.0.0.1");
    EXPECT_EQ((*seeds)[0].port, 7946);
    EXPECT_EQ((*seeds)[1].host, "example.org");
    EXPECT_EQ((*seeds)[1].port, 7000);
    EXPECT_EQ((*seeds)[2].host, "::1");
}

TEST_F(SeedFile, InvalidSeedIsReportedWithItsLine) {
    EXPECT_EQ(
        refusal("10.0.0.1\n10.0.0.2:seven\n"),
        folder_ / "seeds" +
            " line 2: '10.0.0.2:seven' is not allowed; allowed: HOST, HOST:PORT, [IPV6]:PORT");
    EXPECT_EQ(refusal("# none\n"), folder_ / "seeds" + " has no seeds");
    std::string many;
    for (int i = 0; i < 65; ++i) many += "10.0.0.1\n";
    EXPECT_EQ(refusal(many), folder_ / "seeds" + " has more than 64 seeds");
    EXPECT_EQ(refusal(std::string(70000, '#')),
              "cannot read " + (folder_ / "seeds") + ": it is larger than 64 KiB");
    EXPECT_EQ(read_seed_file("/no/such/file", 7946).error().why,
              "cannot read /no/such/file: No such file or directory");
}

TEST_F(SeedFile, IsReadAgainAtEachLookUp) {
    const std::string path =
        file("127.0.0.1:7001\nlocalhost:7002\n127.0.0.1:7001\nno.such.invalid\n");
    const auto first = looked_up(path);
    ASSERT_TRUE(first.ok()) << first.error();
    EXPECT_EQ(std::ranges::count(*first, *Endpoint::parse("127.0.0.1:7001")), 1);
    EXPECT_TRUE(std::ranges::any_of(*first, [](const Endpoint& e) { return e.port == 7002; }));
    file("127.0.0.9:7009\n");
    EXPECT_EQ(*looked_up(path), std::vector{*Endpoint::parse("127.0.0.9:7009")});
    std::filesystem::remove(path);
    EXPECT_EQ(looked_up(path).error(), "cannot read " + path + ": No such file or directory");
}

}  // namespace
}  // namespace rollcall::transport

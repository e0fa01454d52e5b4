// SPDX-License-Identifier: Apache-2.0
//
// What an agent keeps over restarts, with a core that no network reaches.
#include "agent/files/persistence.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "agent/host/entropy.h"
#include "support/test_folder.h"
#include "support/test_loop.h"

namespace rollcall::agent {
namespace {

using namespace std::chrono_literals;
using rollcall::tests::TestFolder;
using rollcall::tests::TestLoop;
using rollcall::tests::whole_file;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

serf::Config config_of_n1() {
    serf::Config config;
    config.membership.name = "n1";
    config.membership.address = WireAddress::v4(127, 0, 0, 1);
    config.membership.port = config.membership.bind_port = 7946;
    config.tags = {{"role", "db"}};
    return config;
}

class Kept : public testing::Test {
protected:
    ~Kept() override { close(); }
    Persistence& keep(const std::string& tags_file, const std::string& keyring_file) {
        persistence_ = std::make_unique<Persistence>(Persistence::Parts{
            .loop = loop_,
            .log = *log_,
            .core = core_,
            .tags_file = tags_file,
            .keyring_file = keyring_file,
            .keyring_saved = [this](std::uint64_t change, const std::string& error) {
                saved_.emplace_back(change, error);
            }});
        persistence_->begin();
        return *persistence_;
    }
    void close() {
        if (std::exchange(closed_, true)) return;
        bool done = false;
        persistence_->close(5s, [&] { done = true; });
        loop_.until([&] { return done; });
    }
    Result<Persistence::Members, std::string> read(const std::string& path) {
        return persistence_->read_snapshot({.path = path, .options = {}, .self = "n1"});
    }

    const TestFolder folder_;
    std::unique_ptr<Log> log_ = std::move(*Log::open({.file = "/dev/null"}));
    SystemEntropy entropy_;
    serf::Serf core_{config_of_n1(), entropy_, 1};
    TestLoop loop_;
    std::vector<std::pair<std::uint64_t, std::string>> saved_;
    std::unique_ptr<Persistence> persistence_;
    bool closed_ = false;
};

TEST_F(Kept, TagsAreWrittenAsTheCoreHasThem) {
    Persistence& kept = keep(folder_ / "tags.json", "");
    EXPECT_TRUE(kept.keeps_tags());
    std::string error = "none yet";
    kept.save_tags([&](const std::string& why) { error = why; });
    loop_.until([&] { return error != "none yet"; });
    EXPECT_EQ(error, "");
    EXPECT_THAT(whole_file(folder_ / "tags.json"), HasSubstr("\"role\""));
    EXPECT_EQ(kept.stats().written, 1u);
}

TEST_F(Kept, AChangeOfTheKeyringIsReportedOnceItsFileIsWritten) {
    Persistence& kept = keep("", folder_ / "keys.json");
    kept.save_keyring(7);
    EXPECT_THAT(saved_, IsEmpty());
    loop_.until([&] { return !saved_.empty(); });
    EXPECT_THAT(saved_, ElementsAre(std::pair<std::uint64_t, std::string>{7, ""}));
    EXPECT_THAT(folder_.names(), ElementsAre("keys.json"));
}

TEST_F(Kept, AFileThatCannotBeWrittenIsLoggedAndReported) {
    Persistence& kept = keep("", folder_ / "no/such/folder/keys.json");
    kept.save_keyring(7);
    loop_.until([&] { return !saved_.empty(); });
    EXPECT_THAT(saved_.front().second, HasSubstr("No such file or directory"));
    bool logged = false;
    for (const LogLine& line : log_->recent()) {
        logged |= line.text.find("the keyring changed, but its file could not be written") !=
                  line.text.npos;
    }
    EXPECT_TRUE(logged);
}

TEST_F(Kept, WithoutAFileNothingIsWrittenOrReported) {
    Persistence& kept = keep("", "");
    EXPECT_FALSE(kept.keeps_tags());
    kept.save_keyring(7);
    close();
    EXPECT_THAT(saved_, IsEmpty());
    EXPECT_THAT(folder_.names(), IsEmpty());
}

TEST_F(Kept, WhatIsWrittenAtTheEndIsNotReportedAnyMore) {
    Persistence& kept = keep("", folder_ / "keys.json");
    kept.save_keyring(7);
    close();
    EXPECT_THAT(folder_.names(), ElementsAre("keys.json"));
    EXPECT_THAT(saved_, IsEmpty());
}

TEST_F(Kept, TheSnapshotGivesTheOthersAndTheClocks) {
    keep("", "");
    const std::string path = folder_.write("snapshot",
                                           "alive: n1 127.0.0.1:7946\nalive: n2 10.0.0.2:7946\n"
                                           "clock: 41\nevent-clock: 5\nquery-clock: 6\n");
    const auto members = read(path);
    ASSERT_TRUE(members);
    ASSERT_EQ(members->alive.size(), 1u);
    EXPECT_EQ(members->alive[0].name, "n2");
    EXPECT_EQ(members->alive[0].endpoint.to_string(), "10.0.0.2:7946");
    EXPECT_THAT(members->failed, IsEmpty());
    EXPECT_EQ(core_.stats().member_time, LamportTime{42});
    EXPECT_EQ(core_.stats().event_time, LamportTime{6});
    EXPECT_EQ(core_.stats().query_time, LamportTime{7});
}

TEST_F(Kept, ASnapshotThatCannotBeReadIsAnError) {
    keep("", "");
    std::filesystem::create_directory(folder_ / "snapshot");
    const auto members = read(folder_ / "snapshot");
    ASSERT_FALSE(members);
    EXPECT_THAT(members.error(), testing::StartsWith("snapshot: "));
}

}  // namespace
}  // namespace rollcall::agent

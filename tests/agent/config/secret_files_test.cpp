// SPDX-License-Identifier: Apache-2.0
//
// Secrets in files of their own, and warnings about those that other users can read.
#include "agent/config/secret_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "agent/config/given_sources.h"
#include "support/test_folder.h"

namespace rollcall::agent {
namespace {

namespace fs = std::filesystem;
using rollcall::tests::TestFolder;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;
using tests::environment;
using tests::flag;
using tests::problem;

constexpr const char* kKey = "AAECAwQFBgcICQoLDA0ODw==";

class SecretFiles : public testing::Test {
protected:
    // Readable by its owner only, as a careful operator has it.
    [[nodiscard]] std::string file(const std::string& name, const std::string& text,
                                   fs::perms more = fs::perms::none) const {
        std::string path = folder_.write(name, text);
        fs::permissions(path, fs::perms::owner_read | fs::perms::owner_write | more);
        return path;
    }
    static std::vector<std::string> risks(const ConfigSources& sources) {
        auto loaded = load_config(sources);
        EXPECT_TRUE(loaded) << loaded.error();
        return loaded ? loaded->risks : std::vector<std::string>{};
    }
    TestFolder folder_;
};

TEST_F(SecretFiles, EachIsTakenWithoutTheLineEndAfterIt) {
    const auto loaded =
        load_config({.flags = {flag("encrypt-file", {file("key", std::string{kKey} + "\n")}),
                               flag("rpc-auth-file", {file("token", "two words\r\n")}),
                               flag("http-token-file", {file("http", "s3cret")})}});
    ASSERT_TRUE(loaded) << loaded.error();
    EXPECT_EQ(loaded->config.encrypt, kKey);
    EXPECT_EQ(loaded->settings.rpc_auth, "two words");
    EXPECT_EQ(loaded->settings.http_token, "s3cret");
    EXPECT_THAT(loaded->all_warnings(), IsEmpty());
}

TEST_F(SecretFiles, AFileThatCannotBeUsedIsAMistakeThatShowsNoSecret) {
    const std::string missing = folder_ / "missing";
    EXPECT_EQ(problem({.flags = {flag("encrypt-file", {missing})}}),
              "--encrypt-file: '" + missing + "' cannot be read: No such file or directory");
    const std::string large = file("large", std::string(5000, 'x'));
    EXPECT_THAT(problem({.flags = {flag("rpc-auth-file", {large})}}),
                AllOf(HasSubstr("larger than 4 KiB"), Not(HasSubstr("xx"))));
    for (const char* nothing : {"", "\n"}) {
        EXPECT_THAT(problem({.flags = {flag("rpc-auth-file", {file("empty", nothing)})}}),
                    HasSubstr("'' is not allowed"));
    }
    EXPECT_THAT(problem({.flags = {flag("encrypt-file", {file("bad", "hunter2")})}}),
                AllOf(StartsWith(folder_ / "bad"), Not(HasSubstr("hunter2"))));
}

TEST_F(SecretFiles, ASecretIsGivenOnce) {
    const std::string key = file("key", kKey);
    EXPECT_EQ(
        problem({.environment = environment({{"ROLLCALL_ENCRYPT", kKey}}),
                 .flags = {flag("encrypt-file", {key})}}),
        "--encrypt-file: '" + key + "' is not allowed; allowed: either this or $ROLLCALL_ENCRYPT");
}

TEST_F(SecretFiles, ASecretInAFlagIsARisk) {
    EXPECT_THAT(risks({.flags = {flag("encrypt", {kKey})}}),
                ElementsAre("--encrypt: other users of this host see it in the list of processes; "
                            "give it in $ROLLCALL_ENCRYPT or --encrypt-file"));
    EXPECT_THAT(risks({.environment = environment({{"ROLLCALL_ENCRYPT", kKey}}), .flags = {}}),
                IsEmpty());
}

TEST_F(SecretFiles, AFileThatOthersCanReadIsARiskThatSaysHowToMendIt) {
    const std::string open = file("key", kKey, fs::perms::others_read);
    EXPECT_THAT(risks({.flags = {flag("encrypt-file", {open})}}),
                ElementsAre(open +
                            ": it holds a key or token, and its mode 0604 lets every user of this "
                            "host read it; 'chmod go= " +
                            open + "' ends that"));
    const std::string keys =
        file("keys.json", "[\"" + std::string{kKey} + "\"]", fs::perms::group_read);
    EXPECT_THAT(risks({.flags = {flag("keyring-file", {keys})}}),
                ElementsAre(HasSubstr("its mode 0640 lets its group read it")));
    fs::permissions(keys, fs::perms::owner_read);
    EXPECT_THAT(risks({.flags = {flag("keyring-file", {keys})}}), IsEmpty());
}

TEST_F(SecretFiles, AConfigurationFileIsOneOnlyIfItHasASecret) {
    const std::string with = file("with.json", R"({"rpc_auth": "x"})", fs::perms::others_read);
    const std::string without =
        file("without.json", R"({"node_name": "x"})", fs::perms::others_read);
    EXPECT_THAT(risks({.paths = {with, without}}), ElementsAre(StartsWith(with)));
}

TEST(SecretVariables, AreThoseOfSecretSettings) {
    for (const char* secret : {"ROLLCALL_ENCRYPT=x", "ROLLCALL_RPC_AUTH=x", "ROLLCALL_HTTP_TOKEN=x",
                               "SERF_RPC_AUTH=x"}) {
        EXPECT_TRUE(is_secret_variable(secret)) << secret;
    }
    for (const char* other : {"ROLLCALL_NODE=x", "ROLLCALL_ENCRYPT_FILE=/x", "PATH=/bin", ""}) {
        EXPECT_FALSE(is_secret_variable(other)) << other;
    }
}

TEST_F(SecretFiles, CredentialsOfTheServiceManagerAreTakenWithoutAnySetting) {
    static_cast<void>(file("rollcall.encrypt", std::string{kKey} + "\n"));
    static_cast<void>(file("rollcall.rpc_auth", "two words\n"));
    static_cast<void>(file("rollcall.http_token", "s3cret"));
    static_cast<void>(file("of-another-program", "x"));
    const auto loaded =
        load_config({.environment = environment({{"CREDENTIALS_DIRECTORY", folder_.path()}})});
    ASSERT_TRUE(loaded) << loaded.error();
    EXPECT_EQ(loaded->config.encrypt, kKey);
    EXPECT_EQ(loaded->settings.rpc_auth, "two words");
    EXPECT_EQ(loaded->settings.http_token, "s3cret");
    EXPECT_THAT(loaded->all_warnings(), IsEmpty());
}

TEST_F(SecretFiles, AServiceWithoutCredentialsHasNone) {
    for (const std::string& where : {folder_.path(), folder_ / "nowhere", std::string{}}) {
        const auto loaded =
            load_config({.environment = environment({{"CREDENTIALS_DIRECTORY", where}})});
        ASSERT_TRUE(loaded) << loaded.error();
        EXPECT_EQ(loaded->config.encrypt, "");
    }
}

TEST_F(SecretFiles, ACredentialGivesWayToALaterFileAndIsRefusedBesideTheSecretItself) {
    static_cast<void>(file("rollcall.rpc_auth", "of-the-credential"));
    const auto of_service = environment({{"CREDENTIALS_DIRECTORY", folder_.path()}});
    const auto other = load_config(
        {.environment = of_service, .flags = {flag("rpc-auth-file", {file("other", "other")})}});
    ASSERT_TRUE(other) << other.error();
    EXPECT_EQ(other->settings.rpc_auth, "other");
    EXPECT_THAT(problem({.environment = of_service, .flags = {flag("rpc-auth", {"third"})}}),
                AllOf(StartsWith("credential rollcall.rpc_auth: "),
                      HasSubstr("either this or --rpc-auth"), Not(HasSubstr("of-the-credential"))));
}

TEST_F(SecretFiles, AWrongCredentialIsNamedAndNotShown) {
    static_cast<void>(file("rollcall.encrypt", "no-key"));
    EXPECT_THAT(problem({.environment = environment({{"CREDENTIALS_DIRECTORY", folder_.path()}})}),
                AllOf(HasSubstr(folder_ / "rollcall.encrypt"), Not(HasSubstr("no-key"))));
}

}  // namespace
}  // namespace rollcall::agent

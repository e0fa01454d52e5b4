// SPDX-License-Identifier: Apache-2.0
//
// The settings of TLS: what belongs together, and which file is to blame.
#include "agent/config/tls_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/config/tls_folder.h"

namespace rollcall::agent {
namespace {

using testing::HasSubstr;
using tests::TlsFolder;

// "" if it is settled.
std::string mistake_of(const AgentConfig& config) {
    const auto settings = settle(config);
    return settings ? "" : settings.error().to_string();
}
AgentConfig with(const TlsFolder& files) {
    AgentConfig config{.node = "n1"};
    files.use_in(config);
    return config;
}

TEST(TlsFiles, WhatIsRightIsLoaded) {
    TlsFolder files;
    files.renew({.name = "n1"});
    AgentConfig config = with(files);
    config.tls_verify_client = true;
    config.rpc_addr = {"127.0.0.1:0", "tls:127.0.0.1:7374", "tls:[::1]:0", "tls:localhost"};
    config.http_addr = "tls::7380";
    const auto settings = settle(config);
    ASSERT_TRUE(settings) << settings.error().to_string();
    EXPECT_EQ(settings->credentials->subject(), "CN=n1");
    EXPECT_EQ(to_string(settings->rpc_addr[1]), "tls:127.0.0.1:7374");
    EXPECT_EQ(to_string(settings->rpc_addr[2]), "tls:[::1]:0");
    EXPECT_TRUE(std::holds_alternative<TlsAddress>(settings->rpc_addr[3]));
    EXPECT_EQ(to_string(*settings->http_addr), "tls:127.0.0.1:7380");
    EXPECT_EQ(settle({.node = "n1"})->credentials, nullptr);
}

TEST(TlsFiles, AFileThatCannotBeUsedIsNamedWithTheReason) {
    const TlsFolder files;
    const std::string broken = files.folder().write("broken.pem", "nothing");
    const struct {
        std::string AgentConfig::*setting;
        const char* field;
        std::string path, reason;
    } cases[]{
        {&AgentConfig::tls_cert, "tls_cert: ", broken, "the certificate is not in PEM form"},
        {&AgentConfig::tls_cert, "tls_cert: ", files.key, "the certificate is not in PEM form"},
        {&AgentConfig::tls_cert, "tls_cert: ", files.folder() / "none", "No such file"},
        {&AgentConfig::tls_cert, "tls_cert: ", files.folder().path(), "it is a directory"},
        {&AgentConfig::tls_key, "tls_key: ", broken, "not in PEM form"},
        {&AgentConfig::tls_key, "tls_key: ",
         files.folder().write("other.pem", tls::tests::Authority{}.issue().key), "does not belong"},
        {&AgentConfig::tls_ca, "tls_ca: ", broken, "no certificate in PEM form"},
    };
    for (const auto& one : cases) {
        AgentConfig config = with(files);
        config.*one.setting = one.path;
        EXPECT_THAT(mistake_of(config), HasSubstr(one.field));
        EXPECT_THAT(mistake_of(config), HasSubstr(one.path));
        EXPECT_THAT(mistake_of(config), HasSubstr(one.reason));
    }
}

TEST(TlsFiles, WhatBelongsTogetherIsGivenTogether) {
    const TlsFolder files;
    AgentConfig alone{.node = "n1", .tls_cert = files.certificate};
    EXPECT_THAT(mistake_of(alone), HasSubstr("only beside tls-key"));
    alone = {.node = "n1", .tls_key = files.key};
    EXPECT_THAT(mistake_of(alone), HasSubstr("only beside tls-cert"));
    AgentConfig unverified = with(files);
    unverified.tls_ca = "";
    EXPECT_EQ(mistake_of(unverified), "");
    unverified.tls_verify_client = true;
    EXPECT_THAT(mistake_of(unverified), HasSubstr("tls_verify_client: "));
    for (const auto& [rpc, http] :
         {std::pair{"tls:127.0.0.1:7374", ""}, std::pair{"127.0.0.1:7374", "tls:127.0.0.1:7380"}}) {
        EXPECT_THAT(mistake_of({.node = "n1", .rpc_addr = {rpc}, .http_addr = http}),
                    HasSubstr("only beside tls-cert and tls-key"));
    }
    EXPECT_THAT(mistake_of({.node = "n1", .rpc_addr = {"tls:unix:/run/x"}}),
                HasSubstr("rpc_addr: 'tls:unix:/run/x' is not allowed"));
}

}  // namespace
}  // namespace rollcall::agent

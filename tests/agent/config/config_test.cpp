// SPDX-License-Identifier: Apache-2.0
//
// What an operator may write, and what a mistake is answered with.
#include "agent/config/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <functional>

#include "base/duration_text.h"
#include "base/parse_duration.h"
#include "base/version.h"
#include "support/test_folder.h"
#include "wire/base64.h"

namespace rollcall::agent {
namespace {

using namespace std::chrono_literals;
using rollcall::tests::project_file;
using rollcall::tests::TestFolder;
using testing::HasSubstr;

constexpr const char* kKey16 = "AAECAwQFBgcICQoLDA0ODw==";

TEST(AgentConfig, TheDefaultsAreSerfs) {
    const auto settings = settle({});
    ASSERT_TRUE(settings);
    EXPECT_FALSE(settings->serf.membership.name.empty());
    EXPECT_EQ(settings->bind.to_string(), "0.0.0.0:7946");
    ASSERT_EQ(settings->rpc_addr.size(), 1u);
    EXPECT_EQ(to_string(settings->rpc_addr[0]), "127.0.0.1:7373");
    EXPECT_FALSE(settings->advertise);
    EXPECT_EQ(settings->retry_interval, 30s);
    EXPECT_EQ(settings->log_level, Level::info);
    EXPECT_EQ(settings->serf.membership.probe_interval, 1s);
    EXPECT_EQ(settings->serf.membership.versions, wire::kSerfVersions);
    EXPECT_TRUE(settings->serf.membership.layers.compress);
}

TEST(AgentConfig, AddressesMayBeWrittenInAllTheUsualWays) {
    const auto bind = [](std::string text) {
        const auto settings = settle({.bind = std::move(text)});
        return settings ? settings->bind.to_string() : "refused";
    };
    EXPECT_EQ(bind("10.1.2.3"), "10.1.2.3:7946");
    EXPECT_EQ(bind("10.1.2.3:0"), "10.1.2.3:0");
    EXPECT_EQ(bind(":8000"), "0.0.0.0:8000");
    EXPECT_EQ(bind("::1"), "[::1]:7946");
    EXPECT_EQ(bind("[::1]"), "[::1]:7946");
    EXPECT_EQ(bind("[::]:8000"), "[::]:8000");
    EXPECT_EQ(bind("10.0.0"), "refused");  // a slip, and no name
    EXPECT_EQ(bind("local host"), "refused");
    EXPECT_EQ(bind("localhost:x"), "refused");
    EXPECT_EQ(bind("10.1.2.3:"), "refused");
    EXPECT_EQ(bind("10.1.2.3:65536"), "refused");
    EXPECT_EQ(bind(""), "refused");
}

TEST(AgentConfig, EveryMistakeNamesItsFieldItsValueAndWhatIsAllowed) {
    struct Mistake {
        std::string field, value, allowed;
        std::function<void(AgentConfig&)> make;
    };
    const Mistake mistakes[] = {
        {"profile", "moon", "lan, wan, local, fast or fast-wan",
         [](auto& c) { c.profile = "moon"; }},
        {"bind", "host.example:x", "ADDR", [](auto& c) { c.bind = "host.example:x"; }},
        {"advertise", "0.0.0.0", "reach", [](auto& c) { c.advertise = "0.0.0.0"; }},
        {"advertise", "1.2.3", "reach", [](auto& c) { c.advertise = "1.2.3"; }},
        {"rpc_addr", "::1:x", "ADDR:PORT", [](auto& c) { c.rpc_addr = {"::1:x"}; }},
        {"rpc_addr", "unix:run/x", "absolute path", [](auto& c) { c.rpc_addr = {"unix:run/x"}; }},
        {"rpc_addr", "unix:", "absolute path", [](auto& c) { c.rpc_addr = {"unix:"}; }},
        {"rpc_addr", "unix:/run/", "of a file", [](auto& c) { c.rpc_addr = {"unix:/run/"}; }},
        {"rpc_addr", "", "control characters", [](auto& c) { c.rpc_addr = {"unix:/run/\n"}; }},
        {"rpc_addr", std::string(107, 'x'), "at most 107 bytes",
         [](auto& c) { c.rpc_addr = {"unix:/" + std::string(107, 'x')}; }},
        {"rpc_addr", "unix:/x", "once",
         [](auto& c) {
             c.rpc_addr = {"unix:/x", "127.0.0.1:0", "127.0.0.1:0", "unix:/x"};
         }},
        {"rpc_addr", "9 addresses", "at most 8",
         [](auto& c) { c.rpc_addr.assign(9, "127.0.0.1:0"); }},
        {"join", "host:0", "HOST",
         [](auto& c) {
             c.join = {"ok", "host:0"};
         }},
        {"retry_join", "", "HOST", [](auto& c) { c.retry_join = {""}; }},
        {"retry_interval", "87601h", "to 87600h", [](auto& c) { c.retry_interval = 87601h; }},
        {"broadcast_timeout", "2562047h", "to 87600h",
         [](auto& c) { c.broadcast_timeout = 2562047h; }},
        {"reconnect_interval", "2562047h", "to 87600h",
         [](auto& c) { c.reconnect_interval = 2562047h; }},
        {"reconnect_timeout", "2562047h", "up to 87600h",
         [](auto& c) { c.reconnect_timeout = 2562047h; }},
        {"tombstone_timeout", "2562047h", "up to 87600h",
         [](auto& c) { c.tombstone_timeout = 2562047h; }},
        {"dead_node_reclaim", "2562047h", "0 (never) or up to 720h",
         [](auto& c) { c.dead_node_reclaim = 2562047h; }},
        {"delegate", "go", "serf or none", [](auto& c) { c.delegate = "go"; }},
        {"log_level", "FOO", "trace, debug, info, warn or err",
         [](auto& c) { c.log_level = "FOO"; }},
        {"log_format", "xml", "text or json", [](auto& c) { c.log_format = "xml"; }},
        {"node", "", "1 to 255 bytes", [](auto& c) { c.node = std::string(256, 'n'); }},
        {"node", "", "control", [](auto& c) { c.node = "n\x1b[31m"; }},
        {"node", "", "control",
         [](auto& c) {
             c.node =
                 "n\xc2\x9b"
                 "31m";
         }},
        {"node", "n\\xe2\\x80\\xae", "direction", [](auto& c) { c.node = "n\xe2\x80\xae"; }},
        {"node", "n\\xff", "UTF-8", [](auto& c) { c.node = "n\xff"; }},
        {"bind", "224.0.0.1", "of this host", [](auto& c) { c.bind = "224.0.0.1"; }},
        {"bind", "[ff02::1]:1", "of this host", [](auto& c) { c.bind = "[ff02::1]:1"; }},
        {"advertise", "255.255.255.255", "peers can reach",
         [](auto& c) { c.advertise = "255.255.255.255"; }},
        {"advertise", "239.1.1.1:5", "peers can reach",
         [](auto& c) { c.advertise = "239.1.1.1:5"; }},
        {"advertise", "fd00::7", "bind to [::]", [](auto& c) { c.advertise = "fd00::7"; }},
        {"join", "a/b/host", "NAME/HOST", [](auto& c) { c.join = {"a/b/host"}; }},
        {"label", "", "255 bytes", [](auto& c) { c.label = std::string(256, 'l'); }},
        {"tag", "=v", "KEY=VALUE",
         [](auto& c) {
             c.tags = {{"", "v"}};
         }},
        {"tags", "", "512 bytes",
         [](auto& c) {
             c.tags = {{"k", std::string(600, 'v')}};
         }},
        {"probe_interval", "'1ms'", "; allowed: 10ms to 1h",
         [](auto& c) { c.probe_interval = 1ms; }},
        {"probe_timeout", "'5s'", "; allowed: 1ms to 1s", [](auto& c) { c.probe_timeout = 5s; }},
        {"detection_span", "'900ms'", "; allowed: 1s to 10s",
         [](auto& c) { c.detection_span = 900ms; }},
        {"detection_span", "'11s'", "; allowed: 1s to 10s",
         [](auto& c) { c.detection_span = 11s; }},
        {"reconnect_interval", "", "", [](auto& c) { c.reconnect_interval = -1s; }},
        {"reconnect_interval", "1ns", "0 (never) or 100ms to",
         [](auto& c) { c.reconnect_interval = 1ns; }},
        {"encrypt", "", "base64", [](auto& c) { c.encrypt = "no base64!"; }},
        {"encrypt", "", "3 bytes", [](auto& c) { c.encrypt = "AAEC"; }},
        {"encrypt", "", "Encryption key not allowed while using a keyring",
         [](auto& c) { c.encrypt = kKey16, c.keyring_file = "/nowhere"; }},
        {"encryption", "'on'", "off, accept, send or require",
         [](auto& c) { c.encrypt = kKey16, c.encryption = "on"; }},
        {"encryption", "'require'", "off, or a key besides",
         [](auto& c) { c.encryption = "require"; }},
        {"keyring_file", "/nowhere", "No such file", [](auto& c) { c.keyring_file = "/nowhere"; }},
        {"keyring_file", "/tmp", "it is a directory", [](auto& c) { c.keyring_file = "/tmp"; }},
    };
    for (const Mistake& mistake : mistakes) {
        AgentConfig config{.node = "n1"};
        mistake.make(config);
        const auto settings = settle(config);
        ASSERT_FALSE(settings) << mistake.field << " " << mistake.value;
        const std::string text = settings.error().to_string();
        EXPECT_EQ(settings.error().field, mistake.field) << text;
        EXPECT_THAT(text, HasSubstr(mistake.value));
        EXPECT_THAT(text, HasSubstr(mistake.allowed));
    }
}

TEST(AgentConfig, AMistakeNeverShowsAKey) {
    const auto settings = settle({.node = "n1", .encrypt = "c2VjcmV0"});
    ASSERT_FALSE(settings);
    EXPECT_THAT(settings.error().to_string(), testing::Not(HasSubstr("c2VjcmV0")));
}

TEST(AgentConfig, AKeyOrTokenThatIsWrongIsNamedByWhatIsWrong) {
    const auto why_not = [](const AgentConfig& config) {
        const auto settings = settle(config);
        return settings ? std::string{} : settings.error().to_string();
    };
    const std::string form = "; allowed: base64 of 16, 24 or 32 bytes";
    EXPECT_EQ(why_not({.node = "n1", .encrypt = "abc"}), "encrypt: the key is not base64" + form);
    EXPECT_EQ(why_not({.node = "n1", .encrypt = "c2VjcmV0"}),
              "encrypt: the key has 6 bytes" + form);
    EXPECT_EQ(why_not({.node = "n1", .encrypt = kKey16 + std::string{"\n"}}),
              "encrypt: the key ends with a newline" + form);
    EXPECT_EQ(
        why_not({.node = "n1", .rpc_auth = "sekret\n"}),
        "rpc_auth: the token ends with a newline; allowed: up to 1024 bytes without line breaks");
}

TEST(AgentConfig, SingleTimingsChangeTheProfile) {
    const auto settings = settle({.node = "n1",
                                  .profile = "wan",
                                  .delegate = "none",
                                  .label = "blue",
                                  .disable_compression = true,
                                  .probe_interval = 7s,
                                  .suspicion_mult = 9});
    ASSERT_TRUE(settings);
    const membership::Config& core = settings->serf.membership;
    EXPECT_EQ(core.probe_interval, 7s);
    EXPECT_EQ(core.suspicion_mult, 9u);
    EXPECT_EQ(core.probe_timeout, membership::Config::wan().probe_timeout);
    EXPECT_EQ(settings->serf.delegate, serf::Delegate::none);
    EXPECT_EQ(core.layers.label, "blue");
    EXPECT_FALSE(core.layers.compress);
}

TEST(AgentConfig, TheFastProfilesDeclareSilentMembersFailedAndTheOthersDoNot) {
    const auto core = [](AgentConfig config) {
        config.node = "n1";
        const auto settings = settle(config);
        EXPECT_TRUE(settings) << settings.error().to_string();
        return settings->serf.membership;
    };
    for (const char* profile : {"lan", "wan", "local"}) {
        EXPECT_FALSE(core({.profile = profile}).fast_verdicts) << profile;
        EXPECT_FALSE(core({.profile = profile}).ring_watch) << profile;
    }
    EXPECT_EQ(core({.profile = "fast"}).detection_span, 1500ms);
    EXPECT_EQ(core({.profile = "fast-wan"}).detection_span, 3s);
    for (const char* profile : {"fast", "fast-wan"}) {
        EXPECT_TRUE(core({.profile = profile}).fast_verdicts) << profile;
        EXPECT_TRUE(core({.profile = profile}).ring_watch) << profile;
        EXPECT_TRUE(core({.profile = profile}).tcp_pings) << profile;
    }
    // Each of the three can be set alone.
    const auto patient = core(
        {.profile = "fast", .fast_verdicts = false, .detection_span = 4s, .ring_watch = false});
    EXPECT_FALSE(patient.fast_verdicts);
    EXPECT_FALSE(patient.ring_watch);
    EXPECT_EQ(patient.detection_span, 4s);
    EXPECT_EQ(patient.probe_interval, 500ms);
    EXPECT_TRUE(core({.fast_verdicts = true}).fast_verdicts);
}

TEST(KeyringFile, ThePrimaryIsTheFirstKey) {
    const TestFolder folder;
    const std::string file =
        folder.write("keyring", R"(["AAECAwQFBgcICQoLDA0ODw==", "EBESExQVFhcYGRobHB0eHw=="])");
    const auto settings = settle({.node = "n1", .keyring_file = file});
    ASSERT_TRUE(settings) << settings.error().to_string();
    ASSERT_EQ(settings->keyring.keys().size(), 2u);
    EXPECT_EQ(wire::to_base64(settings->keyring.primary()), kKey16);
}

TEST(KeyringFile, WhatIsNoKeyringIsRefusedWithAReason) {
    const std::pair<std::string, std::string> files[] = {
        {"", "' is not JSON; allowed: a JSON array of keys"},
        {"{}", "' is JSON, but not an array; allowed: a JSON array of keys"},
        {"[]", "' contains no keys; allowed: a JSON array of keys"},
        {"[1]", "key 1 of '"},
        {R"(["AAEC"])", "' has 3 bytes; allowed: base64 of 16, 24 or 32 bytes"},
        {R"(["AAECAwQFBgcICQoLDA0ODw==", "x"])", "' is not base64; allowed: base64 of 16"},
        {R"(["AAECAwQFBgcICQoLDA0ODw==\n"])", "' ends with a newline; allowed: base64 of 16"},
        {std::string(70'000, ' ') + "[]", "' cannot be read: it is larger than 64 KiB; allowed: "},
    };
    for (const auto& [content, reason] : files) {
        const TestFolder folder;
        const std::string file = folder.write("keyring", content);
        const auto settings = settle({.node = "n1", .keyring_file = file});
        ASSERT_FALSE(settings) << reason;
        EXPECT_THAT(settings.error().to_string(), HasSubstr(reason));
        EXPECT_THAT(settings.error().to_string(), HasSubstr("'" + file + "'"));
        EXPECT_EQ(settings.error().field, "keyring_file");
    }
}

TEST(Duration, IsReadInEveryFormOperatorsUse) {
    const std::pair<std::string, Duration> texts[] = {{"0", 0s},
                                                      {"0s", 0s},
                                                      {"30s", 30s},
                                                      {"1m30s", 90s},
                                                      {"500ms", 500ms},
                                                      {"1.5h", 90min},
                                                      {"1.1s", 1100ms},
                                                      {".5s", 500ms},
                                                      {"2us", 2us},
                                                      {"2\u00b5s", 2us},
                                                      {"7ns", 7ns},
                                                      {"1h1m1s1ms", 3661001ms},
                                                      {"1.s", 1s},
                                                      {"0.0000000001s", 0ns},
                                                      {"2562047h", 2562047h}};
    for (const auto& [text, value] : texts) {
        const auto parsed = parse_duration(text);
        ASSERT_TRUE(parsed) << text << ": " << parsed.error();
        EXPECT_EQ(*parsed, value) << text;
    }
}

TEST(Duration, AnythingElseIsRefusedWithTheTextAndAnExample) {
    for (const char* text : {"", "30", "s", "-1s", "1d", "1s2", "1.2.3s", ".s", "1 s", "1e3s",
                             "9999999h", "99999999999999999999s", "2562047h2562047h", "+1s"}) {
        const auto parsed = parse_duration(text);
        ASSERT_FALSE(parsed) << text;
        EXPECT_THAT(parsed.error(), HasSubstr("'" + std::string{text} + "'"));
        EXPECT_THAT(parsed.error(), HasSubstr("1m30s"));
    }
}

TEST(Duration, ItsTextIsReadBackExactly) {
    for (const Duration value : std::initializer_list<Duration>{0s, 1ns, 1us, 500ms, 1s, 90s, 1h,
                                                                25h, 1h + 1ns, 999'999'999ns}) {
        EXPECT_EQ(*parse_duration(duration_text(value)), value) << duration_text(value);
    }
    EXPECT_EQ(duration_text(90s), "1m30s");
    EXPECT_EQ(duration_text(500ms), "500ms");
}

TEST(Base64, RoundTripsEveryLengthAndHasOneSpellingForEach) {
    std::string bytes;
    for (int i = 0; i < 70; ++i) {
        const std::string text = wire::to_base64(as_bytes(bytes));
        const auto back = wire::from_base64(text);
        ASSERT_TRUE(back) << text;
        EXPECT_TRUE(same_bytes(*back, as_bytes(bytes)));
        bytes += static_cast<char>(i * 37);
    }
    EXPECT_EQ(wire::to_base64(as_bytes("foob")), "Zm9vYg==");
    for (const char* wrong : {"A", "AA", "AAA", "A===", "AA=A", "Zm9vYh==", "Zm9=", "Zm 9",
                              "Zm9vYg==\n", "====", "Zm9vYg==Zm9v"}) {
        EXPECT_FALSE(wire::from_base64(wrong)) << wrong;
    }
}

TEST(Version, IsTheProjects) {
    EXPECT_THAT(project_file("CMakeLists.txt"),
                HasSubstr("project(rollcall VERSION " + std::string{kVersionNumber} + " "));
}

}  // namespace
}  // namespace rollcall::agent

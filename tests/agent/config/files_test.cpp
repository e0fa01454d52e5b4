// SPDX-License-Identifier: Apache-2.0
//
// Configuration files: the examples of tests/agent/config, and what comes of several sources.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <syslog.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "agent/config/effective.h"
#include "agent/config/file.h"
#include "agent/config/given_sources.h"
#include "agent/config/sources.h"
#include "agent/files/tags_file.h"
#include "support/test_folder.h"

namespace rollcall::agent {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using rollcall::tests::TestFolder;
using rollcall::tests::whole_file;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using tests::environment;
using tests::flag;
using tests::problem;

std::vector<fs::path> examples(const std::string& kind) {
    std::vector<fs::path> files;
    for (const auto& entry :
         fs::directory_iterator{fs::path{ROLLCALL_SOURCE_DIR} / "tests/agent/config" / kind}) {
        files.push_back(entry.path());
    }
    return files;
}

EffectiveSetting shown(const LoadedConfig& loaded, std::string_view key) {
    for (EffectiveSetting& setting : effective(loaded)) {
        if (setting.setting->key == key) return setting;
    }
    ADD_FAILURE() << "no key " << key;
    return {};
}

TEST(ConfigExamples, EachBadOneIsRefusedInTheWordsOfItsFirstLine) {
    const auto files = examples("bad");
    EXPECT_GT(files.size(), 25u);
    for (const fs::path& path : files) {
        const std::string text = whole_file(path);
        std::string expected = text.substr(3, text.find('\n') - 3);
        const std::size_t file = expected.find("FILE");
        if (file == std::string::npos) {
            expected = path.string() + ":" + expected;
        } else {
            expected.replace(file, 4, path.string());
        }
        // How the parser words a syntax error is its own business.
        const bool is_start = expected.ends_with("...");
        if (is_start) expected.resize(expected.size() - 3);
        const std::string told = problem({.paths = {path.string()}});
        EXPECT_EQ(is_start ? told.substr(0, expected.size()) : told, expected) << path;
    }
}

TEST(ConfigExamples, EachGoodOneIsTaken) {
    const auto files = examples("good");
    EXPECT_GE(files.size(), 3u);
    for (const fs::path& path : files) {
        const auto loaded = load_config({.paths = {path.string()}});
        ASSERT_TRUE(loaded) << loaded.error();
    }
}

TEST(ConfigSources, EventHandlersInAVariableAreSeparatedByLineEndsForTheyHaveCommas) {
    const auto loaded = load_config(
        {.environment = environment(
             {{"ROLLCALL_EVENT_HANDLER", "member-join,member-leave=a.sh, b\nuser:x=c.sh\n"}})});
    ASSERT_TRUE(loaded) << loaded.error();
    EXPECT_THAT(shown(*loaded, "event_handlers").values,
                ElementsAre("member-join,member-leave=a.sh, b", "user:x=c.sh"));
    EXPECT_EQ(shown(*loaded, "event_handlers").from, "$ROLLCALL_EVENT_HANDLER");
}

TEST(TagsFile, IsReadAtTheStartAndMayNotBeThereYet) {
    const TestFolder folder;
    const auto tags = [&](const std::string& path) {
        const auto loaded = load_config({.flags = {flag("tags-file", {path})}});
        EXPECT_TRUE(loaded) << loaded.error();
        EXPECT_EQ(shown(*loaded, "tags").from, "tags_file");
        return shown(*loaded, "tags").values;
    };
    EXPECT_THAT(tags(folder / "none.json"), IsEmpty());
    EXPECT_THAT(tags(folder.write("tags.json", R"({"role": "web", "dc": ""})")),
                ElementsAre("dc=", "role=web"));
    EXPECT_THAT(tags(folder.write("again.json", tags_as_json({{"k", "v\n\""}}))),
                ElementsAre("k=v\n\""));
}

TEST(TagsFile, WhatIsNoneIsRefusedByNameAndForm) {
    const TestFolder folder;
    const auto told = [&](const std::string& text) {
        return problem({.flags = {flag("tags-file", {folder.write("tags.json", text)})}});
    };
    for (const char* text : {"", "[]", "{\"role\": 1}", "{\"\": \"x\"}", "{\"role\": "}) {
        EXPECT_EQ(told(text), "--tags-file: '" + (folder / "tags.json") +
                                  "' is not allowed; allowed: a JSON object of strings, like "
                                  "{\"role\": \"web\"}");
    }
    EXPECT_THAT(told(std::string(70'000, ' ')), HasSubstr("a file of at most 64 KiB"));
    EXPECT_THAT(told("{\"k\": \"" + std::string(600, 'v') + "\"}"),
                testing::AllOf(HasSubstr("512 bytes"), HasSubstr("(because of --tags-file)")));
}

TEST(ConfigExamples, EveryFormOfAValueArrives) {
    const auto loaded =
        load_config({.paths = {ROLLCALL_SOURCE_DIR "/tests/agent/config/good/everything.json"}});
    ASSERT_TRUE(loaded) << loaded.error();
    const Settings& settings = loaded->settings;
    const membership::Config& core = settings.serf.membership;
    EXPECT_EQ(core.name, "web-1");
    EXPECT_EQ(settings.serf.tags, (serf::Tags{{"dc", "berlin"}, {"rack", "12"}, {"role", "web"}}));
    EXPECT_EQ(settings.retry_join.size(), 4u);
    EXPECT_THAT(settings.join, IsEmpty());
    EXPECT_EQ(settings.retry_interval, 90s);
    EXPECT_EQ(settings.retry_max, 6u);  // with the first
    EXPECT_FALSE(settings.keyring.empty());
    EXPECT_EQ(to_string(core.layers.encryption), "send");
    EXPECT_EQ(settings.rpc_auth, "secret");
    EXPECT_TRUE(settings.metrics_per_member);
    EXPECT_EQ(core.suspicion_mult, 6u);
    EXPECT_EQ(core.probe_timeout, 2s);
    EXPECT_EQ(core.gossip_interval, 0s);
    EXPECT_TRUE(settings.replay);
    EXPECT_TRUE(settings.leave_on_terminate);
    EXPECT_EQ(settings.sample_interval, 10s);
    EXPECT_EQ(settings.sample_root, "/host");
    EXPECT_EQ(settings.log_level, Level::debug);
    EXPECT_THAT(loaded->warnings, IsEmpty());
}

TEST(ConfigExamples, WhatOnlySerfFollowsIsAWarningThatNamesLineAndKey) {
    const std::string path = ROLLCALL_SOURCE_DIR "/tests/agent/config/good/of-serf.json";
    const auto loaded = load_config({.paths = {path}});
    ASSERT_TRUE(loaded) << loaded.error();
    EXPECT_EQ(loaded->settings.serf.membership.name, "web-1");
    EXPECT_EQ(loaded->settings.snapshot, "/var/lib/serf/snapshot");
    EXPECT_THAT(loaded->warnings, ElementsAre(HasSubstr(path + ":7: mdns")));
    EXPECT_EQ(loaded->settings.syslog_facility, LOG_LOCAL0);
    // And these are followed.
    const serf::Config& serf = loaded->settings.serf;
    EXPECT_EQ(serf.user_event_size_limit, 9216u);
    EXPECT_EQ(serf.query_size_limit, 2048u);
    EXPECT_EQ(serf.query_response_size_limit, 4096u);
    EXPECT_TRUE(serf.disable_coordinates);
    EXPECT_FALSE(serf.name_conflict_resolution);
    ASSERT_EQ(loaded->settings.event_handlers.size(), 2u);
    EXPECT_EQ(loaded->settings.event_handlers[0].command, "handler.sh");
    EXPECT_TRUE(loaded->settings.event_handlers[1].filter.wants("user", "deploy"));
}

TEST(ConfigSources, AnOlderProtocolOfSerfsIsAWarningAndOneThatNeverWasIsRefused) {
    const auto warnings = [](const char* protocol) {
        return load_config({.flags = {flag("protocol", {protocol})}})->warnings;
    };
    EXPECT_THAT(warnings("5"), IsEmpty());
    for (const char* older : {"2", "3", "4"}) {
        EXPECT_THAT(
            warnings(older),
            ElementsAre("--protocol has no effect: version 5 of Serf's protocol is spoken"));
    }
    EXPECT_THAT(warnings("0"), IsEmpty());  // not given
    for (const char* never : {"1", "6"}) {
        EXPECT_EQ(problem({.flags = {flag("protocol", {never})}}),
                  "--protocol: '" + std::string{never} +
                      "' is not allowed; allowed: 2 to 5; always 5 on the wire");
    }
}

// Each with what Serf makes of it.
TEST(ConfigSources, WhatIsTakenOtherwiseThanWrittenIsAWarning) {
    const TestFolder folder;
    const std::string path = folder.write("serf.json", R"({
  "role": "web", "tags": {"role": "db", "dc": "east"},
  "retry_interval": "100ms",
  "broadcast_timeout": "10ms",
  "rejoin_after_leave": true,
  "retry_max_attempts": 2
})");
    const auto loaded = load_config({.paths = {path}});
    ASSERT_TRUE(loaded) << loaded.error();
    EXPECT_THAT(
        loaded->warnings,
        ElementsAre(path + ":2: role 'web' overrides the tag role 'db'",
                    HasSubstr(path + ":5: rejoin_after_leave has no effect without a snapshot"),
                    path + ":3: retry_interval is too short: 1s is used",
                    path + ":4: broadcast_timeout is too short: 1s is used"));
    EXPECT_EQ(loaded->settings.serf.tags, (serf::Tags{{"dc", "east"}, {"role", "web"}}));
    EXPECT_EQ(loaded->settings.retry_interval, 1s);
    EXPECT_EQ(loaded->settings.serf.broadcast_timeout, 1s);
    EXPECT_EQ(loaded->settings.retry_max, 3u) << "the first try, and two more";
}

TEST(ConfigSources, NothingAndZeroAreNotGivenAsWithSerf) {
    const TestFolder folder;
    const std::string path = folder.write("serf.json", R"({
  "discover": "", "statsd_addr": "", "statsite_addr": null, "role": "", "profile": "",
  "log_level": "", "syslog_facility": "", "bind": "", "advertise": "", "rpc_addr": "",
  "retry_interval": "0s", "broadcast_timeout": "0", "reconnect_timeout": "0s",
  "tombstone_timeout": "0s", "retry_max_attempts": 0, "protocol": 0,
  "user_event_size_limit": 0, "query_size_limit": 0, "query_response_size_limit": 0
})");
    const auto loaded = load_config({.paths = {path}});
    ASSERT_TRUE(loaded) << loaded.error();
    EXPECT_THAT(loaded->warnings, IsEmpty());
    const AgentConfig defaults;
    for (const Setting& setting : all_settings()) {
        EXPECT_EQ(value_of(setting, loaded->config), value_of(setting, defaults)) << setting.key;
        EXPECT_FALSE(loaded->origins.contains(&setting)) << setting.key;
    }
    // An earlier source's value stays. Where zero has a meaning here, it is taken.
    const std::string ours =
        folder.write("ours.json", R"({"tombstone_timeout": "1h", "gossip_interval": "0s",
                         "reconnect_interval": "0s"})");
    const auto both = load_config({.paths = {ours, path}});
    ASSERT_TRUE(both) << both.error();
    EXPECT_EQ(both->config.tombstone_timeout, 1h);
    EXPECT_EQ(both->config.gossip_interval, 0s);
    EXPECT_EQ(both->config.reconnect_interval, 0s);
}

TEST(ConfigSources, LaterFilesThenTheEnvironmentThenFlagsWin) {
    const TestFolder folder;
    const std::string first = folder.write(
        "1.json", R"({"node_name": "file-1", "label": "file-1", "profile": "wan", "role": "a"})");
    const std::string second =
        folder.write("2.json", R"({"node_name": "file-2", "label": "file-2", "profile": "local"})");
    const auto loaded = load_config({.paths = {first, second},
                                     .environment = environment({{"ROLLCALL_NODE", "variable"},
                                                                 {"ROLLCALL_LABEL", "variable"}}),
                                     .flags = {flag("label", {"flag"})}});
    ASSERT_TRUE(loaded) << loaded.error();
    EXPECT_EQ(shown(*loaded, "role").from, first + ":1: role");
    EXPECT_EQ(shown(*loaded, "profile").from, second + ":1: profile");
    EXPECT_THAT(shown(*loaded, "node_name").values, ElementsAre("variable"));
    EXPECT_EQ(shown(*loaded, "node_name").from, "$ROLLCALL_NODE");
    EXPECT_THAT(shown(*loaded, "label").values, ElementsAre("flag"));
    EXPECT_EQ(shown(*loaded, "label").from, "--label");
    EXPECT_EQ(shown(*loaded, "bind").from, "default");
    EXPECT_EQ(shown(*loaded, "probe_timeout").from, "profile local");
    EXPECT_THAT(shown(*loaded, "probe_timeout").values, ElementsAre("200ms"));
}

TEST(ConfigSources, ListsGetLongerAndTagsMerge) {
    const TestFolder folder;
    const std::string file = folder.write(
        "1.json", R"({"start_join": ["a"], "tags": {"role": "web", "dc": "east", "x": ""}})");
    const auto loaded = load_config(
        {.paths = {file},
         .environment = environment({{"ROLLCALL_JOIN", "b,c"}, {"ROLLCALL_TAG", "dc=west"}}),
         .flags = {flag("join", {"d"}), flag("tag", {"y=1", "role=db"})}});
    ASSERT_TRUE(loaded) << loaded.error();
    EXPECT_THAT(loaded->config.join, ElementsAre("a", "b", "c", "d"));
    EXPECT_EQ(loaded->config.tags,
              (serf::Tags{{"dc", "west"}, {"role", "db"}, {"x", ""}, {"y", "1"}}));
    EXPECT_EQ(shown(*loaded, "start_join").from, file + ":1: start_join, $ROLLCALL_JOIN, --join");
}

TEST(ConfigSources, ControlAddressesAreATextOrAListAndALaterSourceReplacesAllOfThem) {
    const TestFolder folder;
    const std::string one = folder.write("1.json", R"({"rpc_addr": "127.0.0.1:1"})");
    const std::string two =
        folder.write("2.json", R"({"rpc_addr": ["unix:/run/a", "127.0.0.1:2"]})");
    const auto loaded = [](const ConfigSources& sources) { return *load_config(sources); };
    EXPECT_THAT(loaded({.paths = {one}}).config.rpc_addr, ElementsAre("127.0.0.1:1"));
    EXPECT_EQ(shown(loaded({.paths = {one, two}}), "rpc_addr").from, two + ":1: rpc_addr");
    EXPECT_THAT(loaded({.paths = {one, two}}).config.rpc_addr,
                ElementsAre("unix:/run/a", "127.0.0.1:2"));
    EXPECT_THAT(loaded({.paths = {two, one}}).config.rpc_addr, ElementsAre("127.0.0.1:1"));
    EXPECT_THAT(
        loaded({.paths = {two},
                .environment = environment({{"ROLLCALL_RPC_ADDR", "127.0.0.1:3,unix:/run/b"}})})
            .config.rpc_addr,
        ElementsAre("127.0.0.1:3", "unix:/run/b"));
    const auto by_flags = loaded(
        {.paths = {two}, .flags = {flag("rpc-addr", {"unix:/run/c,unix:/run/d", "127.0.0.1:0"})}});
    EXPECT_THAT(by_flags.config.rpc_addr, ElementsAre("unix:/run/c", "unix:/run/d", "127.0.0.1:0"));
    EXPECT_EQ(by_flags.settings.rpc_addr.size(), 3u);
    EXPECT_EQ(nlohmann::json::parse(effective_json(by_flags))["settings"]["rpc_addr"]["value"],
              nlohmann::json({"unix:/run/c", "unix:/run/d", "127.0.0.1:0"}));
    EXPECT_EQ(problem({.flags = {flag("rpc-addr", {","})}}),
              "--rpc-addr: ',' is not allowed; allowed: one or several, separated by commas");
}

TEST(ConfigSources, ASwitchIsTurnedOffAgainByWhatComesLater) {
    const TestFolder folder;
    const std::string file = folder.write("1.json", R"({"replay_on_join": true})");
    EXPECT_TRUE(load_config({.paths = {file}})->settings.replay);
    EXPECT_FALSE(
        load_config({.paths = {file}, .flags = {flag("replay", {"false"})}})->settings.replay);
}

TEST(ConfigSources, OfAFolderTheJsonFilesCountByNameAndNoDeeper) {
    const TestFolder folder;
    static_cast<void>(folder.write("20.json", R"({"label": "20"})"));
    static_cast<void>(folder.write("10.json", R"({"label": "10", "role": "10"})"));
    static_cast<void>(folder.write("30.txt", "no JSON"));
    static_cast<void>(folder.write("deep.json/40.json", R"({"label": "40"})"));
    const auto loaded = load_config({.paths = {folder.path()}});
    ASSERT_TRUE(loaded) << loaded.error();
    EXPECT_EQ(loaded->config.label, "20");
    EXPECT_EQ(loaded->config.role, "10");
}

TEST(ConfigSources, WhatEditorsLeaveInAFolderIsNoConfiguration) {
    const TestFolder folder;
    static_cast<void>(folder.write("agent.json", R"({"label": "mine"})"));
    // Emacs locks a file by a link to nowhere; macOS keeps attributes beside it; vim and others.
    fs::create_symlink("user@host.4711:1", folder / ".#agent.json");
    for (const char* left :
         {"._agent.json", ".agent.json.swp", ".json", "agent.json~", "#agent.json#",
          "agent.json.bak", "agent.json.new", "..data/agent.json"}) {
        static_cast<void>(folder.write(left, "no JSON"));
    }
    const auto loaded = load_config({.paths = {folder.path()}});
    ASSERT_TRUE(loaded) << loaded.error();
    EXPECT_EQ(loaded->config.label, "mine");
    // Named as such it is what was meant.
    static_cast<void>(folder.write(".hidden.json", R"({"label": "hidden"})"));
    EXPECT_EQ(load_config({.paths = {folder / ".hidden.json"}})->config.label, "hidden");
}

TEST(ConfigSources, AnEmptyVariableThatIsNoSecretIsAsGoodAsNone) {
    const auto loaded =
        load_config({.environment = environment({{"ROLLCALL_LABEL", ""}, {"ROLLCALL_JOIN", ""}})});
    ASSERT_TRUE(loaded) << loaded.error();
    EXPECT_EQ(shown(*loaded, "label").from, "default");
    EXPECT_THAT(loaded->config.join, IsEmpty());
}

// A switch of the profile is on or off by itself, unless a source says otherwise.
TEST(ConfigSources, SwitchesOfTheProfileHaveThreeSourcesAndAName) {
    const TestFolder folder;
    const std::string path = folder.write(
        "fast.json", R"({"profile": "fast", "ring_watch": false, "detection_span": "2s"})");
    const auto loaded =
        load_config({.paths = {path},
                     .environment = environment({{"ROLLCALL_FAST_VERDICTS", "true"},
                                                 {"ROLLCALL_DETECTION_SPAN", "2500ms"}}),
                     .flags = {flag("fast-verdicts", {"false"})}});
    ASSERT_TRUE(loaded) << loaded.error();
    const membership::Config& core = loaded->settings.serf.membership;
    EXPECT_FALSE(core.fast_verdicts);
    EXPECT_FALSE(core.ring_watch);
    EXPECT_EQ(core.detection_span, 2500ms);
    EXPECT_EQ(core.probe_interval, membership::Config::fast().probe_interval);
    EXPECT_THAT(loaded->warnings, ElementsAre("$ROLLCALL_DETECTION_SPAN has no effect while "
                                              "fast_verdicts is off"));
    EXPECT_EQ(shown(*loaded, "fast_verdicts").from, "--fast-verdicts");
    EXPECT_EQ(shown(*loaded, "ring_watch").from, path + ":1: ring_watch");
    EXPECT_EQ(shown(*loaded, "detection_span").from, "$ROLLCALL_DETECTION_SPAN");
    const auto json = nlohmann::json::parse(effective_json(*loaded))["settings"];
    EXPECT_EQ(json["ring_watch"]["value"], false);

    const auto plain = load_config({.flags = {flag("profile", {"fast"})}});
    ASSERT_TRUE(plain) << plain.error();
    EXPECT_THAT(plain->warnings, IsEmpty());
    EXPECT_THAT(shown(*plain, "fast_verdicts").values, ElementsAre("true"));
    EXPECT_EQ(shown(*plain, "fast_verdicts").from, "profile fast");
    const auto by_profile = nlohmann::json::parse(effective_json(*plain))["settings"];
    EXPECT_EQ(by_profile["ring_watch"]["value"], true);
    EXPECT_EQ(by_profile["detection_span"]["value"], "1s500ms");
}

TEST(ConfigSources, KeysAndTokensAreNeverShown) {
    const std::string path = ROLLCALL_SOURCE_DIR "/tests/agent/config/good/everything.json";
    const auto loaded = load_config({.paths = {path}});
    ASSERT_TRUE(loaded) << loaded.error();
    for (const std::string& text : {effective_text(*loaded), effective_json(*loaded)}) {
        EXPECT_THAT(text, testing::Not(HasSubstr("AAECAwQF")));
        EXPECT_THAT(text, testing::Not(HasSubstr("secret")));
        EXPECT_THAT(text, HasSubstr("********"));
    }
}

TEST(ConfigSources, TheEffectiveConfigurationInJsonHasTypes) {
    const std::string path = ROLLCALL_SOURCE_DIR "/tests/agent/config/good/everything.json";
    const auto loaded = load_config({.paths = {path}});
    ASSERT_TRUE(loaded) << loaded.error();
    const auto json = nlohmann::json::parse(effective_json(*loaded))["settings"];
    EXPECT_EQ(json["retry_max_attempts"]["value"], 5);
    EXPECT_EQ(json["replay_on_join"]["value"], true);
    EXPECT_EQ(json["retry_interval"]["value"], "1m30s");
    EXPECT_EQ(json["start_join"]["value"], nlohmann::json::array());
    EXPECT_EQ(json["tags"]["value"], (nlohmann::json{{"dc", "berlin"}, {"rack", "12"}}));
    EXPECT_EQ(json["tags"]["from"], path + ":5: tags");
    EXPECT_EQ(json.size(), all_settings().size());
}

}  // namespace
}  // namespace rollcall::agent

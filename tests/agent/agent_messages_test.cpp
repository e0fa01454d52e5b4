// SPDX-License-Identifier: Apache-2.0
//
// Agents that speak to each other through the control protocol: events, questions and keys; and who
// keeps a name.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <set>

#include "agent/control/rpc_world.h"
#include "agent/files/keyring_file.h"
#include "agent/running_agents.h"
#include "support/test_folder.h"

namespace rollcall::agent::tests {
namespace {

using rollcall::tests::whole_file;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::UnorderedElementsAre;

class AgentsWithMessages : public Agents {
protected:
    RunningAgent& start_joined(AgentConfig wanted, const RunningAgent& through) {
        wanted.join = {gossip(through)};
        RunningAgent& agent = start(wanted);
        EXPECT_TRUE(
            sees(agent, through.control().stats().at("agent").at("name"), serf::Status::alive));
        return agent;
    }
    // Runs agents and client together.
    bool until_heard(RawClient& client, const std::function<bool()>& condition) {
        return until([&] {
            client.step();
            return condition();
        });
    }
    bool gets(RawClient& client, std::size_t objects) {
        return until_heard(client, [&] { return client.objects().size() >= objects; });
    }
};

TEST_F(AgentsWithMessages, AQuestionOfOneIsAnsweredByAClientOfTheOther) {
    RunningAgent& asker = start(config("n1"));
    const RunningAgent& other = start_joined(config("n2"), asker);
    ASSERT_TRUE(sees(asker, "n2", serf::Status::alive));
    RawClient client{rpc(other)};
    client.handshake();
    client.command("stream", 2, rpc::StreamRequest{.type = "query:ask"});
    ASSERT_TRUE(gets(client, 2));

    std::vector<rpc::AnswerRecord> heard;
    const rpc::QueryRequest question{.request_ack = true,
                                     .timeout = 3'000'000'000,
                                     .name = "ask",
                                     .payload = to_payload(as_bytes("what?"))};
    ASSERT_TRUE(asker.control().query(
        question, [&](const rpc::AnswerRecord& record) { heard.push_back(record); }));
    ASSERT_TRUE(gets(client, 4));
    EXPECT_EQ(client.objects()[3]["Name"], "ask");
    client.command("respond", 3,
                   rpc::RespondRequest{client.objects()[3]["ID"], to_payload(as_bytes("42"))});
    ASSERT_TRUE(until_heard(client, [&] { return !heard.empty() && heard.back().type == "done"; }));
    std::multiset<std::string> said;
    for (const auto& record : heard) {
        said.insert(record.type + " " + record.from + " " +
                    std::string{record.payload ? as_text(*record.payload) : ""});
    }
    EXPECT_EQ(said, (std::multiset<std::string>{"ack n1 ", "ack n2 ", "done  ", "response n2 42"}));
}

TEST_F(AgentsWithMessages, LimitsAreTheOperatorsToSet) {
    AgentConfig wanted = config("n1");
    wanted.user_event_size_limit = 700;
    wanted.query_size_limit = 500;
    wanted.disable_coordinates = true;
    RunningAgent& set = start(wanted);
    RunningAgent& by_default = start(config("n2"));
    const std::string long_text(600, 'x');
    EXPECT_EQ(set.control().user_event("e", as_bytes(long_text), false), "");
    EXPECT_THAT(by_default.control().user_event("e", as_bytes(long_text), false), HasSubstr("512"));
    const rpc::QueryRequest question{.name = "q", .payload = to_payload(as_bytes(long_text))};
    const auto nobody = [](const rpc::AnswerRecord&) {};
    const auto refused = set.control().query(question, nobody);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error(), "query exceeds limit of 500 bytes");
    EXPECT_TRUE(by_default.control().query(question, nobody));
    EXPECT_FALSE(set.control().coordinate_of("n1")->has_value());
    EXPECT_TRUE(by_default.control().coordinate_of("n2")->has_value());
}

TEST_F(AgentsWithMessages, AnEventReachesTheClientsOfAllAgents) {
    RunningAgent& first = start(config("n1"));
    RunningAgent& second = start_joined(config("n2"), first);
    RawClient client{rpc(first)};
    client.handshake();
    client.command("stream", 2, rpc::StreamRequest{.type = "user"});
    ASSERT_TRUE(gets(client, 2));
    EXPECT_EQ(second.control().user_event("deploy", as_bytes("v1"), false), "");
    ASSERT_TRUE(gets(client, 4));
    EXPECT_EQ(client.objects()[3]["Name"], "deploy");
    EXPECT_EQ(client.objects()[3]["Payload"]["$bin"], "7631");
    EXPECT_THAT(second.control().user_event("big", Bytes{std::vector<std::byte>(600)}, false),
                HasSubstr("512 bytes before encoding"));
}

// Of those that may be told as one only the newest is, and after a while.
TEST_F(AgentsWithMessages, CoalescedEventsAreDeliveredAsOne) {
    RunningAgent& agent = start(config("n1"));
    RawClient client{rpc(agent)};
    client.handshake();
    client.command("stream", 2, rpc::StreamRequest{.type = "user"});
    ASSERT_TRUE(gets(client, 2));
    for (const char* payload : {"1", "2", "3"}) {
        EXPECT_EQ(agent.control().user_event("tick", as_bytes(payload), true), "");
    }
    EXPECT_EQ(agent.control().user_event("now", {}, false), "");
    ASSERT_TRUE(gets(client, 6));
    EXPECT_EQ(client.objects()[3]["Name"], "now");
    EXPECT_EQ(client.objects()[5]["Name"], "tick");
    EXPECT_EQ(client.objects()[5]["Payload"]["$bin"], "33");
}

TEST_F(AgentsWithMessages, ANegativeTimeoutIsRefusedWithWhatIsAllowed) {
    RunningAgent& agent = start(config("n1"));
    const auto refused = agent.control().query({.timeout = -5, .name = "q"}, [](const auto&) {});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error(), "query timeout must be from 0 to 86400 seconds");
}

// --- keys ----------------------------------------------------------------------------------------

class AgentsWithKeys : public AgentsWithMessages {
protected:
    AgentConfig keyed(const std::string& name) {
        AgentConfig wanted = config(name);
        wanted.keyring_file = folder_.write(name + ".json", R"(["AAECAwQFBgcICQoLDA0ODw=="])");
        return wanted;
    }
    std::string file_of(const std::string& name) const { return folder_ / (name + ".json"); }
    std::pair<std::string, serf::KeyCommandFinished> change(RunningAgent& agent,
                                                            serf::KeyCommand command,
                                                            const std::string& key) {
        std::optional<std::pair<std::string, serf::KeyCommandFinished>> said;
        agent.control().change_keys(
            command, key, [&](const std::string& error, const serf::KeyCommandFinished& end) {
                said.emplace(error, end);
            });
        EXPECT_TRUE(until([&] { return said.has_value(); }));
        return said.value_or(std::pair{std::string{"no answer"}, serf::KeyCommandFinished{}});
    }

    const rollcall::tests::TestFolder folder_;
    const std::string new_key_ = "EBESExQVFhcYGRobHB0eHw==";
};

TEST_F(AgentsWithKeys, TheFilesHoldWhatTheKeyringsHoldOnceItIsAnswered) {
    RunningAgent& first = start(keyed("n1"));
    start_joined(keyed("n2"), first);
    ASSERT_TRUE(sees(first, "n2", serf::Status::alive));
    EXPECT_EQ(change(first, serf::KeyCommand::install, new_key_).first, "");
    EXPECT_EQ(change(first, serf::KeyCommand::use, new_key_).first, "");
    for (const char* name : {"n1", "n2"}) {
        EXPECT_EQ(whole_file(file_of(name)),
                  "[\n  \"EBESExQVFhcYGRobHB0eHw==\",\n  \"AAECAwQFBgcICQoLDA0ODw==\"\n]\n");
        struct stat status {};
        ASSERT_EQ(::stat(file_of(name).c_str(), &status), 0);
        EXPECT_EQ(status.st_mode & 0777, 0600u);
    }
    // Nothing is left beside them.
    EXPECT_THAT(folder_.names(), UnorderedElementsAre("n1.json", "n2.json"));
    const auto [error, said] = change(first, serf::KeyCommand::list, "");
    EXPECT_EQ(error, "");
    EXPECT_EQ(said.key_counts().at(new_key_), 2u);
    EXPECT_EQ(said.primary_counts().at(new_key_), 2u);
}

TEST_F(AgentsWithKeys, AFileThatCannotBeWrittenFailsTheCommandWithTheReason) {
    RunningAgent& agent = start(keyed("n1"));
    std::filesystem::remove_all(folder_.path());
    const auto [error, said] = change(agent, serf::KeyCommand::install, new_key_);
    EXPECT_EQ(error, "1/1 nodes reported failure");
    ASSERT_THAT(said.answers, SizeIs(1));
    EXPECT_THAT(said.answers[0].message, HasSubstr("No such file or directory"));
}

TEST_F(AgentsWithKeys, BadBase64IsAnErrorWithItsPositionAndNoMemberIsAsked) {
    RunningAgent& agent = start(keyed("n1"));
    const auto [error, said] = change(agent, serf::KeyCommand::install, "not-base64!");
    EXPECT_EQ(error, "illegal base64 data at input byte 3");
    EXPECT_EQ(said.nodes, 0u);
    EXPECT_EQ(whole_file(file_of("n1")), R"(["AAECAwQFBgcICQoLDA0ODw=="])");
}

TEST_F(AgentsWithKeys, AKeyringReadsBackAsItWasWritten) {
    RunningAgent& agent = start(keyed("n1"));
    EXPECT_EQ(change(agent, serf::KeyCommand::install, new_key_).first, "");
    const auto read = load_keyring(file_of("n1"));
    ASSERT_TRUE(read);
    EXPECT_EQ(read->keys().size(), 2u);
}

// --- names ---------------------------------------------------------------------------------------

TEST_F(AgentsWithMessages, AnAgentWithATakenNameEndsWithTheReason) {
    RunningAgent& first = start(config("n1"));
    RunningAgent& second = start_joined(config("n2"), first);
    start_joined(config("n3"), first);
    ASSERT_TRUE(sees(second, "n3", serf::Status::alive));
    AgentConfig rival = config("n1");
    rival.join = {gossip(second)};
    const RunningAgent& late = start(rival);
    ASSERT_TRUE(until([&] { return late.ended(); }));
    EXPECT_EQ(late.exit_code(), 1);
    EXPECT_THAT(late.end_reason(), HasSubstr("another node has the name 'n1'"));
    EXPECT_FALSE(first.ended());
    EXPECT_EQ(status(second, "n1"), serf::Status::alive);
}

}  // namespace
}  // namespace rollcall::agent::tests

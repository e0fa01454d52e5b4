// SPDX-License-Identifier: Apache-2.0
//
// Conversations with Serf that a whole agent of ours ends otherwise, on purpose: what the client
// sent then is sent again, and this is what it hears (docs/rpc.md, "Where ours differs").
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/control/rpc_recordings.h"
#include "agent/control/rpc_replay.h"
#include "agent/control/rpc_world.h"
#include "agent/running_agents.h"

namespace rollcall::agent::tests {
namespace {

using testing::ElementsAre;
using testing::UnorderedElementsAre;

class RpcDiffersOnPurpose : public Agents {
protected:
    // All that an agent says to what this client sent, until the connection ends.
    std::vector<Json> hears(const std::string& name, const std::string& token = "") {
        AgentConfig wanted = config("n1");
        wanted.rpc_auth = token;
        RawClient client{rpc(start(wanted))};
        for (const Json& line : recorded(name).lines) {
            if (!from_client(line)) continue;
            client.send(as_text(rollcall::tests::from_hex(line["hex"].get<std::string>())));
        }
        client.half_close();
        EXPECT_TRUE(until([&] {
            client.step();
            return client.closed();
        }));
        return {client.objects().begin(), client.objects().end()};
    }
};

TEST_F(RpcDiffersOnPurpose, ANegativeTimeoutIsRefusedAndNoQueryIsSent) {
    EXPECT_THAT(hears("lenient-query-negative-timeout"),
                ElementsAre(reply(1), reply(2, "query timeout must be from 0 to 86400 seconds")));
}

TEST_F(RpcDiffersOnPurpose, BytesWhereTextIsMeantAreTextInsteadOfTheEnd) {
    EXPECT_THAT(hears("lenient-string-as-bin"), ElementsAre(reply(1), reply(2)));
}

TEST_F(RpcDiffersOnPurpose, BytesForTheNameOfALaterEventAreTextToo) {
    EXPECT_THAT(hears("raw-lenient-decoding"), ElementsAre(reply(1), reply(2), reply(3)));
}

TEST_F(RpcDiffersOnPurpose, AHeaderWithoutACommandIsNotTheOneBefore) {
    EXPECT_THAT(hears("raw-lowercase-keys"),
                ElementsAre(reply(1), reply(0, "Unsupported command")));
}

TEST_F(RpcDiffersOnPurpose, TheBodyOfARefusedCommandIsPassedOverInsteadOfRefused) {
    EXPECT_THAT(hears("auth-missing", "sekret"),
                ElementsAre(reply(1), reply(2, "Authentication required")));
}

TEST_F(RpcDiffersOnPurpose, AfterARefusedBodyTheNextCommandIsUnderstood) {
    const auto heard = hears("raw-auth-flow", "sekret");
    ASSERT_EQ(heard.size(), 6u);
    EXPECT_EQ(heard[1], reply(2, "Authentication required"));
    EXPECT_EQ(heard[2], reply(3, "Invalid authentication token"));
    EXPECT_EQ(heard[3], reply(4));
    EXPECT_EQ(heard[4], reply(5));
    EXPECT_EQ(heard[5]["agent"]["name"], "n1");
}

// Not one that is not above.
TEST(RpcDifferences, AreTheseAndNoOthers) {
    std::vector<std::string> found;
    const auto files = rpc_files();
    for (const Json& entry : files.front().entries) {
        if (!is_conversation(entry)) continue;
        const Conversation said = conversation_of(entry);
        if (!replay(said).on_purpose.empty()) found.push_back(said.name);
    }
    EXPECT_THAT(found, UnorderedElementsAre("lenient-query-negative-timeout",
                                            "lenient-string-as-bin", "raw-lenient-decoding",
                                            "raw-lowercase-keys", "auth-missing", "raw-auth-flow"));
}

}  // namespace
}  // namespace rollcall::agent::tests

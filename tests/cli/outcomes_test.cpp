// SPDX-License-Identifier: Apache-2.0
//
// Commands that did not do what was meant say so, and their exit code does: filters that nothing
// can match, members that are not there, keys that are none, joins that failed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/captured.h"
#include "cli/conversation.h"
#include "rpc/messages.h"
#include "support/test_folder.h"

namespace rollcall::cli {
namespace {

namespace rpc = agent::rpc;
using ::testing::AllOf;
using testing::Conversation;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::run;
using ::testing::StartsWith;

constexpr const char* kGoodKey = "AAECAwQFBgcICQoLDA0ODw==";

rpc::Member member(std::string name, std::string status) {
    return {.name = std::move(name),
            .addr = WireAddress::v4(127, 0, 0, 1),
            .port = 1,
            .status = std::move(status)};
}

testing::Outcome ask(Conversation conversation, std::vector<std::string> line) {
    return conversation.run(std::move(line));
}

// --- filters, which are judged before an agent is asked
// --------------------------------------------

TEST(MemberFilters, AStatusThatNoMemberCanHaveIsRefusedWithThoseThereAre) {
    for (const char* status : {"up", "Alive", "dead", "aliv", "none", "alive,left"}) {
        const auto outcome = run({"members", "--rpc-addr", "127.0.0.1:1", "--status", status});
        EXPECT_EQ(outcome.exit, kExitError) << status;
        EXPECT_EQ(outcome.out, "");
        EXPECT_THAT(outcome.err, HasSubstr("--status: '" + std::string{status} +
                                           "' matches no status; allowed: alive, leaving, left, "
                                           "failed"));
    }
    for (const char* status : {"alive", "failed|left", "a.*", "^(left|failed)$"}) {
        const auto outcome = run({"members", "--rpc-addr", "127.0.0.1:1", "--status", status});
        EXPECT_THAT(outcome.err, StartsWith("Error connecting")) << status;
    }
}

TEST(MemberFilters, AnInvalidExpressionIsNamedWithItsFlag) {
    EXPECT_THAT(run({"members", "--rpc-addr", "127.0.0.1:1", "--name", "["}).err,
                HasSubstr("--name: '[' is not a regular expression: missing ]"));
    EXPECT_THAT(run({"members", "--rpc-addr", "127.0.0.1:1", "--tag", "dc=("}).err,
                HasSubstr("--tag dc: '(' is not a regular expression: missing )"));
}

// --- force-leave
// -----------------------------------------------------------------------------------

TEST(ForceLeave, PrintsTheStateBeforeAndAfter) {
    const auto outcome = ask(Conversation{}
                                 .lists({member("a", "alive"), member("b", "failed")})
                                 .takes(true)
                                 .lists({member("a", "alive"), member("b", "left")}),
                             {"force-leave", "b"});
    EXPECT_EQ(outcome.exit, kExitOk) << outcome.err;
    EXPECT_EQ(outcome.out, "b: failed -> left\n");
}

TEST(ForceLeave, APrunedMemberIsForgotten) {
    const auto outcome = ask(Conversation{}
                                 .lists({member("a", "alive"), member("b", "left")})
                                 .takes(true)
                                 .lists({member("a", "alive")}),
                             {"force-leave", "--prune", "b", "--format", "json"});
    EXPECT_EQ(outcome.exit, kExitOk) << outcome.err;
    EXPECT_EQ(outcome.out, "{\"node\":\"b\",\"before\":\"left\",\"after\":\"forgotten\"}\n");
}

TEST(ForceLeave, AnUnknownNameIsAnErrorAndNothingIsAsked) {
    const auto outcome = ask(Conversation{}.lists({member("a", "alive"), member("web1", "failed")}),
                             {"force-leave", "wbe1"});
    EXPECT_EQ(outcome.exit, kExitError);
    EXPECT_THAT(outcome.err, StartsWith("Error force leaving: the agent knows no member named "
                                        "'wbe1'\nhint: did you mean 'web1'?"));
}

TEST(ForceLeave, ARefutationOfALiveMemberIsReported) {
    const auto outcome = ask(Conversation{}
                                 .lists({member("a", "alive"), member("b", "alive")})
                                 .takes(true)
                                 .lists({member("a", "alive"), member("b", "leaving")}),
                             {"force-leave", "b"});
    EXPECT_EQ(outcome.exit, kExitError);
    EXPECT_THAT(outcome.err, StartsWith("Error force leaving: b is alive and will refute this\n"));
}

// --- join
// ------------------------------------------------------------------------------------------

TEST(Join, AFailureIsOneLineInOurForm) {
    const auto outcome =
        ask(Conversation{}.joined(
                0,
                "1 error occurred:\n\t* Failed to join 10.0.0.1: db1:7946 (10.0.0.1:7946): "
                "connection refused\n\n"),
            {"join", "db1"});
    EXPECT_EQ(outcome.exit, kExitError);
    EXPECT_EQ(outcome.err,
              "Error joining the cluster: db1:7946 (10.0.0.1:7946): connection refused\n");
}

TEST(Join, SeveralFailuresAreALineEachAndAPeerThatHangsUpComesWithAHint) {
    const auto outcome = ask(
        Conversation{}.joined(
            0,
            "2 errors occurred:\n\t* Failed to resolve x: unknown host\n\t* Failed to join "
            "10.0.0.1: "
            "10.0.0.1:7946: the peer closed the connection without an answer: does it have another "
            "label or encryption key?\n\n"),
        {"join", "x", "10.0.0.1"});
    EXPECT_THAT(outcome.err,
                StartsWith("Error joining the cluster: none of 2 addresses answered\n"
                           "  Failed to resolve x: unknown host\n  10.0.0.1:7946: the peer"));
    EXPECT_THAT(outcome.err, HasSubstr("\nhint: compare 'label' and 'key_fingerprint'"));
}

TEST(Join, ReachingOnlyItselfIsNoSuccess) {
    const auto outcome =
        ask(Conversation{}.joined(1).lists({member("a", "alive")}), {"join", "127.0.0.1:1"});
    EXPECT_EQ(outcome.exit, kExitError);
    EXPECT_THAT(outcome.err, StartsWith("Error joining the cluster: the agent has reached only "
                                        "itself\n"));
}

// --- keys
// ------------------------------------------------------------------------------------------

TEST(Keys, AKeyThatIsNoneIsRefusedBeforeAnAgentIsAskedAndNeverRepeated) {
    const std::string key = kGoodKey;
    const std::pair<std::string, std::string> bad[] = {{"abc", "the key is not base64"},
                                                       {"c2VjcmV0", "the key has 6 bytes"},
                                                       {key + "\n", "the key ends with a newline"},
                                                       {" " + key, "the key begins with a blank"}};
    for (const auto& [text, why] : bad) {
        for (const auto& [action, what] : {std::pair{"install", "Error installing key: "},
                                           {"use", "Error changing primary key: "},
                                           {"remove", "Error removing key: "},
                                           {"rotate", "Error rotating keys: "}}) {
            const auto outcome = run({"keys", action, text, "--rpc-addr", "127.0.0.1:1"});
            EXPECT_EQ(outcome.exit, kExitError);
            EXPECT_EQ(outcome.out, "");
            EXPECT_THAT(outcome.err, StartsWith(what + why +
                                                "\nhint: a key is base64 of 16, 24 or "
                                                "32 bytes"));
            if (text.size() > 4) {
                EXPECT_THAT(outcome.err, Not(HasSubstr(text)));
            }
        }
    }
}

TEST(Keys, AnArgumentThatMayBeAKeyIsNotRepeated) {
    for (const std::vector<std::string>& line :
         {std::vector<std::string>{"keys", kGoodKey},
          std::vector<std::string>{"keys", "install", "x", kGoodKey}}) {
        const auto outcome = run(line);
        EXPECT_EQ(outcome.exit, kExitError);
        EXPECT_THAT(outcome.err, StartsWith("Error: "));
        EXPECT_THAT(outcome.err, Not(HasSubstr(kGoodKey)));
    }
}

TEST(Keys, AnUnreachableAgentIsAnErrorBeforeAKeyIsMade) {
    const auto outcome = run({"keys", "rotate", "--rpc-addr", "127.0.0.1:1"});
    EXPECT_EQ(outcome.exit, kExitError);
    EXPECT_EQ(outcome.out, "");
}

TEST(Keygen, ShowsTheFingerprintToAPersonOnly) {
    EXPECT_EQ(run({"keygen"}).err, "");
    EXPECT_THAT(run({"keygen"}, {.terminal = true}).err, StartsWith("fingerprint: "));
}

// --- the token
// -------------------------------------------------------------------------------------

TEST(Token, ALineBreakInItIsNamed) {
    const auto outcome = run({"info", "--rpc-addr", "127.0.0.1:1", "--rpc-auth", "sekret\n"});
    EXPECT_EQ(outcome.exit, kExitError);
    EXPECT_THAT(outcome.err,
                StartsWith("Error connecting to agent: the token ends with a newline\nhint: "));
    EXPECT_THAT(outcome.err, Not(HasSubstr("sekret")));
}

TEST(Token, OneInAFileIsReadWithoutTheLineEndAfterIt) {
    const rollcall::tests::TestFolder folder;
    const std::string file = folder.write("token", "sekret\n\n");
    EXPECT_THAT(run({"info", "--rpc-addr", "127.0.0.1:1", "--rpc-auth-file", file}).err,
                StartsWith("Error connecting to agent: the token ends with a newline\n"))
        << "one line end, not two";
    const std::string missing = folder / "missing";
    EXPECT_THAT(run({"info", "--rpc-auth-file", missing}).err,
                StartsWith("Error connecting to agent: the file of the token, '" + missing +
                           "', cannot be read: No such file or directory"));
    EXPECT_THAT(run({"info", "--rpc-auth-file", folder.write("empty", "\n")}).err,
                HasSubstr("is empty"));
    EXPECT_THAT(run({"info", "--rpc-auth-file", folder.write("large", std::string(5000, 'x'))}).err,
                AllOf(HasSubstr("larger than 4 KiB"), Not(HasSubstr("xx"))));
}

TEST(Token, ItIsGivenOnce) {
    const rollcall::tests::TestFolder folder;
    const std::string file = folder.write("token", "sekret");
    const auto outcome = run({"info", "--rpc-auth", "other", "--rpc-auth-file", file});
    EXPECT_THAT(outcome.err, StartsWith("Error connecting to agent: two tokens\nhint: give one of "
                                        "--rpc-auth and --rpc-auth-file"));
    EXPECT_THAT(outcome.err, Not(HasSubstr("other")));
}

// --- commands of other programs
// ----------------------------------------------------------------------

TEST(UnknownCommand, OfOtherProgramsAreAnsweredWithOurs) {
    EXPECT_THAT(
        run({"status"}).err,
        HasSubstr("hint: did you mean 'members' (of the cluster) or 'info' (of this agent)?\n"));
    EXPECT_THAT(run({"peers"}).err, HasSubstr("hint: did you mean 'members'?\n"));
    EXPECT_THAT(run({"memebrs"}).err, HasSubstr("hint: did you mean 'members'?\n"));
    EXPECT_THAT(run({"reboot"}).err, Not(HasSubstr("hint: did you mean")));
}

}  // namespace
}  // namespace rollcall::cli

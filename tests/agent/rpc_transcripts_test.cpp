// SPDX-License-Identifier: Apache-2.0
//
// Conversations recorded with a real Serf agent, held again with ours: the client's bytes are sent
// as they were, and our answers must mean what Serf's meant, object by object.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <set>

#include "agent/rpc_world.h"

namespace rollcall::agent::tests {
namespace {

const std::set<std::string> kOffered{"handshake", "auth",   "members",       "members-filtered",
                                     "join",      "leave",  "force-leave",   "stats",
                                     "tags",      "nosuch", "get-coordinate"};

struct Conversation {
    std::string name;
    Json lines;  // {dir, hex, decoded}
};

bool from_client(const Json& line) {
    return line["dir"] == "client->agent";
}
bool is_header(const Json& object, const char* key) {
    return object.is_object() && object.contains(key) && object.contains("Seq");
}

std::vector<Conversation> conversations() {
    std::vector<Conversation> found;
    for (const auto& file : rollcall::tests::vector_files()) {
        if (file.name.find("serf_rpc") == std::string::npos) continue;
        for (const Json& entry : file.content) {
            if (!entry.contains("transcript") || entry["transcript"].empty()) continue;
            bool offered = false;
            bool all_offered = true;
            for (const Json& line : entry["transcript"]) {
                if (!from_client(line)) continue;
                const Json& object = line["decoded"];
                std::string command;
                if (object.is_array()) command = object[0];
                if (is_header(object, "Command")) command = object["Command"];
                // Serf takes "command" for an unknown key and repeats the last one; we do not.
                if (object.is_object() && object.contains("command")) all_offered = false;
                if (command.empty()) continue;
                offered = true;
                all_offered = all_offered && kOffered.contains(command);
            }
            if (offered && all_offered && entry["name"] != "raw-stream-member-reap") {
                found.push_back({entry["name"], entry["transcript"]});
            }
        }
    }
    return found;
}

serf::Status status_of(const std::string& text) {
    for (const auto status :
         {serf::Status::alive, serf::Status::leaving, serf::Status::left, serf::Status::failed}) {
        if (to_string(status) == text) return status;
    }
    return serf::Status::none;
}

serf::MemberRecord record_of(const Json& m) {
    const auto address = rollcall::tests::from_hex(m["Addr"]["$bin"].get<std::string>());
    return {.name = m["Name"],
            .address = *WireAddress::from_bytes(address),
            .port = m["Port"],
            .tags = m["Tags"].get<serf::Tags>(),
            .status = status_of(m["Status"]),
            .versions = {m["ProtocolMin"], m["ProtocolMax"], m["ProtocolCur"], m["DelegateMin"],
                         m["DelegateMax"], m["DelegateCur"]}};
}

Json sorted(Json object) {
    if (object.is_object() && object.contains("Members")) {
        std::sort(object["Members"].begin(), object["Members"].end(),
                  [](const Json& a, const Json& b) { return a["Name"] < b["Name"]; });
    }
    return object;
}

serf::Coordinate place_of(const Json& told) {
    return {.vec = told["Vec"].get<std::array<double, serf::kDimensions>>(),
            .error = told["Error"],
            .adjustment = told["Adjustment"],
            .height = told["Height"]};
}

// Our agent answers as Serf's did at this line.
void prepare(ScriptedAgent& agent, const Json& asked, const Json& line, const Json& next) {
    const Json& header = line["decoded"];
    agent.error = header["Error"];
    if (!next.is_object() || !next.contains("decoded")) return;
    const Json& body = next["decoded"];
    if (body.contains("Coord") && asked.contains("Node")) {
        agent.places.clear();
        if (body["Ok"]) agent.places[asked["Node"]] = place_of(body["Coord"]);
    }
    if (body.contains("Num")) agent.contacted = body["Num"];
    if (body.contains("serf")) agent.numbers = body.get<rpc::Stats>();
    if (body.contains("Members")) {
        agent.all.clear();
        for (const Json& m : body["Members"]) agent.all.push_back(record_of(m));
    }
}

class RpcTranscript : public testing::TestWithParam<Conversation> {};

TEST_P(RpcTranscript, OursMeansWhatSerfMeant) {
    const Conversation& said = GetParam();
    const bool with_token = said.name.find("auth") != std::string::npos &&
                            said.name != "raw-auth-without-key-configured";
    RpcWorld world{{}, with_token ? "sekret" : ""};
    RawClient& client = world.connect();
    Json previous;
    for (std::size_t i = 0; i < said.lines.size(); ++i) {
        const Json& line = said.lines[i];
        if (from_client(line)) {
            // What the recorded agent answers next decides how the scripted one does.
            for (std::size_t j = i + 1; j < said.lines.size(); ++j) {
                if (from_client(said.lines[j])) continue;
                prepare(world.agent, line["decoded"], said.lines[j],
                        j + 1 < said.lines.size() ? said.lines[j + 1] : Json{});
                break;
            }
            const auto bytes = rollcall::tests::from_hex(line["hex"].get<std::string>());
            client.send(as_text(bytes));
            continue;
        }
        const Json& expected = line["decoded"];
        // Serf takes the body of a refused command for a header, and refuses it once more.
        if (expected == previous && expected.contains("Error") &&
            expected["Error"] == "Authentication required") {
            continue;
        }
        previous = expected;
        EXPECT_EQ(sorted(world.object(client)), sorted(expected)) << said.name << ", line " << i;
    }
    client.half_close();
    ASSERT_TRUE(world.closes(client));
    EXPECT_TRUE(client.objects().empty()) << client.objects().front();
}

std::string name_of(const testing::TestParamInfo<Conversation>& test) {
    std::string name = test.param.name;
    for (char& c : name) {
        if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
    }
    return name;
}
INSTANTIATE_TEST_SUITE_P(Recorded, RpcTranscript, testing::ValuesIn(conversations()), name_of);

TEST(RpcTranscripts, AreThereAtAll) {
    EXPECT_GE(conversations().size(), 50u);
}

// The records of a stream as Serf wrote them.
TEST(RpcTranscripts, MemberEventsEqualSerfsByteForByte) {
    std::size_t compared = 0;
    for (const auto& file : rollcall::tests::vector_files()) {
        if (file.name.find("serf_rpc") == std::string::npos) continue;
        for (const Json& entry : file.content) {
            if (!entry.contains("transcript")) continue;
            for (const Json& line : entry["transcript"]) {
                const Json& object = line["decoded"];
                if (from_client(line) || !object.contains("Event") || !object.contains("Members") ||
                    object["Members"].size() != 1 || object["Members"][0]["Tags"].size() > 1) {
                    continue;  // Serf's maps have no order
                }
                const auto record = record_of(object["Members"][0]);
                const std::string ours = rpc::encode(
                    rpc::MemberEventRecord{.event = object["Event"], .members = {to_rpc(record)}});
                EXPECT_EQ(rollcall::tests::to_hex(as_bytes(ours)), line["hex"])
                    << entry["name"] << object;
                ++compared;
            }
        }
    }
    EXPECT_GE(compared, 3u);
}

}  // namespace
}  // namespace rollcall::agent::tests

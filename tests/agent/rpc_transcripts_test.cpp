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
#include <span>

#include "agent/rpc_world.h"

namespace rollcall::agent::tests {
namespace {

const std::set<std::string> kOffered{
    "handshake", "auth",        "members", "members-filtered", "join",      "leave", "force-leave",
    "stats",     "tags",        "nosuch",  "get-coordinate",   "event",     "query", "respond",
    "stream",    "install-key", "use-key", "remove-key",       "list-keys", "stop"};
// Ours differs, and says so: it refuses a negative timeout (Serf sends empty records), and takes
// bytes where text is meant, as newer Serfs do.
const std::set<std::string> kDifferent{"raw-stream-member-reap", "lenient-query-negative-timeout",
                                       "lenient-string-as-bin", "raw-lenient-decoding"};

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
                if (object.is_array() && object.size() == 2) command = object[0];
                if (is_header(object, "Command")) command = object["Command"];
                // Serf takes "command" for an unknown key and repeats the last one; we do not.
                if (object.is_object() && object.contains("command")) all_offered = false;
                if (command.empty()) continue;
                offered = true;
                all_offered = all_offered && kOffered.contains(command);
            }
            if (offered && all_offered && !kDifferent.contains(entry["name"])) {
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

std::vector<std::byte> bytes_of(const Json& payload) {
    if (payload.is_null()) return {};
    return rollcall::tests::from_hex(payload["$bin"].get<std::string>());
}

// Members' answers of which Serf's counts can be made.
serf::KeyCommandFinished said_of(const Json& body) {
    serf::KeyCommandFinished said{.nodes = body["NumNodes"]};
    const std::size_t answered = body["NumResp"];
    for (const auto& [node, message] : body["Messages"].items()) {
        said.answers.push_back({.node = node, .message = message});
    }
    while (said.answers.size() < answered) {
        said.answers.push_back({.node = "n" + std::to_string(said.answers.size()), .ok = true});
    }
    if (!body["Keys"].is_object()) return said;
    for (const auto& [key, count] : body["Keys"].items()) {
        for (std::size_t i = 0; i < count.get<std::size_t>(); ++i) {
            said.answers[i].keys.push_back(key);
        }
    }
    return said;
}

std::optional<serf::SayError> response_error_of(const std::string& text) {
    using Cause = serf::SayError::Cause;
    if (text.empty()) return {};
    if (text.find("already sent") != std::string::npos) {
        return serf::SayError{.cause = Cause::response_already_sent};
    }
    if (text.find("exceeds limit") != std::string::npos) {
        return serf::SayError{.cause = Cause::response_too_large, .limit = 1024};
    }
    return serf::SayError{.cause = Cause::response_too_late};
}

// Our agent answers as Serf's did from this line on.
void prepare(ScriptedAgent& agent, const Json& asked, std::span<const Json> lines) {
    const Json& header = lines[0]["decoded"];
    agent.error = header["Error"];
    agent.response_error = response_error_of(agent.error);
    agent.answers.clear();
    for (const Json& line : lines) {
        if (from_client(line)) break;
        const Json& record = line["decoded"];
        if (!record.is_object() || !record.contains("Type")) continue;
        agent.answers.push_back({.type = record["Type"],
                                 .from = record["From"],
                                 .payload = to_payload(bytes_of(record["Payload"]))});
    }
    if (lines.size() < 2 || !lines[1].contains("decoded")) return;
    const Json& body = lines[1]["decoded"];
    if (!body.is_object()) return;
    if (body.contains("Coord") && asked.contains("Node")) {
        agent.places.clear();
        if (body["Ok"]) agent.places[asked["Node"]] = place_of(body["Coord"]);
    }
    if (body.contains("Num")) agent.contacted = body["Num"];
    if (body.contains("NumResp")) agent.keys_said = said_of(body);
    if (body.contains("serf")) agent.numbers = body.get<rpc::Stats>();
    if (body.contains("Members") && !body.contains("Event")) {
        agent.all.clear();
        for (const Json& m : body["Members"]) agent.all.push_back(record_of(m));
    }
}

// It happens now, so that the record which was written of it then is written again.
void make_happen(RpcServer& server, const Json& record) {
    const std::string kind = record["Event"];
    if (kind == "query") {
        server.tell(serf::QueryReceived{.handle = serf::QueryHandle{1},
                                        .time = LamportTime{record["LTime"]},
                                        .name = record["Name"],
                                        .payload = bytes_of(record["Payload"])});
        return;
    }
    if (kind == "user") {
        server.tell(serf::UserEventReceived{.time = LamportTime{record["LTime"]},
                                            .name = record["Name"],
                                            .payload = bytes_of(record["Payload"]),
                                            .coalesce = record["Coalesce"]});
        return;
    }
    using enum serf::MemberEventKind;
    for (const auto each : {join, leave, failed, update, reap}) {
        if (to_string(each) != kind) continue;
        serf::MemberEventGroup group{.kind = each};
        for (const Json& m : record["Members"]) group.members.push_back(record_of(m));
        server.tell(group);
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
            const std::vector<Json> rest(said.lines.begin() + static_cast<std::ptrdiff_t>(i) + 1,
                                         said.lines.end());
            const auto next = std::ranges::find_if_not(rest, from_client);
            if (next != rest.end()) prepare(world.agent, line["decoded"], {next, rest.end()});
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
        if (i + 1 < said.lines.size()) {
            const Json& record = said.lines[i + 1]["decoded"];
            const bool event = record.is_object() && record.contains("Event");
            if (event && !from_client(said.lines[i + 1])) make_happen(world.server(), record);
        }
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
    EXPECT_GE(conversations().size(), 100u);
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

// SPDX-License-Identifier: Apache-2.0
#include "agent/control/rpc_replay.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <iterator>
#include <optional>
#include <regex>
#include <span>

#include "agent/control/rpc_world.h"

namespace rollcall::agent::tests {
namespace {

constexpr std::uint64_t kLast = 4711;  // a request beyond the recording

serf::Status status_of(const std::string& text) {
    for (const auto status :
         {serf::Status::alive, serf::Status::leaving, serf::Status::left, serf::Status::failed}) {
        if (to_string(status) == text) return status;
    }
    return serf::Status::none;
}

std::vector<std::byte> bytes_of(const Json& payload) {
    if (payload.is_null()) return {};
    return rollcall::tests::from_hex(payload["$bin"].get<std::string>());
}

serf::Coordinate place_of(const Json& told) {
    return {.vec = told["Vec"].get<std::array<double, serf::kDimensions>>(),
            .error = told["Error"],
            .adjustment = told["Adjustment"],
            .height = told["Height"]};
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

std::optional<serf::MessageError> response_error_of(const std::string& text) {
    using Cause = serf::MessageError::Cause;
    if (text.empty()) return {};
    if (text.find("already sent") != std::string::npos) {
        return serf::MessageError{.cause = Cause::response_already_sent};
    }
    if (text.find("exceeds limit") != std::string::npos) {
        return serf::MessageError{.cause = Cause::response_too_large, .limit = 1024};
    }
    return serf::MessageError{.cause = Cause::response_too_late};
}

// The agent answers as Serf's did from this line on.
void prepare(ScriptedAgent& agent, const Json& asked, std::span<const Json> lines) {
    agent.error = lines[0]["decoded"]["Error"];
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
    if (lines.size() < 2) return;
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
        server.publish(serf::QueryReceived{.handle = serf::QueryHandle{1},
                                           .time = LamportTime{record["LTime"]},
                                           .name = record["Name"],
                                           .payload = bytes_of(record["Payload"])});
        return;
    }
    if (kind == "user") {
        server.publish(serf::UserEventReceived{.time = LamportTime{record["LTime"]},
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
        server.publish(group);
    }
}

// "2026/11/21 01:02:04 [ERR] serf: text" without its date, or the whole if it has no such form.
std::string undated(const std::string& line) {
    static const std::regex form{
        R"(\d{4}/\d\d/\d\d \d\d:\d\d:\d\d (\[(TRACE|DEBUG|INFO|WARN|ERR)\] [\s\S]*))"};
    std::smatch parts;
    return std::regex_match(line, parts, form) ? parts[1].str() : line;
}

void write_line(Log& log, const std::string& recorded) {
    static const std::regex form{R"(\[(\w+)\] ([^:]+): ([\s\S]*))"};
    std::smatch parts;
    const std::string line = undated(recorded);
    if (!std::regex_match(line, parts, form)) return;  // ours has no such lines: a mismatch
    log.write(*parse_level(parts[1].str()), parts[2].str(), "recorded", parts[3].str());
}

// Objects whose order means nothing are put in order, and dates taken away.
Json comparable(Json object) {
    if (!object.is_object()) return object;
    if (object.contains("Log")) object["Log"] = undated(object["Log"]);
    if (object.contains("Members")) {
        std::sort(object["Members"].begin(), object["Members"].end(),
                  [](const Json& a, const Json& b) { return a["Name"] < b["Name"]; });
    }
    return object;
}

// The token that was accepted; "" when none was needed.
std::string token_of(const Conversation& said) {
    std::string shown, needed;
    for (const Json& line : said.lines) {
        const Json& object = line["decoded"];
        if (!object.is_object()) continue;
        if (from_client(line)) {
            shown = object.value("AuthKey", "");
        } else if (object.value("Error", "") == "Authentication required") {
            needed = "sekret";
        } else if (!shown.empty() && object.value("Error", "refused").empty()) {
            return shown;
        }
    }
    return needed;
}

class Player {
public:
    explicit Player(const Conversation& said)
        : said_{said}, world_{{}, token_of(said)}, client_{world_.connect()} {}

    Replayed play() {
        if (!said_.lines.empty() && !from_client(said_.lines.front())) open_stream();
        for (at_ = 0; at_ < said_.lines.size(); ++at_) {
            const auto difference = difference_at(said_, at_);
            if (difference) result_.on_purpose.insert(*difference);
            if (difference == Difference::refused_body) continue;
            if (difference) return std::move(result_);  // what follows is another conversation
            from_client(said_.lines[at_]) ? ask() : compare();
        }
        end();
        return std::move(result_);
    }

private:
    [[nodiscard]] std::span<const Json> rest() const {
        return std::span{said_.lines}.subspan(at_ + 1);
    }
    [[nodiscard]] const Json& object() const { return said_.lines[at_]["decoded"]; }
    // The n-th line from here, if the agent said it.
    [[nodiscard]] const Json* agent_object(std::size_t n) const {
        if (at_ + n >= said_.lines.size() || from_client(said_.lines[at_ + n])) return nullptr;
        return &said_.lines[at_ + n]["decoded"];
    }

    void expect(bool holds, const std::string& otherwise) {
        if (!holds) result_.mismatches.push_back("line " + std::to_string(at_) + ": " + otherwise);
    }

    // The recording began after the client had asked for it.
    void open_stream() {
        client_.handshake(0);
        const std::uint64_t seq = said_.lines.front()["decoded"]["Seq"];
        client_.command("stream", seq, rpc::StreamRequest{});
        expect(world_.objects(client_, 2) == std::vector<Json>{reply(0), reply(seq)}, "no stream");
    }

    void ask() {
        // What the recorded agent answers next decides how the scripted one does.
        const auto next = std::ranges::find_if_not(rest(), from_client);
        if (next != rest().end()) {
            prepare(world_.agent, object(), {next, rest().end()});
        }
        if (object().is_object() && object().contains("LogLevel")) fill_log();
        const auto bytes = rollcall::tests::from_hex(said_.lines[at_]["hex"].get<std::string>());
        client_.send(as_text(bytes));
    }

    // A monitor is shown what was logged before it came.
    void fill_log() {
        const auto level = parse_level(object()["LogLevel"].get<std::string>());
        if (!level) return;
        std::vector<std::string> wanted, there;
        for (std::size_t i = 2; const Json* reply = agent_object(i); i += 2) {
            const Json* record = agent_object(i + 1);
            if (!is_reply(*reply) || record == nullptr || !record->contains("Log")) break;
            wanted.push_back(undated((*record)["Log"]));
        }
        lines_shown_ = wanted.size();
        for (const LogLine& line : world_.log().recent()) {
            if (line.level >= *level) there.push_back(undated(line.text));
        }
        if (there == wanted) return;
        for (std::size_t i = 0; i < wanted.size(); ++i) {
            write_line(world_.log(), (*agent_object(3 + 2 * i))["Log"]);
        }
    }

    void compare() {
        const Json* record = agent_object(1);
        if (record != nullptr && record->is_object()) {
            if (record->contains("Event")) make_happen(world_.server(), *record);
            if (record->contains("Log")) {
                if (lines_shown_ == 0) write_line(world_.log(), (*record)["Log"]);
                lines_shown_ -= lines_shown_ > 0 ? 1 : 0;
            }
        }
        const Json ours = comparable(world_.object(client_));
        const Json theirs = comparable(object());
        expect(ours == theirs, ours.dump() + " instead of " + theirs.dump());
    }

    void end() {
        if (said_.closed_by_agent.value_or(false)) {
            expect(world_.closes(client_), "the connection stays open");
        } else if (said_.closed_by_agent) {
            client_.command("stop", kLast, rpc::StopRequest{.stop = kLast});
            expect(world_.object(client_).value("Seq", 0u) == kLast, "the connection is of no use");
        }
        client_.half_close();
        expect(world_.closes(client_), "the connection does not end");
        expect(client_.objects().empty(), "more came");
    }

    const Conversation& said_;
    RpcWorld world_;
    RawClient& client_;
    std::size_t at_ = 0;
    std::size_t lines_shown_ = 0;  // that were logged before the monitor came, and are still due
    Replayed result_;
};

}  // namespace

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

Replayed replay(const Conversation& said) {
    return Player{said}.play();
}

}  // namespace rollcall::agent::tests

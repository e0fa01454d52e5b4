// SPDX-License-Identifier: Apache-2.0
#include "agent/scripts/script_event.h"

#include <map>
#include <utility>

namespace rollcall::agent {
namespace {

void append_field(std::string& line, std::string_view text) {
    for (const char c : text) {
        if (c == '\t') {
            line += "\\t";
        } else if (c == '\n') {
            line += "\\n";
        } else {
            line += c;
        }
    }
}

std::string role_of(const serf::Tags& tags) {
    const auto role = tags.find("role");
    return role == tags.end() ? "" : role->second;
}

// In capitals, with one '_' for each character that a shell variable cannot have.
std::string variable_of_tag(std::string_view key) {
    std::string name = "SERF_TAG_";
    for (const char c : key) {
        if (c >= 'a' && c <= 'z') {
            name += static_cast<char>(c - 'a' + 'A');
        } else if ((c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')) {
            name += c;
        } else if ((static_cast<unsigned char>(c) & 0xc0) !=
                   0x80) {  // not a UTF-8 continuation byte
            name += '_';
        }
    }
    return name;
}

std::string with_line_end(Bytes payload) {
    std::string text{as_text(payload)};
    if (!text.empty() && text.back() != '\n') text += '\n';
    return text;
}

}  // namespace

ScriptEvent member_script_event(serf::MemberEventKind kind,
                                std::span<const serf::MemberRecord> members) {
    std::string input;
    for (const serf::MemberRecord& member : members) {
        append_field(input, member.name);
        input += '\t';
        input += member.address.to_string();
        input += '\t';
        append_field(input, role_of(member.tags));
        input += '\t';
        bool first = true;
        for (const auto& [key, value] : member.tags) {
            if (!std::exchange(first, false)) input += ',';
            append_field(input, key);
            input += '=';
            append_field(input, value);
        }
        input += '\n';
    }
    return {.kind = std::string{to_string(kind)}, .input = std::move(input)};
}

ScriptEvent user_script_event(LamportTime time, std::string name, Bytes payload) {
    return {.kind = "user", .name = std::move(name), .time = time, .input = with_line_end(payload)};
}

ScriptEvent query_script_event(LamportTime time, std::string name, Bytes payload,
                               std::function<void(std::string_view)> answer) {
    return {.kind = "query",
            .name = std::move(name),
            .time = time,
            .input = with_line_end(payload),
            .answer = std::move(answer)};
}

std::vector<std::string> script_environment(const ScriptEvent& event, const ScriptSelf& self,
                                            std::span<const std::string> own) {
    std::map<std::string, std::string> variables;
    for (const std::string& variable : own) {
        const std::size_t equals = variable.find('=');
        if (equals == std::string::npos) continue;
        variables[variable.substr(0, equals)] = variable.substr(equals + 1);
    }
    variables["SERF_EVENT"] = event.kind;
    variables["SERF_SELF_NAME"] = self.name;
    variables["SERF_SELF_ROLE"] = role_of(self.tags);
    for (const auto& [key, value] : self.tags) variables[variable_of_tag(key)] = value;
    const bool user = event.kind == "user";
    if (user || event.kind == "query") {
        const std::string prefix = user ? "SERF_USER_" : "SERF_QUERY_";
        variables[user ? "SERF_USER_EVENT" : "SERF_QUERY_NAME"] = event.name;
        variables[prefix + "LTIME"] = std::to_string(event.time.value_or(LamportTime{}).value());
    }
    std::vector<std::string> texts;
    texts.reserve(variables.size());
    for (const auto& [name, value] : variables) {
        if (value.find('\0') != std::string::npos) continue;
        std::string& text = texts.emplace_back(name);
        text += '=';
        text += value;
    }
    return texts;
}

}  // namespace rollcall::agent

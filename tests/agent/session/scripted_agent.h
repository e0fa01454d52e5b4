// SPDX-License-Identifier: Apache-2.0
//
// An agent that does what a test says, behind the interface of the control protocol.
#pragma once

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <msgpack.hpp>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "agent/journal/journal.h"
#include "agent/session/control.h"
#include "support/vectors.h"

namespace rollcall::agent::tests {

using Json = nlohmann::json;

// As in the recorded transcripts: bytes are {"$bin": hex}.
inline Json to_json(const msgpack::object& o) {
    switch (o.type) {
        case msgpack::type::NIL:
            return nullptr;
        case msgpack::type::BOOLEAN:
            return o.via.boolean;
        case msgpack::type::POSITIVE_INTEGER:
            return o.via.u64;
        case msgpack::type::NEGATIVE_INTEGER:
            return o.via.i64;
        case msgpack::type::FLOAT32:
        case msgpack::type::FLOAT64:
            return o.via.f64;
        case msgpack::type::STR:
            return std::string{o.via.str.ptr, o.via.str.size};
        case msgpack::type::BIN:
            return Json{
                {"$bin", rollcall::tests::to_hex(as_bytes({o.via.bin.ptr, o.via.bin.size}))}};
        case msgpack::type::ARRAY: {
            Json list = Json::array();
            for (const msgpack::object& item : o.via.array) list.push_back(to_json(item));
            return list;
        }
        case msgpack::type::MAP: {
            Json map = Json::object();
            for (const auto& [key, value] : o.via.map) {
                map[std::string{key.via.str.ptr, key.via.str.size}] = to_json(value);
            }
            return map;
        }
        default:
            throw std::runtime_error{"a msgpack type that the protocol does not use"};
    }
}

class ScriptedAgent final : public Control {
public:
    std::vector<serf::MemberRecord> all;
    std::map<std::string, MemberDetail, std::less<>> details;  // of those in `all` that have one
    Journal records;
    serf::Tags current_tags;
    rpc::Stats numbers;
    std::map<std::string, serf::Coordinate> places;
    std::string error;  // of every command answered at once
    unsigned contacted = 0;
    bool slow = false;  // answers are kept in `waiting` until the test gives them
    std::deque<std::function<void()>> waiting;
    std::vector<std::string> calls;                   // what was asked for, in order
    std::vector<rpc::AnswerRecord> answers;           // to every query, from within the call
    std::unordered_map<RequestId, OnAnswer> running;  // queries whose "done" is still to come
    std::optional<serf::MessageError> response_error;
    serf::KeyCommandFinished keys_said;
    rpc::DoctorResponse diagnosis;

    std::vector<serf::MemberRecord> members() const override { return all; }
    const std::string* name_after(std::string_view name) const override {
        const serf::MemberRecord* next = nullptr;
        for (const serf::MemberRecord& member : all) {
            if (member.name > name && (next == nullptr || member.name < next->name)) next = &member;
        }
        return next == nullptr ? nullptr : &next->name;
    }
    std::optional<MemberDetail> detail_of(std::string_view name) const override {
        const auto found = details.find(name);
        if (found != details.end()) return found->second;
        const auto member = std::ranges::find(all, name, &serf::MemberRecord::name);
        if (member == all.end()) return {};
        return MemberDetail{.record = *member, .state = "alive"};
    }
    Journal& journal() override { return records; }
    serf::Tags tags() const override { return current_tags; }
    rpc::Stats stats() const override { return numbers; }
    Result<std::optional<serf::Coordinate>, std::string> coordinate_of(
        const std::string& node) const override {
        if (!error.empty()) return error;
        const auto found = places.find(node);
        return found == places.end() ? std::nullopt : std::optional{found->second};
    }
    void join(std::vector<std::string> peers, bool replay, Joined done) override {
        std::string call = replay ? "join-replay" : "join";
        for (const std::string& peer : peers) call += " " + peer;
        calls.push_back(call);
        answer([this, done] { done(contacted, error); });
    }
    void leave(Done done) override {
        calls.push_back("leave");
        answer([this, done] { done(error); });
    }
    void force_leave(std::string node, bool prune, Done done) override {
        calls.push_back((prune ? "prune " : "force-leave ") + node);
        answer([this, done] { done(error); });
    }
    void set_tags(serf::Tags tags, Done done) override {
        std::string call = "tags";
        for (const auto& [key, value] : tags) call += " " + key + "=" + value;
        calls.push_back(call);
        current_tags = std::move(tags);
        answer([this, done] { done(error); });
    }

    std::string user_event(const std::string& name, Bytes payload, bool coalesce) override {
        calls.push_back("event " + name + (coalesce ? " cc " : " ") +
                        std::string{as_text(payload)});
        return error;
    }
    Result<RequestId, std::string> query(const rpc::QueryRequest& asked,
                                         OnAnswer on_answer) override {
        std::string call = "query " + asked.name;
        for (const std::string& node : asked.filter_nodes) call += " node=" + node;
        for (const auto& [tag, expression] : asked.filter_tags)
            call += " " + tag + "=" + expression;
        if (asked.request_ack) call += " ack";
        if (asked.relay_factor > 0) call += " relays=" + std::to_string(asked.relay_factor);
        if (asked.timeout != 0) call += " ns=" + std::to_string(asked.timeout);
        if (asked.payload) call += " " + std::string{as_text(*asked.payload)};
        calls.push_back(call);
        if (!error.empty()) return error;
        const RequestId id{++last_query_};
        running.emplace(id, on_answer);
        for (const rpc::AnswerRecord& record : answers) {
            if (record.type == "done") running.erase(id);
            on_answer(record);
        }
        return id;
    }
    void forget_query(RequestId query) override { running.erase(query); }
    std::optional<serf::MessageError> respond(serf::QueryHandle query, Bytes payload) override {
        calls.push_back("respond " + std::to_string(query.value()) + " " +
                        std::string{as_text(payload)});
        return response_error;
    }
    void diagnose(const std::string& peer, Diagnosed done) override {
        calls.push_back("doctor " + peer);
        answer([this, done] { done(error, diagnosis); });
    }
    std::optional<std::string> tune(const std::string& request) override {
        calls.push_back("tune " + request);
        return tune_answer;
    }
    std::optional<std::string> tune_answer = "tune: yes\n";
    void change_keys(serf::KeyCommand command, const std::string& key, KeysDone done) override {
        calls.push_back(std::string{serf::query_of(command)} + " " + key);
        keys_said.command = command;
        answer([this, done] { done(error, keys_said); });
    }

private:
    std::uint64_t last_query_ = 0;
    void answer(std::function<void()> done) {
        if (slow) {
            waiting.push_back(std::move(done));
        } else {
            done();
        }
    }
};

}  // namespace rollcall::agent::tests

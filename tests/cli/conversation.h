// SPDX-License-Identifier: Apache-2.0
//
// The agent's side of a conversation, request by request, and a command that takes the other one.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "cli/captured.h"
#include "cli/fake_agent.h"
#include "rpc/messages.h"

namespace rollcall::cli::testing {

class Conversation {
public:
    Conversation() : steps_{kClientSends, kClientSends, header(1)} {}

    // A request with a body is two objects.
    Conversation& takes(bool with_body, std::string error = "") {
        steps_.push_back(kClientSends);
        if (with_body) steps_.push_back(kClientSends);
        steps_.push_back(header(++seq_, std::move(error)));
        return *this;
    }
    template <class Body>
    Conversation& sends(const Body& body) {
        steps_.push_back({.bytes = agent::rpc::encode(body)});
        return *this;
    }
    Conversation& is_serf() {
        return takes(false).sends(agent::rpc::Stats{{"agent", {{"name", "s1"}}}});
    }
    Conversation& is_rollcall() {
        return takes(false).sends(
            agent::rpc::Stats{{"agent", {{"name", "a"}}}, {"rollcall", {{"version", "0.1.0"}}}});
    }
    Conversation& lists(std::vector<agent::rpc::Member> members) {
        return takes(false).sends(agent::rpc::MembersResponse{.members = std::move(members)});
    }
    Conversation& joined(int contacted, std::string error = "") {
        return takes(true, std::move(error)).sends(agent::rpc::JoinResponse{.num = contacted});
    }
    Conversation& record(std::uint64_t seq, std::string json) {
        steps_.push_back(header(seq));
        return sends(agent::rpc::JournalLine{.record = std::move(json)});
    }
    Conversation& record_of_query(const agent::rpc::AnswerRecord& record) {
        steps_.push_back(header(seq_));
        return sends(record);
    }

    Outcome run(std::vector<std::string> line) {
        FakeAgent fake{{.steps = steps_}};
        line.insert(line.end(), {"--rpc-addr", fake.address()});
        auto outcome = testing::run(line);
        received = fake.received();
        return outcome;
    }
    std::vector<std::string> received;  // of the last run()

private:
    std::vector<Step> steps_;
    std::uint64_t seq_ = 1;
};

}  // namespace rollcall::cli::testing

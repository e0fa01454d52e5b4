// SPDX-License-Identifier: Apache-2.0
//
// For `rollcall tune`: one member's row of the table, and one question to several members, with who
// answered what and who did not.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "cli/rpc_session.h"
#include "serf/tune_messages.h"

namespace rollcall::cli {

// Which members are asked.
struct TuneTargets {
    std::vector<std::string> nodes;  // by name
    rpc::StringMap tags;             // whose tags have these values
    bool all = false;
    [[nodiscard]] bool own_agent_only() const { return !all && nodes.empty() && tags.empty(); }
};

// The answers by member; nullopt: none in time.
using TuneAnswers = std::map<std::string, std::optional<serf::TuneAnswer>>;

// Asks by the built-in query, again and again over one connection.
class TuneRounds {
public:
    TuneRounds(RpcClient& client, TuneTargets targets, std::int64_t timeout_ns)
        : client_{client}, targets_{std::move(targets)}, timeout_ns_{timeout_ns} {}

    // Reads who should answer: the members that are alive, as far as they are meant. A name that is
    // no member is an error, and so is a choice of nobody.
    [[nodiscard]] std::optional<Failure> choose();
    // Ends as soon as all have answered. Those that did not in time are asked once more, since
    // datagrams get lost; so a request has to be one that may arrive twice.
    [[nodiscard]] Result<TuneAnswers, Failure> ask(const serf::TuneRequest& request);

private:
    [[nodiscard]] std::optional<Failure> ask_once(const serf::TuneRequest& request,
                                                  const std::vector<std::string>& nodes,
                                                  TuneAnswers& answers);

    RpcClient& client_;
    TuneTargets targets_;
    std::int64_t timeout_ns_;
    std::set<std::string> expected_;
    unsigned ends_to_skip_ = 0;  // of questions whose answers were complete before their end
};

// What became of it, as a table or an object.
struct TuneRow {
    std::string node;
    std::string result;  // "applied", "refused", "no answer", ...
    std::string reason;
    serf::TuneAnswer answer;
};
[[nodiscard]] std::string tune_table(const std::vector<TuneRow>& rows);
[[nodiscard]] std::string tune_states_table(const std::vector<TuneRow>& rows);
[[nodiscard]] std::string tune_json(const std::string& id, const std::vector<TuneRow>& rows);

}  // namespace rollcall::cli

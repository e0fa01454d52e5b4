// SPDX-License-Identifier: Apache-2.0
//
// Queries between rollcall agents (rule E8): a table of names, and what this agent answers to each.
// An answer must fit into one packet of the core's limit (query_response_size_limit); a longer one
// is refused by the core and counted there. The loop's thread.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "base/bytes.h"
#include "serf/events.h"

namespace rollcall::agent {

class BuiltInQueries {
public:
    // nullopt: no answer.
    using Answer = std::function<std::optional<std::string>(Bytes payload)>;
    // Answers later, or never.
    using Reply = std::function<void(const std::string& answer)>;
    using SlowAnswer = std::function<void(const serf::BuiltInQueryReceived& query, Reply reply)>;
    using Respond = std::function<void(serf::QueryHandle query, Bytes answer)>;

    explicit BuiltInQueries(Respond respond) : respond_{std::move(respond)} {}

    // `name` without the prefix: "why".
    void add(std::string name, Answer answer) {
        answers_.insert_or_assign(
            std::move(name), [answer = std::move(answer)](const serf::BuiltInQueryReceived& query,
                                                          const Reply& reply) {
                if (const auto text = answer(query.payload)) reply(*text);
            });
    }
    void add_slow(std::string name, SlowAnswer answer) {
        answers_.insert_or_assign(std::move(name), std::move(answer));
    }
    // An unknown name is not answered: the asker may be a newer rollcall.
    void handle(const serf::BuiltInQueryReceived& query) const {
        const auto known = answers_.find(query.name);
        if (known == answers_.end()) return;
        known->second(query, [respond = respond_, handle = query.handle](const std::string& text) {
            respond(handle, as_bytes(text));
        });
    }

private:
    Respond respond_;
    std::map<std::string, SlowAnswer, std::less<>> answers_;
};

}  // namespace rollcall::agent

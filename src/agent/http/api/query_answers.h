// SPDX-License-Identifier: Apache-2.0
//
// The acks and responses to a query, one JSON object per line, as they come. A bounded number of
// them waits for a slow client; further ones are lost, and the last line says how many. The loop's
// thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "agent/http/answer.h"
#include "agent/session/control.h"

namespace rollcall::agent::http {

class QueryAnswers final : public Source {
public:
    // All that wait: those of a large cluster come in one burst.
    static constexpr std::size_t kMostBytes = std::size_t{4} << 20;

    // Sends the query. The error says why it was refused.
    [[nodiscard]] static Result<std::unique_ptr<Source>, std::string> ask(
        Control& control, const rpc::QueryRequest& query);
    ~QueryAnswers() override;
    QueryAnswers(const QueryAnswers&) = delete;
    QueryAnswers& operator=(const QueryAnswers&) = delete;

    State append(std::string& to) override;
    void on_wake(const std::function<void()>& wake) override { wake_ = wake; }

private:
    explicit QueryAnswers(Control& control) : control_{control} {}
    void answered(const rpc::AnswerRecord& record);

    Control& control_;
    std::optional<RequestId> query_;
    std::deque<std::string> lines_;
    std::size_t bytes_ = 0;
    std::uint64_t lost_ = 0;
    bool done_ = false;
    std::function<void()> wake_;
    std::shared_ptr<int> alive_ = std::make_shared<int>();
};

}  // namespace rollcall::agent::http

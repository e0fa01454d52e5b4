// SPDX-License-Identifier: Apache-2.0
//
// One call of the API: its request, the parts of its path that the route left open, and its reply;
// and the readers that check what a client sent. Errors name the field, the value and what is
// allowed. One thread.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "agent/http/answer.h"
#include "agent/http/api/parts.h"

namespace rollcall::agent::http {

struct Call {
    const ApiParts& parts;
    std::shared_ptr<const Request> request;
    std::string member;  // NAME of the path, "" if the route has none
    Reply reply;

    void error(int status, std::string_view text) const { reply(error_answer(status, text)); }
};

// "limit: '0' is not allowed; allowed: 1 to 10000"
[[nodiscard]] std::string not_allowed(std::string_view field, std::string_view value,
                                      std::string_view allowed);

// Reads the parameters of a query string. The first mistake counts; ask for it after all have been
// read, since what was not read is not known.
class Parameters {
public:
    explicit Parameters(const Target& target) : target_{target} {}

    [[nodiscard]] std::optional<std::string> text(std::string_view name);
    [[nodiscard]] std::vector<std::string> texts(std::string_view name);  // repeated
    [[nodiscard]] std::optional<std::uint64_t> number(std::string_view name, std::uint64_t least,
                                                      std::uint64_t most);
    void mistake(std::string text);
    [[nodiscard]] std::optional<std::string> problem();

private:
    const Target& target_;
    std::set<std::string, std::less<>> known_;
    std::optional<std::string> problem_;
};

// Answers 400 if a parameter is wrong or not known; of the second, any is.
[[nodiscard]] bool has_problem(const Call& call, Parameters& parameters);
[[nodiscard]] bool has_parameters(const Call& call);

// Reads a body, one JSON object; "" is an object without fields. The first mistake counts, as
// above.
class Fields {
public:
    explicit Fields(const Request& request);
    ~Fields();
    Fields(const Fields&) = delete;
    Fields& operator=(const Fields&) = delete;

    [[nodiscard]] std::optional<std::string> text(std::string_view name);
    [[nodiscard]] std::string required_text(std::string_view name);
    [[nodiscard]] bool flag(std::string_view name);  // false if it is not there
    [[nodiscard]] std::optional<std::uint64_t> number(std::string_view name, std::uint64_t most);
    [[nodiscard]] std::vector<std::string> texts(std::string_view name);
    [[nodiscard]] std::map<std::string, std::string> table(std::string_view name);  // of texts
    // The bytes of NAME, or of NAME_base64.
    [[nodiscard]] std::optional<std::vector<std::byte>> payload(std::string_view name);
    void mistake(std::string text);
    [[nodiscard]] std::optional<std::string> problem();
    // 415 if the body is not sent as JSON, else 400.
    [[nodiscard]] int status() const { return status_; }

private:
    [[nodiscard]] const nlohmann::json* find(std::string_view name);

    std::unique_ptr<nlohmann::json> json_;
    std::set<std::string, std::less<>> known_;
    std::optional<std::string> problem_;
    int status_ = 400;
};

}  // namespace rollcall::agent::http

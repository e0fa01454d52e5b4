// SPDX-License-Identifier: Apache-2.0
//
// The description of the API is what the API does, and what docs/http.md says.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>

#include "agent/http/api/openapi.h"
#include "agent/http/api/routes.h"
#include "agent/http/http_world.h"

namespace rollcall::agent::http::tests {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

const Json& document() {
    static const Json parsed = Json::parse(openapi_document());
    return parsed;
}

std::string manual() {
    std::ifstream file{std::string{ROLLCALL_SOURCE_DIR} + "/docs/http.md"};
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
}

const Json& resolved(const Json& part) {
    if (!part.contains("$ref")) return part;
    return document().at(Json::json_pointer{part.at("$ref").get<std::string>().substr(1)});
}

bool is_of_type(const Json& value, const std::string& type) {
    if (type == "null") return value.is_null();
    if (type == "object") return value.is_object();
    if (type == "array") return value.is_array();
    if (type == "string") return value.is_string();
    if (type == "boolean") return value.is_boolean();
    if (type == "integer") return value.is_number_integer();
    return type == "number" && value.is_number();
}

// Why the value is not as the schema says; "" if it is. Stricter than JSON Schema: a field that the
// schema does not list is a mistake, unless it allows more.
std::string mismatch(const Json& value, const Json& reference, const std::string& at = "$") {
    const Json& schema = resolved(reference);
    if (schema.contains("anyOf")) {
        std::string why;
        for (const Json& choice : schema.at("anyOf")) {
            why = mismatch(value, choice, at);
            if (why.empty()) return {};
        }
        return why;
    }
    if (schema.contains("enum")) {
        const Json& allowed = schema.at("enum");
        if (std::ranges::find(allowed, value) == allowed.end()) return at + ": " + value.dump();
    }
    if (schema.contains("type")) {
        Json types = schema.at("type");
        if (types.is_string()) types = Json::array({types});
        const bool fits = std::ranges::any_of(
            types, [&](const Json& type) { return is_of_type(value, type.get<std::string>()); });
        if (!fits) return at + ": " + value.dump() + " is not " + types.dump();
    }
    if (value.is_array() && schema.contains("items")) {
        for (const Json& item : value) {
            auto why = mismatch(item, schema.at("items"), at + "[]");
            if (!why.empty()) return why;
        }
    }
    if (!value.is_object()) return {};
    for (const Json& name : schema.value("required", Json::array())) {
        if (!value.contains(name)) return at + " lacks " + name.get<std::string>();
    }
    const Json properties = schema.value("properties", Json::object());
    for (const auto& [name, field] : value.items()) {
        std::string why;
        if (properties.contains(name)) {
            why = mismatch(field, properties.at(name), at + "." + name);
        } else if (schema.contains("additionalProperties")) {
            why = mismatch(field, schema.at("additionalProperties"), at + "." + name);
        } else if (schema.contains("properties") &&
                   &schema != &document().at("components").at("schemas").at("Event")) {
            why = at + ": " + name + " is not described";
        }
        if (!why.empty()) return why;
    }
    return {};
}

std::string route_of(std::string path) {
    const auto open = path.find("{name}");
    return open == std::string::npos ? path : path.replace(open, 6, "*");
}

TEST(HttpOpenApi, ItHasTheRoutesThatThereAre) {
    std::set<std::string> described, routes;
    for (const auto& [path, methods] : document().at("paths").items()) {
        for (const auto& [method, operation] : methods.items()) {
            described.insert((method == "get" ? "GET " : "POST ") + route_of(path));
            EXPECT_TRUE(operation.contains("summary")) << path;
            EXPECT_EQ(operation.contains("security"), method == "post") << path;
        }
    }
    for (const Route& route : all_routes()) {
        routes.insert(std::string{route.method} + " " + std::string{route.path});
    }
    EXPECT_EQ(described, routes);
    EXPECT_EQ(document().at("openapi"), "3.1.0");
}

TEST(HttpOpenApi, TheManualHasItsPathsParametersAndFields) {
    const std::string text = manual();
    for (const auto& [path, methods] : document().at("paths").items()) {
        const std::string shown = std::regex_replace(path, std::regex{R"(\{name\})"}, "NAME");
        EXPECT_THAT(text, HasSubstr("`" + shown + "`"));
        for (const auto& [method, operation] : methods.items()) {
            for (const Json& parameter : operation.value("parameters", Json::array())) {
                EXPECT_THAT(text, HasSubstr(parameter.at("in") == "path"
                                                ? "NAME"
                                                : parameter.at("name").get<std::string>()))
                    << path;
            }
            if (!operation.contains("requestBody")) continue;
            const Json& body = operation.at("requestBody").at("content").at("application/json");
            const Json& schema = resolved(body.at("schema"));
            const Json fields = schema.value("properties", Json::object());
            for (const auto& [name, field] : fields.items()) {
                EXPECT_THAT(text, HasSubstr(name)) << path;
            }
        }
    }
    for (const auto& [schema, content] : document().at("components").at("schemas").items()) {
        const Json fields = content.value("properties", Json::object());
        for (const auto& [name, field] : fields.items()) {
            EXPECT_THAT(text, HasSubstr(name)) << schema;
        }
    }
}

class HttpDescribed : public testing::Test {
protected:
    HttpDescribed() {
        world.agent.all = {member("db1", serf::Status::failed, {{"role", "db"}, {"x", "1"}}),
                           member("web1", serf::Status::alive, {{"role", "web"}})};
        world.agent.details.emplace("db1", MemberDetail{.record = world.agent.all[0],
                                                        .state = "dead",
                                                        .incarnation = Incarnation{3},
                                                        .since = 5s,
                                                        .by = {"web1"},
                                                        .acked = 7s,
                                                        .rtt = 412us});
        world.agent.places["db1"] = {};
        world.agent.numbers = {{"serf", {{"members", "2"}}}};
        world.agent.contacted = 1;
        world.agent.answers = {{.type = "response", .from = "db1", .payload = {}},
                               {.type = "done"}};
        record(world.agent.records, Level::info, "member-failed", "db1");
    }
    static std::string media_type_of(const Json& operation) {
        return operation.at("responses").at("200").at("content").begin().key();
    }
    World world{{.token = "sekret"}};
};

TEST_F(HttpDescribed, EveryAnswerIsAsItIsDescribed) {
    for (const auto& [path, methods] : document().at("paths").items()) {
        if (!methods.contains("get") || path == "/v1/events" || path == "/metrics") continue;
        const Json& operation = methods.at("get");
        const std::string target = std::regex_replace(path, std::regex{R"(\{name\})"}, "db1");
        std::vector<std::string> targets{target};
        for (const Json& parameter : operation.value("parameters", Json::array())) {
            if (parameter.at("in") != "query") continue;
            Json example = parameter.at("example");
            if (example.is_array()) example = example.at(0);
            targets.push_back(
                target + "?" + parameter.at("name").get<std::string>() + "=" +
                percent_encoded(example.is_string() ? example.get<std::string>() : example.dump()));
        }
        for (const std::string& asked : targets) {
            const Received answer = world.get(asked);
            ASSERT_EQ(answer.status, 200) << asked << " " << answer.body;
            const std::string type = media_type_of(operation);
            EXPECT_EQ(answer.headers.at("content-type"), type) << asked;
            if (type != "application/json") continue;
            EXPECT_EQ(
                mismatch(answer.json(),
                         operation.at("responses").at("200").at("content").at(type).at("schema")),
                "")
                << asked;
        }
    }
}

TEST_F(HttpDescribed, ExamplesAreAsTheyAreDescribedAndAccepted) {
    for (const auto& [path, methods] : document().at("paths").items()) {
        for (const auto& [method, operation] : methods.items()) {
            const Json& content = operation.at("responses").at("200").at("content");
            const Json& answer = content.begin().value();
            EXPECT_EQ(mismatch(answer.at("example"), answer.at("schema")), "") << path;
            if (method != "post") continue;
            const Json& body = operation.at("requestBody").at("content").at("application/json");
            EXPECT_EQ(mismatch(body.at("example"), body.at("schema")), "") << path;
            const std::string target = std::regex_replace(path, std::regex{R"(\{name\})"}, "db1");
            const Received received = world.post(target, body.at("example").dump());
            EXPECT_EQ(received.status, 200) << path << " " << received.body;
            if (content.contains("application/json")) {
                EXPECT_EQ(mismatch(received.json(), answer.at("schema")), "") << path;
            }
        }
    }
}

TEST_F(HttpDescribed, ErrorsAreAsTheyAreDescribed) {
    const Json& error = document().at("components").at("schemas").at("Error");
    for (const char* const target : {"/nothing", "/v1/members?limit=0", "/v1/join", "/%"}) {
        EXPECT_EQ(mismatch(world.get(target).json(), error), "") << target;
    }
    EXPECT_EQ(mismatch(world.post("/v1/event", "{}").json(), error), "");
}

TEST(HttpOpenApiCheck, AMismatchIsFound) {
    const Json& detail = document().at("components").at("schemas").at("Detail");
    EXPECT_NE(mismatch(Json::object(), detail), "");
    EXPECT_NE(mismatch(Json{{"error", 1}}, document().at("components").at("schemas").at("Error")),
              "");
    EXPECT_NE(mismatch(Json{{"error", "x"}, {"more", 1}},
                       document().at("components").at("schemas").at("Error")),
              "");
}

}  // namespace
}  // namespace rollcall::agent::http::tests

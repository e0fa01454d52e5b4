// SPDX-License-Identifier: Apache-2.0
//
// What changes this agent or the cluster: joins, leaves, tags, user events, keys. Every body is
// read and checked as a whole before anything is done.
#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <utility>

#include "agent/http/api/json_text.h"
#include "agent/http/api/routes.h"
#include "agent/session/request_log.h"
#include "wire/base64.h"
#include "wire/key_text.h"

namespace rollcall::agent::http {
namespace {

using Object = nlohmann::ordered_json;

constexpr std::size_t kMostPeers = 1024;
// What was asked for is not possible now: peers that do not answer, a member that is not there.
constexpr int kNotNow = 409;

Answer object_answer(const Object& json) {
    return {.body = json_text(json) + "\n"};
}

// Answers if the parameters or the fields are wrong.
bool is_refused(const Call& call, Fields& fields) {
    if (has_parameters(call)) return true;
    const auto problem = fields.problem();
    if (problem) call.error(fields.status(), *problem);
    return problem.has_value();
}

Control::Done reply_when_done(const Call& call) {
    return [reply = call.reply](const std::string& error) {
        reply(error.empty() ? object_answer(Object::object()) : error_answer(kNotNow, error));
    };
}

Requester requester(const Call& call) {
    return {call.parts.log, "http", call.request->client};
}

}  // namespace

void post_join(const Call& call) {
    Fields fields{*call.request};
    auto peers = fields.texts("peers");
    const bool replay = fields.flag("replay");
    if (peers.empty() || peers.size() > kMostPeers) {
        fields.mistake("peers: a list of 1 to " + std::to_string(kMostPeers) + " addresses");
    }
    for (const std::string& peer : peers) {
        if (!HostPort::parse(peer, 1)) {
            fields.mistake(
                not_allowed("peers", peer, "HOST, HOST:PORT, [IPV6]:PORT or NAME/HOST:PORT"));
        }
    }
    if (is_refused(call, fields)) return;
    call.parts.control.join(std::move(peers), replay,
                            [reply = call.reply](unsigned contacted, const std::string& error) {
                                reply(contacted > 0 ? object_answer({{"contacted", contacted}})
                                                    : error_answer(kNotNow, error));
                            });
}

void post_leave(const Call& call) {
    Fields fields{*call.request};
    if (is_refused(call, fields)) return;
    log_leave_request(requester(call));
    call.parts.control.leave(reply_when_done(call));
}

void post_force_leave(const Call& call) {
    Fields fields{*call.request};
    const bool prune = fields.flag("prune");
    if (is_refused(call, fields)) return;
    if (!call.parts.control.detail_of(call.member)) {
        return call.error(404, "there is no member '" + call.member + "'");
    }
    log_force_leave_request(requester(call), call.member, prune);
    call.parts.control.force_leave(call.member, prune, reply_when_done(call));
}

void post_tags(const Call& call) {
    Fields fields{*call.request};
    const auto set = fields.table("set");
    const auto removed = fields.texts("delete");
    if (set.contains("")) fields.mistake("set: a key is empty");
    if (is_refused(call, fields)) return;
    Control& control = call.parts.control;
    serf::Tags tags = control.tags();
    for (const std::string& key : removed) tags.erase(key);
    for (const auto& [key, value] : set) tags.insert_or_assign(key, value);
    control.set_tags(std::move(tags), [reply = call.reply, &control](const std::string& error) {
        reply(error.empty() ? object_answer({{"tags", control.tags()}})
                            : error_answer(kNotNow, error));
    });
}

void post_event(const Call& call) {
    Fields fields{*call.request};
    const std::string name = fields.required_text("name");
    const auto payload = fields.payload("payload");
    const bool coalesce = fields.flag("coalesce");
    if (is_refused(call, fields)) return;
    const std::string error =
        call.parts.control.user_event(name, payload ? Bytes{*payload} : Bytes{}, coalesce);
    if (!error.empty()) return call.error(400, error);
    call.reply(object_answer(Object::object()));
}

namespace {

// Keys are secrets: an answer shows their fingerprints only.
std::string fingerprint_of(const std::string& key) {
    const auto raw = wire::from_base64(key);
    return raw ? wire::key_fingerprint(*raw) : "invalid";
}

Object keys_object(const serf::KeyCommandFinished& result) {
    const std::size_t failed = result.failures();
    Object keys = Object::object();
    for (const auto& [key, nodes] : result.key_counts()) keys[fingerprint_of(key)] = nodes;
    Object messages = Object::object();
    for (const serf::KeyAnswer& answer : result.answers) {
        if (!answer.ok || !answer.message.empty()) messages[answer.node] = answer.message;
    }
    return {{"nodes", result.nodes},
            {"answered", result.answers.size()},
            {"failed", failed},
            {"keys", std::move(keys)},
            {"messages", std::move(messages)}};
}

struct KeyOperation {
    std::string_view name;
    serf::KeyCommand command;
};
constexpr std::array kKeyOperations{KeyOperation{"list", serf::KeyCommand::list},
                                    KeyOperation{"install", serf::KeyCommand::install},
                                    KeyOperation{"use", serf::KeyCommand::use},
                                    KeyOperation{"remove", serf::KeyCommand::remove}};

}  // namespace

void post_keys(const Call& call) {
    Fields fields{*call.request};
    const std::string operation = fields.required_text("operation");
    const std::string key = fields.text("key").value_or("");
    const auto known = std::ranges::find(kKeyOperations, operation, &KeyOperation::name);
    if (known == kKeyOperations.end()) {
        fields.mistake(not_allowed("operation", operation, "list, install, use or remove"));
    } else if (known->command == serf::KeyCommand::list) {
        if (!key.empty()) fields.mistake("key: none with the operation list");
    } else if (const auto parsed = wire::parse_key(key); !parsed) {  // the error has no part of it
        fields.mistake("key: it " + parsed.error() + "; allowed: " + std::string{wire::kKeyForm});
    }
    if (is_refused(call, fields)) return;
    call.parts.control.change_keys(
        known->command, key,
        [reply = call.reply](const std::string& error, const serf::KeyCommandFinished& result) {
            // Without members it was refused here; else the answer says which members did not do
            // it.
            reply(result.nodes == 0 && !error.empty() ? error_answer(kNotNow, error)
                                                      : object_answer(keys_object(result)));
        });
}

}  // namespace rollcall::agent::http

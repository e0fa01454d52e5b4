// SPDX-License-Identifier: Apache-2.0
//
// `rollcall keys`: lists and changes the keys of all members, or rotates them. Works with agents of
// Serf as well, which report how many members have a key but not which.
#include <array>
#include <cstddef>
#include <functional>
#include <limits>
#include <memory>
#include <nlohmann/json.hpp>
#include <utility>

#include "agent/host/entropy.h"
#include "base/sanitize.h"
#include "cli/commands.h"
#include "cli/key_rotation.h"
#include "cli/rpc_session.h"
#include "wire/base64.h"
#include "wire/key_text.h"

namespace rollcall::cli {

namespace {

using KeyJson = nlohmann::ordered_json;

constexpr std::size_t kNewKeyBytes = 32;

struct KeysOptions {
    RpcFlags rpc;
    bool list = false, table = false, without_failed = false, alone = false;
    std::string install, use, remove;  // Serf's spelling of the actions
    std::vector<std::string> arguments;
};

// One of Serf's four actions, with its texts.
struct KeyAction {
    std::string_view name;     // in our spelling
    std::string_view command;  // of the control protocol
    std::string_view begins, ends, failed;
};
// In the order of serf::KeyCommand.
constexpr std::array<KeyAction, 4> kKeyActions{
    KeyAction{"install", "install-key", "Installing key on all members...",
              "Successfully installed key!", "Error installing key"},
    KeyAction{"use", "use-key", "Changing primary key on all members...",
              "Successfully changed primary key!", "Error changing primary key"},
    KeyAction{"remove", "remove-key", "Removing key on all members...", "Successfully removed key!",
              "Error removing key"},
    KeyAction{"list", "list-keys", "Asking all members for installed keys...",
              "Keys gathered, listing cluster keys...", "Failed to gather member keys"},
};
constexpr const KeyAction& kListKeys = kKeyActions.back();

RpcClient::Outcome<rpc::KeysResponse> ask_keys(RpcClient& client, const KeyAction& action,
                                               const std::string& key) {
    if (action.name == "list") return client.attempt<rpc::KeysResponse>(action.command);
    return client.attempt<rpc::KeysResponse>(action.command, rpc::KeyRequest{.key = key});
}

std::string keys_json(const rpc::KeysResponse& said) {
    KeyJson messages = KeyJson::object();
    for (const auto& [node, message] : said.messages) messages[node] = message;
    KeyJson json{{"nodes", said.num_nodes},
                 {"answered", said.num_resp},
                 {"failed", said.num_err},
                 {"messages", messages}};
    if (said.keys) {
        json["keys"] = KeyJson::object();
        json["fingerprints"] = KeyJson::object();
        for (const auto& [key, count] : *said.keys) {
            json["keys"][key] = count;
            json["fingerprints"][key] = fingerprint_of(key);
        }
    }
    return json.dump(2, ' ', false, KeyJson::error_handler_t::replace) + '\n';
}

// A hint for the first known refusal.
std::string hint_of(const rpc::StringMap& messages) {
    constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kHints{
        std::pair{"encryption not enabled",
                  "these members run without encryption; an agent gets its first key with "
                  "--encrypt or --keyring-file"},
        std::pair{"not in the keyring", "install the key first: rollcall keys install KEY"},
        std::pair{"primary key is not allowed",
                  "make another key the primary one first: rollcall keys use KEY"},
        std::pair{"holds 8 keys already", "remove a key first: rollcall keys remove KEY"}};
    for (const auto& [node, message] : messages) {
        for (const auto& [words, hint] : kHints) {
            if (message.find(words) != std::string::npos) return std::string{hint};
        }
    }
    return "'rollcall keys list --table' shows which member has which keys";
}

int run_action(const Context& context, const KeysOptions& options, const KeyAction& action,
               const std::string& key) {
    const bool json = options.rpc.json();
    RpcClient client;
    if (auto bad = open_session(context, options.rpc, client)) return fail(context, *bad, json);
    // As in Serf, removing a missing key succeeds; the note below helps against a misspelt key.
    bool nothing_to_remove = false;
    if (action.name == "remove" && !context.as_serf && !json) {
        const auto listed = ask_keys(client, kListKeys, "");
        nothing_to_remove =
            !listed.error && listed.response.keys && !listed.response.keys->contains(key);
    }
    if (!json) {
        if (auto code = answer_part(context, "==> " + std::string{action.begins} + '\n')) {
            return *code;
        }
    }
    const auto said = ask_keys(client, action, key);
    if (json) {
        if (said.error && said.error->kind != RpcError::Kind::refused) {
            return fail(context, describe(action.failed, *said.error), true);
        }
        const int code = answer(context, keys_json(said.response));
        if (!said.error || code != kExitOk) return code;
        return fail(context, describe(action.failed, *said.error), true);
    }
    std::string text;
    for (const auto& [node, message] : said.response.messages) {
        text += "failed:  " + sanitized(node) + "  " + sanitized(message) + '\n';
    }
    if (said.error) {
        if (auto code = answer_part(context, text)) return *code;
        Failure failure = describe(action.failed, *said.error);
        failure.as_serf = '\n' + failure.message;
        if (failure.hint.empty()) failure.hint = hint_of(said.response.messages);
        return fail(context, failure);
    }
    if (nothing_to_remove) context.complain("note: no member had this key\n");
    text += "==> " + std::string{action.ends} + '\n';
    if (said.response.keys) {
        text += '\n';
        for (const auto& [installed, count] : *said.response.keys) {
            text += sanitized(installed) + "  [" + std::to_string(count) + '/' +
                    std::to_string(said.response.num_nodes) + "]";
            text += context.as_serf ? "\n" : "  " + fingerprint_of(installed) + '\n';
        }
    }
    return answer(context, text);
}

// --- the whole cluster ---------------------------------------------------------------------------

// Opens one connection per request: a Serf agent closes it on an unknown command.
class AgentsKeys final : public KeyCluster {
public:
    AgentsKeys(const Context& context, const RpcFlags& flags) : context_{context}, flags_{flags} {}

    Result<serf::KeyHolders, Failure> holders() override {
        RpcClient client;
        if (auto bad = open_session(context_, flags_, client)) return *std::move(bad);
        const auto members = client.ask<rpc::MembersResponse>("members");
        if (!members) return describe("Error retrieving members", members.error());
        serf::KeyHolders holders;
        for (const rpc::Member& member : members->members) {
            if (member.status == "alive") holders.live.insert(member.name);
            if (member.status == "failed") holders.failed.insert(member.name);
        }
        return holders;
    }

    Result<serf::KeyView, Failure> view() override {
        if (has_key_table_) {
            RpcClient client;
            if (auto bad = open_session(context_, flags_, client)) return *std::move(bad);
            const auto table = client.attempt<rpc::KeyTableResponse>("key-table");
            if (!table.error || (table.error->kind == RpcError::Kind::refused &&
                                 table.error->text != "Unsupported command")) {
                return view_of(table.response);
            }
            if (table.error->kind != RpcError::Kind::refused) {
                return describe(kListKeys.failed, *table.error);
            }
            has_key_table_ = false;
        }
        RpcClient client;
        if (auto bad = open_session(context_, flags_, client)) return *std::move(bad);
        const auto said = ask_keys(client, kListKeys, "");
        if (said.error && said.error->kind != RpcError::Kind::refused) {
            return describe(kListKeys.failed, *said.error);
        }
        serf::KeyView view{.asked = said.response.num_nodes,
                           .answered = said.response.num_resp,
                           .failures = said.response.messages};
        if (said.response.keys) view.counts = *said.response.keys;
        return view;
    }

    Result<bool, Failure> change(serf::KeyCommand what, const std::string& key) override {
        const KeyAction& action = kKeyActions[static_cast<std::size_t>(what)];
        RpcClient client;
        if (auto bad = open_session(context_, flags_, client)) return *std::move(bad);
        const auto said = ask_keys(client, action, key);
        if (!said.error) return true;
        // Some members refused or did not answer: the next look shows which.
        const bool asked =
            said.error->kind == RpcError::Kind::refused && said.response.num_nodes > 0;
        if (!asked) return describe(action.failed, *said.error);
        return false;
    }

private:
    static serf::KeyView view_of(const rpc::KeyTableResponse& table) {
        std::vector<serf::KeyAnswer> answers;
        for (const rpc::NodeKeys& node : table.nodes) {
            answers.push_back({.node = node.node,
                               .ok = node.result,
                               .message = node.message,
                               .keys = node.keys,
                               .primary = node.primary});
        }
        return serf::KeyView::of(table.num_nodes, std::move(answers));
    }

    const Context& context_;
    const RpcFlags& flags_;
    bool has_key_table_ = true;
};

// Checks a key without an agent. The message does not contain the key.
std::optional<Failure> bad_key(std::string_view what, const std::string& key) {
    const auto parsed = wire::parse_key(key);
    if (parsed) return std::nullopt;
    return Failure{std::string{what} + ": the key " + parsed.error(),
                   "a key is " + std::string{wire::kKeyForm} +
                       ", as 'rollcall keygen' prints it: 24, 32 or 44 digits on one line"};
}

std::string new_key() {
    std::array<std::byte, kNewKeyBytes> bytes{};
    agent::SystemEntropy entropy;
    entropy.fill(bytes);
    return wire::to_base64(bytes);
}

int run_table(const Context& context, const KeysOptions& options) {
    AgentsKeys cluster{context, options.rpc};
    const auto view = cluster.view();
    if (!view) return fail(context, view.error(), options.rpc.json());
    if (!options.rpc.json()) return answer(context, key_table(*view));
    KeyJson nodes = KeyJson::array();
    for (const serf::KeyAnswer& node : view->nodes.value_or(std::vector<serf::KeyAnswer>{})) {
        nodes.push_back({{"node", node.node},
                         {"keys", node.keys},
                         {"primary", node.primary},
                         {"message", node.message}});
    }
    const KeyJson json{
        {"asked", view->asked}, {"answered", view->answered}, {"nodes", std::move(nodes)}};
    return answer(context, json.dump(2, ' ', false, KeyJson::error_handler_t::replace) + '\n');
}

int run_rotate(const Context& context, const KeysOptions& options) {
    const bool json = options.rpc.json();
    const bool given = options.arguments.size() > 1;
    const serf::KeyRotationOrder order{.new_key = given ? options.arguments[1] : new_key(),
                                       .without_failed = options.without_failed,
                                       .alone = options.alone};
    if (auto bad = bad_key("Error rotating keys", order.new_key)) return fail(context, *bad, json);
    RotationOutput output{.say = [&](const std::string& line) {
        if (!json) static_cast<void>(context.print("==> " + line + '\n'));
    }};
    bool shown = false;
    if (!given) {
        // In JSON it is part of the answer, which is always printed.
        output.show_new_key = [&] {
            shown = true;
            return json || context.print("==> The new key is " + order.new_key + " (fingerprint " +
                                         fingerprint_of(order.new_key) + ")\n");
        };
    }
    AgentsKeys cluster{context, options.rpc};
    const auto failure = rotate(order, cluster, output);
    if (json) {
        const KeyJson result{{"rotated", !failure},
                             {"key", order.new_key},
                             {"fingerprint", fingerprint_of(order.new_key)}};
        int code = kExitOk;
        if (!failure || shown) code = answer(context, result.dump() + '\n');
        return failure ? fail(context, *failure, true) : code;
    }
    const auto view = cluster.view();
    if (view && !view->counts.empty()) {
        static_cast<void>(context.print('\n' + key_table(*view)));
    }
    return failure ? fail(context, *failure) : kExitOk;
}

// --- which of them -------------------------------------------------------------------------------

struct Wanted {
    std::string action, key;
};

// Arguments may be keys, so unknown ones are not printed.
Result<Wanted, Failure> wanted_by(const KeysOptions& options, bool as_serf) {
    if (options.arguments.size() > 2) {
        return Failure{"Error: too many arguments", "an action, and one key at most"};
    }
    std::vector<Wanted> wanted;
    if (options.list) wanted.push_back({"list", ""});
    if (!options.install.empty()) wanted.push_back({"install", options.install});
    if (!options.use.empty()) wanted.push_back({"use", options.use});
    if (!options.remove.empty()) wanted.push_back({"remove", options.remove});
    if (!options.arguments.empty()) {
        wanted.push_back(
            {options.arguments[0], options.arguments.size() > 1 ? options.arguments[1] : ""});
    }
    if (wanted.size() > 1) {
        return Failure{"Only one of -install, -use, -remove, or -list allowed",
                       "one change at a time: the next one needs the answer of the one before"};
    }
    const std::string_view all = "one of list, install KEY, use KEY, remove KEY, rotate [KEY]";
    if (wanted.empty()) return Failure{"Error: no action is given", std::string{all}};
    const Wanted& one = wanted.front();
    const bool takes_key = one.action == "install" || one.action == "use" || one.action == "remove";
    if (!takes_key && one.action != "list" && one.action != "rotate") {
        const bool is_key = wire::parse_key(one.action).ok();
        return Failure{is_key ? "Error: a key without an action before it"
                              : "Error: no action '" + one.action + "'",
                       std::string{all}};
    }
    if (takes_key && one.key.empty()) {
        return Failure{"Error: 'keys " + one.action + "' needs a key",
                       "base64, as 'rollcall keygen' prints it"};
    }
    if (one.action == "list" && !one.key.empty()) {
        return Failure{"Error: 'keys list' takes no key", std::string{all}};
    }
    // Serf's program does not check the key.
    for (const KeyAction& action : kKeyActions) {
        if (as_serf || !takes_key || action.name != one.action) continue;
        if (auto bad = bad_key(action.failed, one.key)) return *std::move(bad);
    }
    return one;
}

int run_keys(const Context& context, const KeysOptions& options) {
    if (auto bad = check_format(options.rpc)) return fail(context, *bad);
    const auto wanted = wanted_by(options, context.as_serf);
    if (!wanted) return fail(context, wanted.error(), options.rpc.json());
    if (wanted->action == "rotate") return run_rotate(context, options);
    if (wanted->action == "list" && options.table) return run_table(context, options);
    for (const KeyAction& action : kKeyActions) {
        if (action.name == wanted->action) return run_action(context, options, action, wanted->key);
    }
    return kExitError;  // not reached: wanted_by() allows no others
}

}  // namespace

Command keys_command() {
    auto options = std::make_shared<KeysOptions>();
    Command command{
        .name = "keys",
        .summary = "Lists and changes the encryption keys of a cluster",
        .arguments = "list|install|use|remove|rotate [KEY]",
        .description =
            "Lists or changes the keys of all members. 'install' adds a key, 'use' makes an "
            "installed key the primary one, which encrypts everything, and 'remove' deletes a key "
            "that is not the primary. 'rotate' does all of this without locking out a member: it "
            "installs KEY (or a new one, which it prints first), checks that every member has it, "
            "makes it the primary, checks that every member uses it, and removes the others. If "
            "interrupted or refused, run it again with the same KEY.",
        .flags = {{"table", "", "With list: the keys of each member, the primary with a star.",
                   &options->table},
                  {"without-failed", "",
                   "With rotate: go on although members have failed. They cannot come back without "
                   "the new key.",
                   &options->without_failed},
                  {"alone", "",
                   "With rotate: this agent is the whole cluster. Otherwise an agent that knows no "
                   "other member refuses, since it may not have joined yet.",
                   &options->alone},
                  {"list", "", "Serf's spelling of 'list'.", &options->list},
                  {"install", "KEY", "Serf's spelling of 'install KEY'.", &options->install},
                  {"use", "KEY", "Serf's spelling of 'use KEY'.", &options->use},
                  {"remove", "KEY", "Serf's spelling of 'remove KEY'.", &options->remove}},
        .examples = {{"rollcall keys list", "Lists the keys, and how many members have each."},
                     {"rollcall keys rotate",
                      "Replaces the key of the whole cluster by a new one."}},
        .positionals = &options->arguments,
        .max_positionals = std::numeric_limits<std::size_t>::max(),
        .run = [options](const Context& context) { return run_keys(context, *options); },
        .state = options};
    add_rpc_flags(command, options->rpc);
    return command;
}

}  // namespace rollcall::cli

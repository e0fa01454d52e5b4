// SPDX-License-Identifier: Apache-2.0
#include "serf/key_queries.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "serf/answers.h"
#include "serf/messages.h"
#include "wire/base64.h"
#include "wire/key_text.h"

namespace rollcall::serf {
namespace {

// The largest number of keys in a list, before it is truncated further.
constexpr std::size_t kMostListed = 40;
// Limits of a received answer: keys, bytes of a key (32 bytes are 44 digits), bytes of a message.
constexpr std::size_t kMostKeysOfANode = 64;
constexpr std::size_t kLongestKeyText = 64;
constexpr std::size_t kLongestMessage = 512;

// The texts of Serf 0.9; later versions begin them in lower case.
std::string_view text_of(wire::KeyError error) {
    switch (error) {
        case wire::KeyError::bad_size:
            return "key size must be 16, 24 or 32 bytes";
        case wire::KeyError::too_many:
            return "the keyring holds 8 keys already";
        case wire::KeyError::unknown_key:
            return "Requested key is not in the keyring";
        case wire::KeyError::is_primary:
            return "Removing the primary key is not allowed";
    }
    return {};
}
static_assert(wire::Keyring::kMaxKeys == 8, "a text above contains this number");

std::optional<wire::KeyError> change(KeyCommand command, Bytes key, wire::Keyring& keyring) {
    switch (command) {
        case KeyCommand::install:
            return keyring.add(key);
        case KeyCommand::use:
            return keyring.use(key);
        case KeyCommand::remove:
            return keyring.remove(key);
        case KeyCommand::list:
            break;
    }
    return {};
}

std::vector<std::byte> encoded_answer(const KeyAnswer& answer, bool is_list) {
    KeyResponse response{
        .result = answer.ok, .message = answer.message, .primary_key = answer.primary};
    if (is_list) response.keys.emplace(answer.keys.begin(), answer.keys.end());
    return encoded(response);
}

}  // namespace

KeyOutcome carry_out(KeyCommand command, Bytes request, wire::Keyring& keyring) {
    KeyOutcome outcome;
    KeyAnswer& answer = outcome.answer;
    constexpr auto type = static_cast<std::byte>(MessageType::key_request);
    const bool readable = !request.empty() && request.front() == type;
    const auto asked = decode_key_request(readable ? request.subspan(1) : Bytes{});
    if (command != KeyCommand::list && (!readable || !asked)) {
        answer.message = "the key request cannot be read";
        return outcome;
    }
    const Bytes key = command == KeyCommand::list ? Bytes{} : asked->key.value_or(Bytes{});
    if (!key.empty()) outcome.fingerprint = wire::key_fingerprint(key);
    if (keyring.empty()) {
        answer.message = command == KeyCommand::list
                             ? "Keyring is empty (encryption not enabled)"
                             : "No keyring to modify (encryption not enabled)";
        return outcome;
    }
    if (command == KeyCommand::list) {
        for (const auto& held : keyring.keys()) answer.keys.push_back(wire::to_base64(held));
        answer.primary = answer.keys.front();
        answer.ok = true;
        return outcome;
    }
    if (const auto error = change(command, key, keyring)) {
        answer.message = text_of(*error);
        return outcome;
    }
    answer.ok = outcome.changed = true;
    return outcome;
}

std::vector<std::byte> encode_key_answer(KeyAnswer answer, std::size_t room) {
    const bool is_list = !answer.keys.empty();
    std::vector<std::byte> payload = encoded_answer(answer, is_list);
    if (payload.size() <= room || !is_list) return payload;
    const std::size_t all = answer.keys.size();
    for (std::size_t shown = std::min(all, kMostListed); shown > 0; --shown) {
        answer.keys.resize(shown);
        answer.message = "truncated key list response, showing first " + std::to_string(shown) +
                         " of " + std::to_string(all) + " keys";
        payload = encoded_answer(answer, true);
        if (payload.size() <= room) break;
    }
    return payload;
}

KeyAnswer decode_key_answer(std::string_view node, Bytes payload) {
    KeyAnswer answer{.node = std::string{node}};
    constexpr auto type = static_cast<std::byte>(MessageType::key_response);
    if (payload.empty() || payload.front() != type) {
        answer.message = "Invalid key query response type: ";
        answer.message +=
            payload.empty() ? "none" : std::to_string(std::to_integer<int>(payload.front()));
        return answer;
    }
    const auto response = decode_key_response(payload.subspan(1));
    if (!response) {
        answer.message =
            "Failed to decode key query response: " + std::string{to_string(response.error())};
        return answer;
    }
    answer.ok = response->result;
    answer.message = response->message.substr(0, kLongestMessage);
    for (const std::string_view key : response->keys.value_or(std::vector<std::string_view>{})) {
        if (answer.keys.size() == kMostKeysOfANode) break;
        if (key.size() <= kLongestKeyText) answer.keys.emplace_back(key);
    }
    if (response->primary_key.size() <= kLongestKeyText) answer.primary = response->primary_key;
    return answer;
}

}  // namespace rollcall::serf

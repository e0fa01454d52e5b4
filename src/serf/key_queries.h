// SPDX-License-Identifier: Apache-2.0
//
// The answering side of key commands (rule K1): executes one on our keyring and returns the result.
// Sends nothing, writes no file.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "serf/keys.h"
#include "wire/keyring.h"

namespace rollcall::serf {

struct KeyOutcome {
    KeyAnswer answer;         // node is left empty
    bool changed = false;     // the keyring changed, or was already as requested
    std::string fingerprint;  // of the key in the request; "" when there is none
};

// `request` is the query's payload. A request that cannot be read fails with a message.
[[nodiscard]] KeyOutcome carry_out(KeyCommand command, Bytes request, wire::Keyring& keyring);

// The payload of the answer, at most `room` bytes. A longer list is truncated at its end, with a
// message about it; other answers are always short.
[[nodiscard]] std::vector<std::byte> encode_key_answer(KeyAnswer answer, std::size_t room);

// Decodes the answer of `node`. Bounded in keys and text, since any node can answer.
[[nodiscard]] KeyAnswer decode_key_answer(std::string_view node, Bytes payload);

}  // namespace rollcall::serf

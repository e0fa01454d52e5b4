// SPDX-License-Identifier: Apache-2.0
//
// The answering side of key commands (rule K1): carries one out on our keyring and says how it
// went. Sends nothing, writes no file.
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
    bool changed = false;     // the keyring, or it was asked for and is so already
    std::string fingerprint;  // of the key that was asked about; "" when there is none
};

// `request` is the query's payload. A request that cannot be read fails with a message.
[[nodiscard]] KeyOutcome carry_out(KeyCommand command, Bytes request, wire::Keyring& keyring);

// The payload of the answer, at most `room` bytes. A list that is longer loses keys from its end
// and says so; other answers are always short.
[[nodiscard]] std::vector<std::byte> encode_key_answer(KeyAnswer answer, std::size_t room);

// The other way: what `node` answered. Bounded in keys and text, since anybody can answer.
[[nodiscard]] KeyAnswer decode_key_answer(std::string_view node, Bytes payload);

}  // namespace rollcall::serf

// SPDX-License-Identifier: Apache-2.0
//
// Payloads of Serf's internal queries: name conflicts and changes of the keyring. They are never
// separate messages: they travel inside a query or an answer. Pure functions. Text is borrowed from
// the input; tags are copied.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/endpoint.h"
#include "base/result.h"
#include "serf/config.h"
#include "serf/events.h"
#include "serf/messages.h"
#include "wire/errors.h"
#include "wire/messages.h"

namespace rollcall::serf {

// A member as another member knows it.
struct MemberAnswer {
    std::string_view name;
    WireAddress address;
    std::uint16_t port = 0;
    Tags tags;
    Status status = Status::none;
    wire::Versions versions;
};
// nullopt: the answerer does not know the name.
struct ConflictResponse {
    std::optional<MemberAnswer> member;
};

struct KeyRequest {
    std::optional<Bytes> key;  // the raw key; empty to list
};

struct KeyResponse {
    bool result = false;
    std::string_view message;
    std::optional<std::vector<std::string_view>> keys;  // base64; nullopt except for a list
    std::string_view primary_key;                       // base64; "" except for a list
};

bool encode(const ConflictResponse& message, ByteWriter& out);
bool encode(const KeyRequest& message, ByteWriter& out);
bool encode(const KeyResponse& message, ByteWriter& out);

// Bodies without the type byte.
[[nodiscard]] Result<ConflictResponse, wire::DecodeError> decode_conflict_response(Bytes body);
[[nodiscard]] Result<KeyRequest, wire::DecodeError> decode_key_request(Bytes body);
[[nodiscard]] Result<KeyResponse, wire::DecodeError> decode_key_response(Bytes body);

}  // namespace rollcall::serf

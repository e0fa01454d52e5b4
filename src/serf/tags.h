// SPDX-License-Identifier: Apache-2.0
//
// Tags: key-value pairs of a member, in the metadata that membership announces for it. Rule M1.
// Pure functions.
//
//   metadata = ff map(text: text)     what Serf peers announce
//            | role                   anything else, even no bytes, is the tag "role"
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "serf/config.h"

namespace rollcall::wire {
class MsgpackReader;
class MsgpackWriter;
}  // namespace rollcall::wire

namespace rollcall::serf {

// nullopt: more than 512 bytes, which no member may announce.
[[nodiscard]] std::optional<std::vector<std::byte>> encode_tags(const Tags& tags);

// Never fails: metadata comes from the network, and a member with an invalid map is still a member.
// An invalid map gives no tags.
[[nodiscard]] Tags decode_tags(Bytes meta);

// A map of text to text inside another message. Nil reads as no tags.
void write_tag_map(const Tags& tags, wire::MsgpackWriter& out);
[[nodiscard]] Tags read_tag_map(wire::MsgpackReader& in);

}  // namespace rollcall::serf

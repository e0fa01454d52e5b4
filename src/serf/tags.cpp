// SPDX-License-Identifier: Apache-2.0
#include "serf/tags.h"

#include <array>
#include <string>

#include "wire/messages.h"
#include "wire/msgpack_reader.h"
#include "wire/msgpack_writer.h"

namespace rollcall::serf {
namespace {

constexpr std::byte kTagMarker{0xff};  // no role of the old kind begins with it

}  // namespace

void write_tag_map(const Tags& tags, wire::MsgpackWriter& out) {
    out.map(static_cast<std::uint32_t>(tags.size()));
    for (const auto& [key, value] : tags) {
        out.text(key);
        out.text(value);
    }
}

Tags read_tag_map(wire::MsgpackReader& in) {
    Tags tags;
    const std::uint32_t pairs = in.map();
    for (std::uint32_t i = 0; i < pairs && !in.failed(); ++i) {
        const std::string_view key = in.text();
        const std::string_view value = in.text();
        if (!in.failed()) tags.insert_or_assign(std::string{key}, std::string{value});
    }
    return tags;
}

std::optional<std::vector<std::byte>> encode_tags(const Tags& tags) {
    std::array<std::byte, wire::kMaxMeta> room{};
    ByteWriter out{room};
    out.u8(std::to_integer<std::uint8_t>(kTagMarker));
    wire::MsgpackWriter writer{out};
    write_tag_map(tags, writer);
    if (out.failed()) return {};
    const Bytes written = out.written();
    return std::vector<std::byte>(written.begin(), written.end());
}

Tags decode_tags(Bytes meta) {
    if (meta.empty() || meta.front() != kTagMarker) {
        return {{"role", std::string{as_text(meta)}}};
    }
    wire::MsgpackReader in{meta.subspan(1)};
    Tags tags = read_tag_map(in);
    if (in.failed()) return {};
    return tags;
}

}  // namespace rollcall::serf

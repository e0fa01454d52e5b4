// SPDX-License-Identifier: Apache-2.0
//
// A filter on a tag as askers write it, for the tests of queries.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "wire/msgpack_writer.h"

namespace rollcall::serf {

inline std::string tag_filter(std::string_view tag, std::string_view expression) {
    std::vector<std::byte> room(expression.size() + tag.size() + 64);
    ByteWriter out{room};
    out.u8(1);
    wire::MsgpackWriter w{out};
    w.map(2);
    w.field("Expr", expression);
    w.field("Tag", tag);
    return std::string{as_text(out.written())};
}

}  // namespace rollcall::serf
